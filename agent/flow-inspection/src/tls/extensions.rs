//! The extensions of a hello.

use crate::cursor::Cursor;

pub(crate) const SERVER_NAME: u16 = 0;
pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
pub(crate) const ALPN: u16 = 16;
pub(crate) const SUPPORTED_VERSIONS: u16 = 43;
pub(crate) const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;

/// Names that are kept of an ALPN list.
const ALPN_NAMES_MAX: usize = 16;

/// Characters that are kept of a name; no host name and no ALPN name is longer.
const NAME_CHARACTERS_MAX: usize = 255;

/// Extensions, as far as they are there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions<'a>(&'a [u8]);

impl<'a> Extensions<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Type and content of each that is whole.
    pub(crate) fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut cursor = Cursor::new(self.0);
        std::iter::from_fn(move || Some((cursor.u16()?, cursor.vector16()?)))
    }

    /// The content of the first of this type.
    pub(crate) fn find(self, kind: u16) -> Option<&'a [u8]> {
        self.iter()
            .find_map(|(found, content)| (found == kind).then_some(content))
    }

    /// Whether the bytes are extensions to their end.
    pub(crate) fn is_whole(self) -> bool {
        let mut cursor = Cursor::new(self.0);
        while !cursor.is_empty() {
            if cursor.u16().and_then(|_| cursor.vector16()).is_none() {
                return false;
            }
        }
        true
    }

    /// The host name that is asked for.
    pub(crate) fn server_name(self) -> Option<Box<str>> {
        let mut list = Cursor::new(Cursor::new(self.find(SERVER_NAME)?).vector16()?);
        while let Some(kind) = list.u8() {
            let name = list.vector16()?;
            if kind == 0 && !name.is_empty() {
                return Some(text(name).to_ascii_lowercase().into());
            }
        }
        None
    }

    /// The names of the ALPN list as they are sent.
    pub(crate) fn alpn(self) -> impl Iterator<Item = &'a [u8]> {
        let list = self
            .find(ALPN)
            .and_then(|content| Cursor::new(content).vector16());
        let mut cursor = Cursor::new(list.unwrap_or_default());
        std::iter::from_fn(move || cursor.vector8()).filter(|name| !name.is_empty())
    }

    /// The names of the ALPN list as text.
    pub(crate) fn alpn_names(self) -> Box<[Box<str>]> {
        self.alpn()
            .take(ALPN_NAMES_MAX)
            .map(|name| text(name).into())
            .collect()
    }
}

/// Numbers of two bytes, as TLS lists them.
pub(crate) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u16::from_be_bytes(*pair))
}

/// Numbers that clients mix in so that servers learn to ignore what they do not know (RFC 8701).
pub(crate) const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Bytes that a stranger chose, as text without control characters.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .take(NAME_CHARACTERS_MAX)
        .map(|character| match character {
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect()
}
