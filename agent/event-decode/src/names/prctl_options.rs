//! `prctl` options.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "PR_SET_PDEATHSIG"),
    Name::same(2, "PR_GET_PDEATHSIG"),
    Name::same(3, "PR_GET_DUMPABLE"),
    Name::same(4, "PR_SET_DUMPABLE"),
    Name::same(7, "PR_GET_KEEPCAPS"),
    Name::same(8, "PR_SET_KEEPCAPS"),
    Name::same(0xf, "PR_SET_NAME"),
    Name::same(0x10, "PR_GET_NAME"),
    Name::same(0x15, "PR_GET_SECCOMP"),
    Name::same(0x16, "PR_SET_SECCOMP"),
    Name::same(0x17, "PR_CAPBSET_READ"),
    Name::same(0x18, "PR_CAPBSET_DROP"),
    Name::same(0x1b, "PR_GET_SECUREBITS"),
    Name::same(0x1c, "PR_SET_SECUREBITS"),
    Name::same(0x21, "PR_MCE_KILL"),
    Name::same(0x23, "PR_SET_MM"),
    Name::same(0x24, "PR_SET_CHILD_SUBREAPER"),
    Name::same(0x25, "PR_GET_CHILD_SUBREAPER"),
    Name::same(0x26, "PR_SET_NO_NEW_PRIVS"),
    Name::same(0x27, "PR_GET_NO_NEW_PRIVS"),
    Name::same(0x28, "PR_GET_TID_ADDRESS"),
    Name::same(0x29, "PR_SET_THP_DISABLE"),
    Name::same(0x2a, "PR_GET_THP_DISABLE"),
    Name::same(0x2f, "PR_CAP_AMBIENT"),
    Name::same(0x5961_6d61, "PR_SET_PTRACER"),
];
