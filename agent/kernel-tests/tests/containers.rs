//! Containers of a real containerd, and what alerts say of them.

#[path = "containers/facts.rs"]
mod facts;
#[path = "containers/faults.rs"]
mod faults;
#[path = "containers/many.rs"]
mod many;
#[path = "containers/scene.rs"]
mod scene;

use saker_kernel_tests::containerd::{Container, Containerd, IMAGE, Pod, REPOSITORY};
use std::path::PathBuf;

#[test]
fn nothing_is_left_of_a_server() {
    let containerd = Containerd::start();
    let sandbox = containerd.run(Pod::new("left"));
    let id = containerd.launch(&sandbox, &Container::new("web", IMAGE, &["pause"]));
    containerd.look_in(&id);
    let client = containerd.client();
    let image = containerd.block_on(client.image_of(&id)).expect("a status");
    assert!(
        image.starts_with(&format!("{REPOSITORY}@sha256:")),
        "{image}"
    );
    let address = containerd.block_on(client.address(&sandbox));
    assert_eq!(address.expect("a status"), "10.88.0.2");
    let traces = containerd.traces();
    assert!(traces.len() > 4, "{traces:?}");
    let exists = |path: &&PathBuf| path.exists();
    assert_eq!(traces.iter().filter(exists).count(), traces.len());
    drop(containerd);
    let left: Vec<_> = traces.iter().filter(exists).collect();
    assert!(left.is_empty(), "{left:?}");
}
