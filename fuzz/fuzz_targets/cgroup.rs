//! The path of a cgroup, which whoever may make cgroups chooses: the container that it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saker_process_state::container_of;

fuzz_target!(|path: &[u8]| {
    let Some(container) = container_of(path) else {
        return;
    };
    assert!(!container.id.full().is_empty());
    assert!(container.id.full().starts_with(container.id.short()));
    // The container's own cgroup names the same container.
    let own = container_of(&container.cgroup_path).expect("a container");
    assert_eq!(own.id, container.id);
    assert_eq!(own.cgroup_path, container.cgroup_path);
});
