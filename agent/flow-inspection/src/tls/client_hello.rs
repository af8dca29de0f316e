//! The client's hello.

use super::extensions::{
    ENCRYPTED_CLIENT_HELLO, Extensions, SUPPORTED_VERSIONS, is_grease, numbers,
};
use crate::cursor::Cursor;

/// Whether the handshake is that of datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// TLS over a stream.
    Stream,
    /// DTLS, whose hello has a cookie.
    Datagram,
    /// QUIC.
    Quic,
}

/// A client's hello, as far as it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientHello<'a> {
    pub(crate) carrier: Carrier,
    pub(crate) legacy_version: u16,
    cipher_suites: &'a [u8],
    pub(crate) extensions: Extensions<'a>,
    /// Whether all of it is there.
    pub(crate) is_whole: bool,
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the message. `None` if it breaks the form of a hello; what is missing at its end
    /// breaks it only where `is_whole` says that the message has no more.
    pub(crate) fn read(body: &'a [u8], is_whole: bool, carrier: Carrier) -> Option<Self> {
        let mut hello = Self {
            carrier,
            legacy_version: 0,
            cipher_suites: &[],
            extensions: Extensions::default(),
            is_whole,
        };
        match hello.fill(&mut Cursor::new(body)) {
            Some(()) if !is_whole || hello.extensions.is_whole() => Some(hello),
            None if !is_whole => Some(hello),
            _ => None,
        }
    }

    fn fill(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        self.legacy_version = cursor.u16()?;
        cursor.skip(32)?;
        cursor.vector8()?;
        if self.carrier == Carrier::Datagram {
            cursor.vector8()?;
        }
        self.cipher_suites = cursor.vector16()?;
        cursor.vector8()?;
        // Hellos from before extensions end here.
        if self.is_whole && cursor.is_empty() {
            return Some(());
        }
        let length = usize::from(cursor.u16()?);
        let rest = cursor.rest();
        self.extensions = Extensions::new(rest.get(..length.min(rest.len()))?);
        (rest.len() >= length || !self.is_whole).then_some(())
    }

    /// Cipher suites, without those that mean nothing.
    pub(crate) fn cipher_suites(&self) -> impl Iterator<Item = u16> {
        numbers(self.cipher_suites).filter(|suite| !is_grease(*suite))
    }

    /// The versions that are offered by extension.
    fn supported_versions(&self) -> impl Iterator<Item = u16> {
        let list = self
            .extensions
            .find(SUPPORTED_VERSIONS)
            .and_then(|content| Cursor::new(content).vector8());
        numbers(list.unwrap_or_default()).filter(|version| !is_grease(*version))
    }

    /// The highest version that is offered, by its number. Numbers of DTLS fall as versions rise.
    pub(crate) fn version_max(&self) -> u16 {
        let offered = self.supported_versions();
        let highest = match self.carrier {
            Carrier::Datagram => offered.min(),
            Carrier::Stream | Carrier::Quic => offered.max(),
        };
        highest.unwrap_or(self.legacy_version)
    }

    /// Whether the hello has an encrypted inner one, or pretends to.
    pub(crate) fn has_encrypted_client_hello(&self) -> bool {
        self.extensions.find(ENCRYPTED_CLIENT_HELLO).is_some()
    }
}
