/// Bytes of the largest segment file that is read.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 1 << 26;
/// Bytes of the largest frame.
pub(crate) const FRAME_BYTES_MAX: u64 = 1 << 20;
