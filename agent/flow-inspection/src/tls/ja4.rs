//! JA4: a fingerprint of the client's TLS library by its hello
//! (<https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md>).

use std::fmt::Write;

use ring::digest::{SHA256, digest};

use super::client_hello::{Carrier, ClientHello};
use super::extensions::{ALPN, SERVER_NAME, SIGNATURE_ALGORITHMS, is_grease, numbers};
use crate::cursor::Cursor;

/// Characters of a hash that are kept.
const HASH_CHARACTERS: usize = 12;

/// The most that two digits say.
const COUNT_MAX: usize = 99;

/// The fingerprint of a whole hello.
pub(crate) fn fingerprint(hello: &ClientHello<'_>) -> String {
    let mut suites: Vec<u16> = hello.cipher_suites().collect();
    let mut extensions: Vec<u16> = hello
        .extensions
        .iter()
        .map(|(kind, _)| kind)
        .filter(|kind| !is_grease(*kind))
        .collect();
    let carrier = match hello.carrier {
        Carrier::Stream => 't',
        Carrier::Datagram => 'd',
        Carrier::Quic => 'q',
    };
    let destination = if extensions.contains(&SERVER_NAME) {
        'd'
    } else {
        'i'
    };
    let mut text = format!(
        "{carrier}{}{destination}{:02}{:02}{}_",
        version(hello.version_max()),
        suites.len().min(COUNT_MAX),
        extensions.len().min(COUNT_MAX),
        alpn(hello),
    );
    suites.sort_unstable();
    text.push_str(&hash(&list(suites.into_iter())));
    text.push('_');
    extensions.retain(|kind| ![SERVER_NAME, ALPN].contains(kind));
    extensions.sort_unstable();
    let mut hashed = list(extensions.into_iter());
    let algorithms = hello
        .extensions
        .find(SIGNATURE_ALGORITHMS)
        .and_then(|content| Cursor::new(content).vector16());
    let algorithms = numbers(algorithms.unwrap_or_default()).filter(|number| !is_grease(*number));
    let algorithms = list(algorithms);
    if !algorithms.is_empty() {
        hashed.push('_');
        hashed.push_str(&algorithms);
    }
    text.push_str(&hash(&hashed));
    text
}

const fn version(number: u16) -> &'static str {
    match number {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last character of the first ALPN name; those of its hexadecimal form if one is no letter or digit.
fn alpn(hello: &ClientHello<'_>) -> String {
    let Some((first, last)) = hello
        .extensions
        .alpn()
        .next()
        .and_then(|name| name.first().copied().zip(name.last().copied()))
    else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [char::from(first), char::from(last)].iter().collect()
    } else {
        format!("{:x}{:x}", first >> 4, last & 0x0f)
    }
}

fn list(numbers: impl Iterator<Item = u16>) -> String {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(',');
        }
        // Writing to a string does not fail.
        write!(text, "{number:04x}").unwrap_or_default();
    }
    text
}

fn hash(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(HASH_CHARACTERS);
    }
    let mut hash = String::new();
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        write!(hash, "{byte:02x}").unwrap_or_default();
    }
    hash.truncate(HASH_CHARACTERS);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hashes of the specification's own example.
    #[test]
    fn hashes_are_those_of_the_specification() {
        assert_eq!(
            hash("002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9"),
            "8daaf6152771"
        );
        assert_eq!(
            hash(
                "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01\
                 _0403,0804,0401,0503,0805,0501,0806,0601"
            ),
            "e5627efa2ab1"
        );
        assert_eq!(hash(""), "000000000000");
    }

    fn bytes(numbers: &[u16]) -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect()
    }

    fn counted(content: &[u8]) -> Vec<u8> {
        let mut bytes = bytes(&[u16::try_from(content.len()).unwrap()]);
        bytes.extend_from_slice(content);
        bytes
    }

    /// The hello that is the specification's example: Chrome's, whose suites, extensions and versions are mixed
    /// with such as mean nothing.
    #[test]
    fn fingerprint_is_that_of_the_specification() {
        let suites = [
            0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
            0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
        ];
        let kinds = [
            0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023,
            0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xdada,
        ];
        let algorithms = [
            0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
        ];
        let mut extensions = Vec::new();
        for kind in kinds {
            let content = match kind {
                0x0010 => counted(b"\x02h2\x08http/1.1"),
                0x000d => counted(&bytes(&algorithms)),
                0x002b => [vec![6], bytes(&[0x9a9a, 0x0304, 0x0303])].concat(),
                _ => Vec::new(),
            };
            extensions.extend(bytes(&[kind]));
            extensions.extend(counted(&content));
        }
        let body = [
            &[3, 3][..],
            &[7; 32],
            &[0],
            &counted(&bytes(&suites)),
            &[1, 0],
            &counted(&extensions),
        ]
        .concat();
        let read = |carrier| ClientHello::read(&body, true, carrier).unwrap();
        assert_eq!(
            fingerprint(&read(Carrier::Stream)),
            "t13d1516h2_8daaf6152771_e5627efa2ab1"
        );
        assert!(fingerprint(&read(Carrier::Quic)).starts_with("q13d1516h2_"));
    }
}
