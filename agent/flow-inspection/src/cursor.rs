//! Reading big-endian and little-endian integers from bytes that may end anywhere.

/// A place in some bytes. Every reader gives `None`, and stays where it is, where bytes are missing.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    pub(crate) fn skip(&mut self, length: usize) -> Option<()> {
        self.take(length).map(|_| ())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self) -> Option<u32> {
        self.array()
            .map(|[high, middle, low]| u32::from_be_bytes([0, high, middle, low]))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number that says its own length in its first two bits (RFC 9000, 16).
    pub(crate) fn variable(&mut self) -> Option<u64> {
        let first = *self.bytes.first()?;
        let bytes = self.take(1_usize.checked_shl(u32::from(first >> 6))?)?;
        let number = bytes
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let value_bits = u32::try_from(bytes.len())
            .ok()?
            .checked_mul(8)?
            .checked_sub(2)?;
        Some(number & 1_u64.checked_shl(value_bits)?.checked_sub(1)?)
    }

    pub(crate) fn u32_little(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Bytes after their length in one byte.
    pub(crate) fn vector8(&mut self) -> Option<&'a [u8]> {
        self.vector(|cursor| cursor.u8().map(usize::from))
    }

    /// Bytes after their length in two bytes.
    pub(crate) fn vector16(&mut self) -> Option<&'a [u8]> {
        self.vector(|cursor| cursor.u16().map(usize::from))
    }

    /// Bytes after their length in three bytes.
    pub(crate) fn vector24(&mut self) -> Option<&'a [u8]> {
        self.vector(|cursor| usize::try_from(cursor.u24()?).ok())
    }

    fn vector(&mut self, length: impl FnOnce(&mut Self) -> Option<usize>) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = length(&mut ahead)?;
        let bytes = ahead.take(length)?;
        *self = ahead;
        Some(bytes)
    }

    /// The text up to the next zero byte, which is skipped.
    pub(crate) fn zero_terminated(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.iter().position(|byte| *byte == 0)?;
        let text = self.take(length)?;
        self.skip(1)?;
        Some(text)
    }

    /// The next line, without its end (`\n` or `\r\n`).
    pub(crate) fn line(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let line = self.take(length)?;
        self.skip(1)?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}
