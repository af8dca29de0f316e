//! `open` flags. Falco gives reading a bit of its own, so that a test for it works.

use super::Name;

/// Bits that say whether the file is opened for reading, writing or both.
pub const O_ACCMODE: u64 = 3;
/// For writing only.
pub const O_WRONLY: u64 = 1;
/// For reading and writing.
pub const O_RDWR: u64 = 2;
/// Makes the file if it is not there.
pub const O_CREAT: u64 = 0o100;
/// Empties the file.
pub const O_TRUNC: u64 = 0o1000;
/// Makes a file without a name; implies `O_DIRECTORY`.
pub const O_TMPFILE: u64 = 0o20_000_000 | O_DIRECTORY;

// Arm has numbers of its own for these three.
#[cfg(not(target_arch = "aarch64"))]
const O_LARGEFILE: u64 = 0o100_000;
#[cfg(not(target_arch = "aarch64"))]
const O_DIRECT: u64 = 0o40_000;
/// Opens a directory only.
#[cfg(not(target_arch = "aarch64"))]
pub const O_DIRECTORY: u64 = 0o200_000;
#[cfg(target_arch = "aarch64")]
const O_LARGEFILE: u64 = 0o400_000;
#[cfg(target_arch = "aarch64")]
const O_DIRECT: u64 = 0o200_000;
/// Opens a directory only.
#[cfg(target_arch = "aarch64")]
pub const O_DIRECTORY: u64 = 0o40_000;

/// Falco's numbers for what the caller does not pass.
pub mod falco {
    /// Reading.
    pub const O_RDONLY: u64 = 1;
    /// Writing.
    pub const O_WRONLY: u64 = 2;
    /// Reading and writing.
    pub const O_RDWR: u64 = 3;
    /// The file lies in the upper layer of an overlay file system.
    pub const FD_UPPER_LAYER: u64 = 1 << 15;
    /// The file lies in a lower layer of an overlay file system.
    pub const FD_LOWER_LAYER: u64 = 1 << 16;
}

/// Stands for the kernel's bits where there are none: Falco's names for two bits of access, and
/// for facts about the file. A mask of 0 would match always.
const NONE: u64 = 0;

/// Falco's number, access mode included.
pub(super) fn falco_number(value: u64) -> u64 {
    let access = match value & O_ACCMODE {
        O_WRONLY => falco::O_WRONLY,
        O_RDWR => falco::O_RDWR,
        _ => falco::O_RDONLY,
    };
    access | super::falco_bits(NAMES, value)
}

/// The kernel's number, access mode included.
pub(super) fn kernel_number(number: u64) -> u64 {
    let access = match number & falco::O_RDWR {
        falco::O_WRONLY => O_WRONLY,
        falco::O_RDWR => O_RDWR,
        _ => 0,
    };
    access | super::kernel_bits(NAMES, number)
}

pub(super) static NAMES: &[Name] = &[
    Name::new(O_LARGEFILE, 1 << 11, "O_LARGEFILE"),
    Name::new(O_DIRECTORY, 1 << 10, "O_DIRECTORY"),
    Name::new(O_DIRECT, 1 << 9, "O_DIRECT"),
    Name::new(O_TRUNC, 1 << 8, "O_TRUNC"),
    Name::new(0o4_010_000, 1 << 7, "O_SYNC"),
    Name::new(0o4_000, 1 << 6, "O_NONBLOCK"),
    Name::new(0o200, 1 << 5, "O_EXCL"),
    Name::new(0o10_000, 1 << 4, "O_DSYNC"),
    Name::new(0o2_000, 1 << 3, "O_APPEND"),
    Name::new(O_CREAT, 1 << 2, "O_CREAT"),
    Name::new(NONE, falco::O_RDWR, "O_RDWR"),
    Name::new(NONE, falco::O_WRONLY, "O_WRONLY"),
    Name::new(NONE, falco::O_RDONLY, "O_RDONLY"),
    Name::new(0o2_000_000, 1 << 12, "O_CLOEXEC"),
    Name::new(NONE, 0, "O_NONE"),
    Name::new(O_TMPFILE, 1 << 13, "O_TMPFILE"),
    Name::new(NONE, 1 << 14, "O_F_CREATED"),
    Name::new(NONE, falco::FD_UPPER_LAYER, "FD_UPPER_LAYER"),
    Name::new(NONE, falco::FD_LOWER_LAYER, "FD_LOWER_LAYER"),
];
