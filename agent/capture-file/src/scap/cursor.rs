//! Reading values one after the other.

/// The bytes end within a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Short;

/// The bytes of an entry that were not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn remaining(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or(Short)?;
        self.bytes = rest;
        Ok(*array)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Short> {
        let (bytes, rest) = self.bytes.split_at_checked(count).ok_or(Short)?;
        self.bytes = rest;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Short> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Short> {
        self.array().map(i64::from_le_bytes)
    }

    /// Bytes after their count, which has 2 bytes.
    pub(super) fn counted(&mut self) -> Result<&'a [u8], Short> {
        let count = self.u16()?;
        self.bytes(count.into())
    }

    /// Counted text, which ends at the first NUL if it has one.
    pub(super) fn text(&mut self) -> Result<Box<[u8]>, Short> {
        self.counted().map(|bytes| until_nul(bytes).into())
    }
}

/// What stands before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
