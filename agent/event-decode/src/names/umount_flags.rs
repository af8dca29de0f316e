//! `umount2` flags, without their `MNT_`.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "FORCE"),
    Name::same(2, "DETACH"),
    Name::same(4, "EXPIRE"),
    Name::same(8, "NOFOLLOW"),
];
