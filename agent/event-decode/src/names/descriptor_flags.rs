//! Flags of calls that make a descriptor.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::new(0x800, 0x40, "O_NONBLOCK"),
    Name::new(0x8_0000, 0x1000, "O_CLOEXEC"),
];
