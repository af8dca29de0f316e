//! Header compression of HTTP/2 (RFC 7541), as far as the first headers of a connection need it.
//!
//! Written here because the crates that are published keep a dynamic table and build their Huffman tree anew for
//! each string. The dynamic table is empty before the first headers, and what a block adds to it is seen where it is
//! added, so none is kept.

use crate::cursor::Cursor;
use std::sync::LazyLock;

/// Bytes of an integer, beyond which it is refused.
const INTEGER_BYTES_MAX: usize = 4;
/// The longest code, in bits.
const CODE_BITS_MAX: usize = 30;

/// Code length of each byte and of the end of a string, in bits (RFC 7541, appendix B). The code is canonical, so
/// the lengths give the codes.
#[rustfmt::skip]
const CODE_BITS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// Calls `seen` with name and value of each header whose name is known, until it is told to stop. Names that the
/// static table holds and that are of no interest are left empty.
///
/// `None` where the block ends too early or breaks the rules.
pub(super) fn headers(block: &[u8], mut seen: impl FnMut(&[u8], &[u8])) -> Option<()> {
    let mut cursor = Cursor::new(block);
    while let Some(first) = cursor.rest().first().copied() {
        match first {
            0x80..=0xFF => {
                integer(&mut cursor, 7)?;
            }
            0x20..=0x3F => {
                integer(&mut cursor, 5)?;
            }
            _ => {
                let prefix_bits = if first >= 0x40 { 6 } else { 4 };
                let index = integer(&mut cursor, prefix_bits)?;
                let name = match index {
                    0 => string(&mut cursor)?,
                    _ => static_name(index).to_vec(),
                };
                let value = string(&mut cursor)?;
                seen(&name, &value);
            }
        }
    }
    Some(())
}

/// The names of interest among the static entries, none of which has a value of interest.
const fn static_name(index: u32) -> &'static [u8] {
    match index {
        23 => b"authorization",
        31 => b"content-type",
        49 => b"proxy-authorization",
        // Others of the static table, and entries of the dynamic one.
        _ => b"",
    }
}

fn integer(cursor: &mut Cursor<'_>, prefix_bits: u32) -> Option<u32> {
    let mask = 1_u32.checked_shl(prefix_bits)?.checked_sub(1)?;
    let mut value = u32::from(cursor.u8()?) & mask;
    if value < mask {
        return Some(value);
    }
    for (shift, _) in (0_u32..).step_by(7).zip(0..INTEGER_BYTES_MAX) {
        let byte = cursor.u8()?;
        let part = u32::from(byte & 0x7F).checked_shl(shift)?;
        value = value.checked_add(part)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn string(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let is_huffman = cursor.rest().first()? & 0x80 != 0;
    let length = integer(cursor, 7)?;
    let bytes = cursor.take(usize::try_from(length).ok()?)?;
    if is_huffman {
        decode(bytes)
    } else {
        Some(bytes.to_vec())
    }
}

/// The codes of one length.
#[derive(Clone, Copy, Default)]
struct Rank {
    /// The first code.
    first: u32,
    /// Index of its symbol.
    index: u32,
    /// How many codes there are.
    count: u32,
}

struct Code {
    /// By length in bits, less one.
    ranks: [Rank; CODE_BITS_MAX],
    /// Ordered by length, then by value; the last is the end of a string.
    symbols: Vec<u16>,
}

static CODE: LazyLock<Code> = LazyLock::new(|| {
    let mut symbols: Vec<(u8, u16)> = CODE_BITS.iter().copied().zip(0..).collect();
    symbols.sort_unstable();
    let mut ranks = [Rank::default(); CODE_BITS_MAX];
    let (mut first, mut index) = (0_u32, 0_u32);
    for (rank, bits) in ranks.iter_mut().zip(1_u8..) {
        let count = symbols.iter().filter(|(length, _)| *length == bits).count();
        let count = u32::try_from(count).unwrap_or_default();
        *rank = Rank {
            first,
            index,
            count,
        };
        first = first.saturating_add(count).saturating_mul(2);
        index = index.saturating_add(count);
    }
    Code {
        ranks,
        symbols: symbols.into_iter().map(|(_, symbol)| symbol).collect(),
    }
});

fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(bytes.len());
    let (mut code, mut ranks) = (0_u32, CODE.ranks.iter());
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |shift| u32::from(*byte >> shift & 1)));
    for bit in bits {
        code = code.wrapping_shl(1) | bit;
        let rank = ranks.next()?;
        let Some(place) = code
            .checked_sub(rank.first)
            .filter(|place| *place < rank.count)
        else {
            continue;
        };
        let index = usize::try_from(rank.index.checked_add(place)?).ok()?;
        // The end of a string must not appear.
        text.push(u8::try_from(*CODE.symbols.get(index)?).ok()?);
        (code, ranks) = (0, CODE.ranks.iter());
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(block: &[u8]) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        headers(block, |name, value| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push((text(name), text(value)));
        })
        .map(|()| found)
    }

    #[test]
    fn literals() {
        // RFC 7541, C.2.1 and C.2.3.
        assert_eq!(
            all(b"\x40\x0acustom-key\x0dcustom-header\x10\x08password\x06secret"),
            Some(vec![
                ("custom-key".into(), "custom-header".into()),
                ("password".into(), "secret".into())
            ])
        );
        // C.4.1: indexed fields, then an authority in Huffman code.
        assert_eq!(
            all(b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
            Some(vec![(String::new(), "www.example.com".into())])
        );
        assert_eq!(
            all(b"\x5f\x10application/grpc"),
            Some(vec![("content-type".into(), "application/grpc".into())])
        );
    }

    #[test]
    fn every_byte_has_its_code() {
        // C.6.1: a date, with digits, capitals, colons and spaces.
        assert_eq!(
            decode(b"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff"),
            Some(b"Mon, 21 Oct 2013 20:13:21 GMT".to_vec())
        );
        // Kraft: the code is complete.
        let sum: u64 = CODE_BITS.iter().map(|bits| 1 << (30 - bits)).sum();
        assert_eq!(sum, 1 << 30);
    }

    #[test]
    fn refuses_what_is_cut_or_too_long() {
        for block in [
            &b"\x40"[..],
            b"\x40\x0acustom",
            b"\xff",
            b"\xff\xff\xff\xff\xff\xff",
            // The end of a string inside of one.
            b"\x40\x84\xff\xff\xff\xff\x01a",
        ] {
            assert_eq!(all(block), None, "{block:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(block in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = all(&block);
        }
    }
}
