//! User and group ids.

use crate::Scenario;
use crate::call::must;

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("setuid", |_| {
        must(libc::SYS_setuid, &[1234]);
    }),
    ("setgid", |_| {
        must(libc::SYS_setgid, &[2345]);
    }),
    ("setreuid", |_| {
        must(libc::SYS_setreuid, &[-1, 1234]);
    }),
    ("setregid", |_| {
        must(libc::SYS_setregid, &[-1, 2345]);
    }),
    ("setresuid", |_| {
        must(libc::SYS_setresuid, &[0, 1234, -1]);
    }),
    ("setresgid", |_| {
        must(libc::SYS_setresgid, &[0, 2345, -1]);
    }),
    ("setfsuid", |_| {
        must(libc::SYS_setfsuid, &[1234]);
    }),
    ("setfsgid", |_| {
        must(libc::SYS_setfsgid, &[2345]);
    }),
];
