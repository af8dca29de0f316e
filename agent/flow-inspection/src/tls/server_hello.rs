//! The server's hello.

use super::extensions::{Extensions, SUPPORTED_VERSIONS};
use crate::cursor::Cursor;

/// The random number of a hello that asks for another client's hello (RFC 8446, 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The number of DTLS 1.3.
const DTLS_1_3: u16 = 0xfefc;

/// A whole hello of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerHello<'a> {
    /// The version that was chosen, by its number.
    pub(crate) version: u16,
    /// The cipher suite that was chosen.
    pub(crate) cipher_suite: u16,
    /// Whether it asks for another hello.
    pub(crate) is_retry: bool,
    pub(crate) extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Whether what follows is encrypted: TLS 1.3, DTLS 1.3.
    pub(crate) const fn hides_certificates(&self) -> bool {
        matches!(self.version, 0x0304..=0x03ff | DTLS_1_3)
    }

    /// Reads the whole body of the message.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        let legacy_version = cursor.u16()?;
        let random: [u8; 32] = cursor.array()?;
        cursor.vector8()?;
        let cipher_suite = cursor.u16()?;
        cursor.u8()?;
        let extensions = if cursor.is_empty() {
            Extensions::default()
        } else {
            Extensions::new(cursor.vector16()?)
        };
        let version = extensions
            .find(SUPPORTED_VERSIONS)
            .and_then(|content| Cursor::new(content).u16())
            .unwrap_or(legacy_version);
        Some(Self {
            version,
            cipher_suite,
            is_retry: random == RETRY,
            extensions,
        })
    }
}
