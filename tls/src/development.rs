//! Certificates for development and tests: an authority of one's own, and certificates by it.
//!
//! ```
//! use saker_tls::development::{Authority, Request};
//!
//! let authority = Authority::new("Saker development", Authority::days(30))?;
//! let issued = authority.issue(&Request::server(["localhost"]))?;
//! assert!(issued.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
//! # Ok::<(), saker_tls::development::IssueError>(())
//! ```

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::net::IpAddr;
use std::ops::Range;
use std::time::SystemTime;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Clocks of other machines may be behind.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A name cannot stand in a certificate.
    #[error(
        "`{name}` cannot stand in a certificate; names are ASCII, such as collector.example.org"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// What should be the certificate of an authority cannot be read as one.
    #[error("this is no certificate of an authority: {reason}")]
    NoAuthority {
        /// Why not.
        reason: String,
    },
    /// A key that is another authority's.
    #[error("this key does not belong to the authority's certificate")]
    KeyMismatch,
    /// The library refuses.
    #[error("a certificate cannot be made: {0}")]
    Library(#[from] rcgen::Error),
}

/// An authority that lives as long as this value, unless its PEM texts are kept.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    validity: Range<Timestamp>,
}

/// What a certificate is to say.
#[derive(Clone, Debug)]
pub struct Request {
    /// The subject's common name.
    pub common_name: String,
    /// Alternative names: URIs where there is `://` in it, addresses, DNS names.
    pub names: Vec<String>,
    /// What it is for.
    pub usage: Usage,
    /// Start and end of its validity; the authority's unless said otherwise.
    pub validity: Option<Range<Timestamp>>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// To be shown by servers.
    Server,
    /// To be shown by clients.
    Client,
}

/// A certificate and its private key, as PEM.
#[derive(Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate_pem: String,
    /// Its key; secret.
    pub key_pem: String,
}

impl Request {
    /// For a server with these names.
    pub fn server<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(names, Usage::Server)
    }

    /// For a client with these names.
    pub fn client<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(names, Usage::Client)
    }

    fn new<'a>(names: impl IntoIterator<Item = &'a str>, usage: Usage) -> Self {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        Self {
            common_name: names.first().cloned().unwrap_or_default(),
            names,
            usage,
            validity: None,
        }
    }
}

impl Authority {
    /// A new authority with a new key.
    ///
    /// # Errors
    ///
    /// Where the library refuses.
    pub fn new(name: &str, validity: Range<Timestamp>) -> Result<Self, IssueError> {
        let mut parameters = parameters(name, &validity);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate_pem = parameters.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(parameters, key),
            certificate_pem,
            validity,
        })
    }

    /// An authority that was made before, by its PEM texts.
    ///
    /// # Errors
    ///
    /// Where one of them is no such text, or they do not belong together.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, IssueError> {
        let no_authority = |reason: String| IssueError::NoAuthority { reason };
        let key = KeyPair::from_pem(key_pem)?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|error| no_authority(error.to_string()))?;
        let (_, certificate) =
            X509Certificate::from_der(&der).map_err(|error| no_authority(error.to_string()))?;
        if !certificate.is_ca() {
            return Err(no_authority("it may not sign certificates".to_owned()));
        }
        if certificate.public_key().raw != key.subject_public_key_info() {
            return Err(IssueError::KeyMismatch);
        }
        let time = |seconds: i64| {
            Timestamp::from_second(seconds).map_err(|error| no_authority(error.to_string()))
        };
        let validity = time(certificate.validity().not_before.timestamp())?
            ..time(certificate.validity().not_after.timestamp())?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_der(&der, key)?,
            certificate_pem: certificate_pem.to_owned(),
            validity,
        })
    }

    /// Start and end of its validity.
    #[must_use]
    pub fn validity(&self) -> Range<Timestamp> {
        self.validity.clone()
    }

    /// From now, or a little before, for so many days.
    #[must_use]
    pub fn days(days: u16) -> Range<Timestamp> {
        let now = Timestamp::now();
        let length = SignedDuration::from_hours(24 * i64::from(days));
        now.saturating_sub(CLOCK_DIFFERENCE).unwrap_or(now)
            ..now.saturating_add(length).unwrap_or(Timestamp::MAX)
    }

    /// The authority's certificate, as PEM: what the other side is to trust.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate_pem.clone()
    }

    /// The authority's private key, as PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A certificate with a key of its own.
    ///
    /// # Errors
    ///
    /// Where a name cannot stand in a certificate.
    pub fn issue(&self, request: &Request) -> Result<Issued, IssueError> {
        let validity = request.validity.as_ref().unwrap_or(&self.validity);
        let mut parameters = parameters(&request.common_name, validity);
        parameters.subject_alt_names = request
            .names
            .iter()
            .map(|name| alternative_name(name))
            .collect::<Result<_, _>>()?;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![match request.usage {
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

fn parameters(common_name: &str, validity: &Range<Timestamp>) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters
        .distinguished_name
        .push(DnType::CommonName, common_name);
    parameters.not_before = SystemTime::from(validity.start).into();
    parameters.not_after = SystemTime::from(validity.end).into();
    parameters
}

fn alternative_name(name: &str) -> Result<SanType, IssueError> {
    let refused = |_| IssueError::Name {
        name: name.to_owned(),
    };
    if name.contains("://") {
        return Ok(SanType::URI(name.try_into().map_err(refused)?));
    }
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(name.try_into().map_err(refused)?)),
    }
}
