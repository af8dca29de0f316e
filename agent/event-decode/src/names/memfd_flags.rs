//! `memfd_create` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "MFD_CLOEXEC"),
    Name::same(2, "MFD_ALLOW_SEALING"),
    Name::same(4, "MFD_HUGETLB"),
    Name::same(8, "MFD_NOEXEC_SEAL"),
    Name::same(0x10, "MFD_EXEC"),
];
