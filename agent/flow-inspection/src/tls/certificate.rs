//! What certificates say.

use std::fmt::Write;
use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::extensions::text;
use crate::cursor::Cursor;
use crate::tls_facts::CertificateFacts;

/// Alternative names that are kept.
const ALTERNATIVE_NAMES_MAX: usize = 32;

/// Bytes of a subject or an issuer that are kept.
const NAME_BYTES_MAX: usize = 1024;

/// What a `Certificate` message of TLS 1.2 or older shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chain<'a> {
    /// There is no certificate in it.
    Empty,
    /// There is one; the first, if it is there.
    Shown(Option<&'a [u8]>),
    /// Too little of the message is there to tell.
    Unknown,
}

/// Reads the body of the message, as far as it is there.
pub(crate) fn chain(body: &[u8]) -> Chain<'_> {
    let mut cursor = Cursor::new(body);
    match cursor.u24() {
        None => Chain::Unknown,
        Some(0) => Chain::Empty,
        Some(_) => match cursor.vector24() {
            Some([]) => Chain::Empty,
            first => Chain::Shown(first),
        },
    }
}

/// What a certificate says.
pub(crate) fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let alternative_names = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| extension.value.general_names.as_slice())
        .unwrap_or_default();
    Some(CertificateFacts {
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        alternative_names: alternative_names
            .iter()
            .filter_map(alternative_name)
            .take(ALTERNATIVE_NAMES_MAX)
            .collect(),
        not_before_s: certificate.validity().not_before.timestamp(),
        not_after_s: certificate.validity().not_after.timestamp(),
    })
}

fn alternative_name(name: &GeneralName<'_>) -> Option<Box<str>> {
    let name = match name {
        GeneralName::DNSName(name) | GeneralName::URI(name) | GeneralName::RFC822Name(name) => {
            text(name.as_bytes())
        }
        GeneralName::IPAddress(bytes) => address(bytes)?.to_string(),
        _ => return None,
    };
    Some(name.into())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        Some(bytes.into())
    } else {
        <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
    }
}

/// A name as RFC 4514 writes it: the last part first.
fn name(name: &X509Name<'_>) -> Box<str> {
    let mut written = String::new();
    let parts: Vec<_> = name.iter_rdn().collect();
    for part in parts.into_iter().rev() {
        if !written.is_empty() {
            written.push(',');
        }
        for (index, attribute) in part.iter().enumerate() {
            if index > 0 {
                written.push('+');
            }
            write_attribute(&mut written, attribute);
        }
        if written.len() > NAME_BYTES_MAX {
            break;
        }
    }
    written.truncate(written.floor_char_boundary(NAME_BYTES_MAX));
    written.into()
}

fn write_attribute(written: &mut String, attribute: &AttributeTypeAndValue<'_>) {
    match oid2abbrev(attribute.attr_type(), oid_registry()) {
        Ok(abbreviation) => written.push_str(abbreviation),
        Err(_) => written.push_str(&attribute.attr_type().to_id_string()),
    }
    written.push('=');
    let Ok(value) = attribute.as_str() else {
        // RFC 4514, 2.4: what is no string is written as its bytes.
        written.push('#');
        for byte in attribute.as_slice() {
            write!(written, "{byte:02x}").unwrap_or_default();
        }
        return;
    };
    let value = text(value.as_bytes());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let is_escaped = matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || index == 0 && matches!(character, '#' | ' ')
            || index == last && character == ' ';
        if is_escaped {
            written.push('\\');
        }
        written.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_an_empty_entry_shows_no_certificate() {
        assert!(matches!(chain(&[]), Chain::Unknown));
        assert!(matches!(chain(&[0, 0, 0]), Chain::Empty));
        assert!(matches!(chain(&[0, 0, 3, 0, 0, 0]), Chain::Empty));
        let one = chain(&[0, 0, 4, 0, 0, 1, 7]);
        assert!(matches!(one, Chain::Shown(Some([7]))));
        // Not all of it was captured.
        assert!(matches!(chain(&[0, 0, 4, 0, 0, 1]), Chain::Shown(None)));
    }
}
