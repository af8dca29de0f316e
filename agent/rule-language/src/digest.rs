//! Content hashes.

/// A content hash (FNV-1a, 64 bits): equal input gives equal digests on every machine. It tells
/// versions apart and is no protection against forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u64);

impl Digest {
    /// The digest of nothing.
    pub(crate) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// The digest of what came before and a part. Parts are kept apart by their lengths.
    pub(crate) fn with(self, part: &str) -> Self {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes();
        let bytes = length.into_iter().chain(part.bytes());
        Self(bytes.fold(self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(
            Digest::EMPTY.with("ab").with("c"),
            Digest::EMPTY.with("a").with("bc")
        );
        assert_eq!(Digest::EMPTY.with("ab"), Digest::EMPTY.with("ab"));
    }
}
