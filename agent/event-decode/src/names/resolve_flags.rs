//! `openat2` resolve flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::new(8, 1, "RESOLVE_BENEATH"),
    Name::new(0x10, 2, "RESOLVE_IN_ROOT"),
    Name::new(2, 4, "RESOLVE_NO_MAGICLINKS"),
    Name::new(4, 8, "RESOLVE_NO_SYMLINKS"),
    Name::new(1, 0x10, "RESOLVE_NO_XDEV"),
    Name::new(0x20, 0x20, "RESOLVE_CACHED"),
];
