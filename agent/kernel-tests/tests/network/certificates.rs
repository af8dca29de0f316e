//! The certificates of a test.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SanType,
};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The name that servers show.
pub(crate) const SERVER_NAME: &str = "server.shop.test";

/// An authority, and a folder of what it signs. Everybody may read it: servers change their user.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// The files of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
    /// Both in one file.
    pub(crate) both: String,
}

impl Authority {
    /// Makes one that keeps its files in a folder.
    pub(crate) fn make(folder: &Path) -> Self {
        let mut parameters = CertificateParams::default();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "tests' authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(parameters, key).expect("an authority");
        let authority = Self {
            issuer,
            folder: folder.to_owned(),
        };
        authority.write("authority.pem", &authority.issuer.pem());
        authority
    }

    /// The file of its own certificate.
    pub(crate) fn file(&self) -> String {
        self.path("authority.pem")
    }

    /// A certificate for a name and addresses.
    pub(crate) fn server(&self, addresses: &[IpAddr]) -> Certificate {
        let addresses = addresses.iter().copied().map(SanType::IpAddress);
        let name = SanType::DnsName(SERVER_NAME.try_into().expect("a name"));
        self.sign("server", addresses.chain([name]).collect())
    }

    /// A certificate for a server of the tests' own host.
    pub(crate) fn at_loopback(&self) -> Certificate {
        let address = SanType::IpAddress(Ipv4Addr::LOCALHOST.into());
        self.sign("loopback", vec![address])
    }

    /// A certificate for a client.
    pub(crate) fn client(&self, name: &str) -> Certificate {
        let san = SanType::DnsName(name.try_into().expect("a name"));
        self.sign(name, vec![san])
    }

    /// A certificate for a workload, by its URI.
    pub(crate) fn workload(&self, name: &str, uri: &str) -> Certificate {
        let uri = SanType::URI(uri.try_into().expect("a name"));
        self.sign(name, vec![uri])
    }

    fn sign(&self, name: &str, names: Vec<SanType>) -> Certificate {
        let mut parameters = CertificateParams::default();
        parameters.subject_alt_names = names;
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let signed = parameters
            .signed_by(&key, &self.issuer)
            .expect("a certificate");
        let (chain, key) = (signed.pem(), key.serialize_pem());
        Certificate {
            chain: self.write(&format!("{name}.pem"), &chain),
            key: self.write(&format!("{name}-key.pem"), &key),
            both: self.write(&format!("{name}-both.pem"), &format!("{chain}{key}")),
        }
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.join(name);
        path.to_str().expect("text").to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        let all_may_read = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, all_may_read).expect("a file");
        path
    }
}
