//! `linkat` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(0x400, "AT_SYMLINK_FOLLOW"),
    Name::same(0x1000, "AT_EMPTY_PATH"),
];
