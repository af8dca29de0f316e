//! Permission bits. The type of a file is not named; see `S_IFMT`.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "S_IXOTH"),
    Name::same(2, "S_IWOTH"),
    Name::same(4, "S_IROTH"),
    Name::same(8, "S_IXGRP"),
    Name::same(0x10, "S_IWGRP"),
    Name::same(0x20, "S_IRGRP"),
    Name::same(0x40, "S_IXUSR"),
    Name::same(0x80, "S_IWUSR"),
    Name::same(0x100, "S_IRUSR"),
    Name::same(0x200, "S_ISVTX"),
    Name::same(0x400, "S_ISGID"),
    Name::same(0x800, "S_ISUID"),
];
