//! `execveat` and `fchmodat2` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(0x100, "AT_SYMLINK_NOFOLLOW"),
    Name::same(0x1000, "AT_EMPTY_PATH"),
    Name::same(0x1_0000, "AT_EXECVE_CHECK"),
];
