//! `clone`, `unshare` and `setns` flags.

use super::Name;

pub(super) static NAMES: &[Name] = &[
    Name::new(0x400, 1, "CLONE_FILES"),
    Name::new(0x200, 2, "CLONE_FS"),
    Name::new(0x8000_0000, 4, "CLONE_IO"),
    Name::new(0x800_0000, 8, "CLONE_NEWIPC"),
    Name::new(0x4000_0000, 0x10, "CLONE_NEWNET"),
    Name::new(0x2_0000, 0x20, "CLONE_NEWNS"),
    Name::new(0x2000_0000, 0x40, "CLONE_NEWPID"),
    Name::new(0x400_0000, 0x80, "CLONE_NEWUTS"),
    Name::new(0x8000, 0x100, "CLONE_PARENT"),
    Name::new(0x10_0000, 0x200, "CLONE_PARENT_SETTID"),
    Name::new(0x2000, 0x400, "CLONE_PTRACE"),
    Name::new(0x800, 0x800, "CLONE_SIGHAND"),
    Name::new(0x4_0000, 0x1000, "CLONE_SYSVSEM"),
    Name::new(0x1_0000, 0x2000, "CLONE_THREAD"),
    Name::new(0x80_0000, 0x4000, "CLONE_UNTRACED"),
    Name::new(0x100, 0x8000, "CLONE_VM"),
    Name::new(0x1000_0000, 0x10_0000, "CLONE_NEWUSER"),
    Name::new(0x20_0000, 0x80_0000, "CLONE_CHILD_CLEARTID"),
    Name::new(0x100_0000, 0x100_0000, "CLONE_CHILD_SETTID"),
    Name::new(0x8_0000, 0x200_0000, "CLONE_SETTLS"),
    Name::new(0x4000, 0x800_0000, "CLONE_VFORK"),
    Name::new(0x200_0000, 0x1000_0000, "CLONE_NEWCGROUP"),
];
