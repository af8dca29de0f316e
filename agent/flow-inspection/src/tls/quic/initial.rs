//! Initial packets: their form, and the keys that follow from the first one (RFC 9001, 5; RFC 9369).

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey, quic};
use ring::hkdf;

use crate::cursor::Cursor;

const VERSION_1: u32 = 1;
const VERSION_2: u32 = 0x6b33_43cf;

const SALT_1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];
const SALT_2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
    0xf9, 0xbd, 0x2e, 0xd9,
];

/// No version that is known has longer names of connections.
const CONNECTION_NAME_BYTES_MAX: usize = 20;

/// The begin of a packet with a long header.
#[derive(Clone, Copy)]
pub(crate) struct Header<'a> {
    flags: u8,
    version: u32,
    pub(crate) destination: &'a [u8],
    pub(crate) source: &'a [u8],
}

impl<'a> Header<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let flags = cursor.u8()?;
        let version = cursor.u32()?;
        // 0 is the answer to a version that the server does not know.
        if flags & 0x80 == 0 || !matches!(version, 0 | VERSION_1 | VERSION_2) {
            return None;
        }
        let destination = cursor.vector8()?;
        let source = cursor.vector8()?;
        (destination.len().max(source.len()) <= CONNECTION_NAME_BYTES_MAX).then_some(Self {
            flags,
            version,
            destination,
            source,
        })
    }

    /// Whether it is that of a packet that begins a connection.
    pub(crate) const fn is_initial(&self) -> bool {
        match self.version {
            VERSION_1 => self.flags & 0xf0 == 0xc0,
            VERSION_2 => self.flags & 0xf0 == 0xd0,
            _ => false,
        }
    }
}

/// An initial packet as it is sent.
#[derive(Clone, Copy)]
pub(crate) struct Packet<'a> {
    bytes: &'a [u8],
    /// Where the number of the packet begins.
    number_at: usize,
}

/// The initial packet that begins a datagram or its rest, and what follows it.
pub(crate) fn split(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let mut cursor = Cursor::new(bytes);
    let header = Header::read(&mut cursor)?;
    if !header.is_initial() {
        return None;
    }
    let token_bytes = usize::try_from(cursor.variable()?).ok()?;
    cursor.skip(token_bytes)?;
    let length = usize::try_from(cursor.variable()?).ok()?;
    let number_at = bytes.len().checked_sub(cursor.rest().len())?;
    let (packet, rest) = bytes.split_at_checked(number_at.checked_add(length)?)?;
    let packet = Packet {
        bytes: packet,
        number_at,
    };
    Some((packet, rest))
}

/// What opens a client's initial packets.
pub(crate) struct Keys {
    packet: LessSafeKey,
    nonce: [u8; 12],
    header: quic::HeaderProtectionKey,
}

impl Keys {
    /// The keys of the client whose first packet has this header.
    pub(crate) fn of_client(first: &Header<'_>) -> Option<Self> {
        let (salt, [key, nonce, header]) = match first.version {
            VERSION_1 => (&SALT_1, ["quic key", "quic iv", "quic hp"]),
            VERSION_2 => (&SALT_2, ["quicv2 key", "quicv2 iv", "quicv2 hp"]),
            _ => return None,
        };
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(first.destination);
        let secret = expand::<32>(&secret, "client in")?;
        let secret = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret);
        let key = UnboundKey::new(&AES_128_GCM, &expand::<16>(&secret, key)?).ok()?;
        let header = expand::<16>(&secret, header)?;
        Some(Self {
            packet: LessSafeKey::new(key),
            nonce: expand(&secret, nonce)?,
            header: quic::HeaderProtectionKey::new(&quic::AES_128, &header).ok()?,
        })
    }

    /// The frames of a packet, if it is one of this client's.
    pub(crate) fn open(&self, packet: Packet<'_>) -> Option<Vec<u8>> {
        let (header, protected) = packet.bytes.split_at_checked(packet.number_at)?;
        let sample = protected.get(4..20)?;
        let [flags_mask, number_mask @ ..] = self.header.new_mask(sample).ok()?;
        let mut associated = header.to_vec();
        let flags = associated.first_mut()?;
        *flags ^= flags_mask & 0x0f;
        let number_bytes = usize::from(*flags & 3).checked_add(1)?;
        let (number, sealed) = protected.split_at_checked(number_bytes)?;
        let number: Vec<u8> = number
            .iter()
            .zip(number_mask)
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        associated.extend_from_slice(&number);
        let mut nonce = self.nonce;
        for (byte, number) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *byte ^= number;
        }
        let mut frames = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self
            .packet
            .open_in_place(nonce, Aad::from(associated), &mut frames)
            .ok()?
            .len();
        frames.truncate(opened);
        Some(frames)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) without a context.
fn expand<const N: usize>(secret: &hkdf::Prk, label: &str) -> Option<[u8; N]> {
    let length = u16::try_from(N).ok()?.to_be_bytes();
    let label_bytes = [u8::try_from(label.len().checked_add(6)?).ok()?];
    let info: [&[u8]; 5] = [&length, &label_bytes, b"tls13 ", label.as_bytes(), &[0]];
    let mut output = [0; N];
    secret
        .expand(&info, Length(N))
        .ok()?
        .fill(&mut output)
        .ok()?;
    Some(output)
}
