//! `mount` flags, without their `MS_`.

use super::Name;

/// What callers once had to put into the upper half of the flags.
const MAGIC: u64 = 0xC0ED_0000;
const MAGIC_MASK: u64 = 0xFFFF_0000;

/// The flags without the magic number of old callers, as the kernel takes them.
pub(super) const fn without_magic(value: u64) -> u64 {
    if value & MAGIC_MASK == MAGIC {
        value & !MAGIC_MASK
    } else {
        value
    }
}

pub(super) static NAMES: &[Name] = &[
    Name::same(1, "RDONLY"),
    Name::same(2, "NOSUID"),
    Name::same(4, "NODEV"),
    Name::same(8, "NOEXEC"),
    Name::same(0x10, "SYNCHRONOUS"),
    Name::same(0x20, "REMOUNT"),
    Name::same(0x40, "MANDLOCK"),
    Name::same(0x80, "DIRSYNC"),
    Name::same(0x400, "NOATIME"),
    Name::same(0x800, "NODIRATIME"),
    Name::same(0x1000, "BIND"),
    Name::same(0x2000, "MOVE"),
    Name::same(0x4000, "REC"),
    Name::same(0x8000, "SILENT"),
    Name::same(0x1_0000, "POSIXACL"),
    Name::same(0x2_0000, "UNBINDABLE"),
    Name::same(0x4_0000, "PRIVATE"),
    Name::same(0x8_0000, "SLAVE"),
    Name::same(0x10_0000, "SHARED"),
    Name::same(0x20_0000, "RELATIME"),
    Name::same(0x40_0000, "KERNMOUNT"),
    Name::same(0x80_0000, "I_VERSION"),
    Name::same(0x100_0000, "STRICTATIME"),
    Name::same(0x200_0000, "LAZYTIME"),
    Name::same(0x1000_0000, "NOSEC"),
    Name::same(0x2000_0000, "BORN"),
    Name::same(0x4000_0000, "ACTIVE"),
    Name::same(0x8000_0000, "NOUSER"),
];
