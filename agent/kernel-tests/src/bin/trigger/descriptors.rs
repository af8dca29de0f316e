//! Descriptors, memory files, modules and BPF.

use crate::Scenario;
use crate::call::{address, call, must};

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("dup", |paths| {
        let file = must(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        must(libc::SYS_dup, &[file]);
    }),
    ("dup2", |paths| {
        let file = must(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        must(libc::SYS_dup2, &[file, 77]);
    }),
    ("dup3", |paths| {
        let file = must(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        must(libc::SYS_dup3, &[file, 78, i64::from(libc::O_CLOEXEC)]);
    }),
    ("memfd_create", |_| {
        must(libc::SYS_memfd_create, &[address(c"saker-test"), 1]);
    }),
    ("bpf", |_| {
        // BPF_MAP_CREATE without attributes: refused.
        assert!(call(libc::SYS_bpf, &[0, 0, 0]) < 0);
    }),
    ("init_module", |_| {
        let image = *b"not a module";
        assert!(
            call(
                libc::SYS_init_module,
                &[image.as_ptr() as i64, 12, address(c"a=b")]
            ) < 0
        );
    }),
    ("finit_module", |paths| {
        let file = must(libc::SYS_open, &[address(&paths[0]), 0, 0]);
        assert!(call(libc::SYS_finit_module, &[file, address(c"c=d"), 1]) < 0);
    }),
];
