//! `renameat2` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "RENAME_NOREPLACE"),
    Name::same(2, "RENAME_EXCHANGE"),
    Name::same(4, "RENAME_WHITEOUT"),
];
