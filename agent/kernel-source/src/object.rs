//! The embedded objects and their table hash.

use crate::KernelSourceError;
use object::{Object, ObjectSection, ObjectSymbol};

static PROBES: &[u8] = aya::include_bytes_aligned!(env!("SAKER_PROBES"));
static PROBES_LEGACY: &[u8] = aya::include_bytes_aligned!(env!("SAKER_PROBES_LEGACY"));

static NETWORK: &[u8] = aya::include_bytes_aligned!(env!("SAKER_NETWORK"));

/// The object with the programs that see connections.
pub(crate) fn network_bytes() -> &'static [u8] {
    NETWORK
}

/// The hash of the event table that it was built from.
pub(crate) fn network_table_hash() -> Result<u64, KernelSourceError> {
    table_hash(NETWORK)
}

/// Which build of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// For Linux 5.12 and later.
    Modern,
    /// For Linux 5.8 to 5.11, which have no atomic compare-and-exchange in BPF.
    Legacy,
}

impl Variant {
    /// The build for a kernel release.
    #[must_use]
    pub fn for_release(major: u32, minor: u32) -> Self {
        if (major, minor) < (5, 12) {
            Self::Legacy
        } else {
            Self::Modern
        }
    }

    /// The object file.
    #[must_use]
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Modern => PROBES,
            Self::Legacy => PROBES_LEGACY,
        }
    }

    /// The hash of the event table that the object was built from.
    ///
    /// # Errors
    ///
    /// [`KernelSourceError::BadObject`] where the object does not say.
    pub fn table_hash(self) -> Result<u64, KernelSourceError> {
        table_hash(self.bytes())
    }
}

fn table_hash(bytes: &[u8]) -> Result<u64, KernelSourceError> {
    let bad = KernelSourceError::BadObject;
    let file = object::File::parse(bytes).map_err(|_| bad("it is not an ELF file"))?;
    let symbol = file
        .symbols()
        .find(|symbol| symbol.name() == Ok("TABLE_HASH"))
        .ok_or(bad("it has no symbol TABLE_HASH"))?;
    let section = symbol
        .section_index()
        .and_then(|index| file.section_by_index(index).ok())
        .ok_or(bad("its TABLE_HASH has no section"))?;
    let data = section
        .data_range(symbol.address(), 8)
        .ok()
        .flatten()
        .and_then(|data| <[u8; 8]>::try_from(data).ok())
        .ok_or(bad("its TABLE_HASH has no value"))?;
    Ok(u64::from_le_bytes(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_come_from_this_table() {
        let network = network_table_hash().unwrap();
        assert_eq!(network, saker_event_schema::TABLE_HASH);
        for variant in [Variant::Modern, Variant::Legacy] {
            assert_eq!(
                variant.table_hash().unwrap(),
                saker_event_schema::TABLE_HASH,
                "{variant:?}"
            );
        }
    }

    #[test]
    fn the_release_chooses_the_build() {
        assert_eq!(Variant::for_release(5, 10), Variant::Legacy);
        assert_eq!(Variant::for_release(5, 12), Variant::Modern);
        assert_eq!(Variant::for_release(7, 2), Variant::Modern);
    }

    #[test]
    fn other_files_are_refused() {
        assert!(table_hash(b"not an object").is_err());
        assert!(table_hash(&PROBES[..PROBES.len() / 2]).is_err());
    }
}
