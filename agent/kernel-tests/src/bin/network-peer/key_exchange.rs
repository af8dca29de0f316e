//! A key exchange that stands up to quantum computers (X25519MLKEM768): its share alone is larger than a packet.

use ml_kem::kem::{Ciphertext, Decapsulate, Encapsulate, Kem, KeyExport};
use ml_kem::{DecapsulationKey, EncapsulationKey, MlKem768};
use rustls::crypto::ring::kx_group::X25519;
use rustls::crypto::{
    ActiveKeyExchange, CompletedKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup, ring,
};
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};

/// Bytes of ML-KEM's public key; those of X25519 follow.
const KEY_BYTES: usize = 1184;

/// Bytes of ML-KEM's answer to it.
const CIPHERTEXT_BYTES: usize = 1088;

/// Cryptography that offers this exchange first, and the ordinary ones after it.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider.kx_groups.insert(0, &Hybrid);
    provider
}

/// draft-ietf-tls-ecdhe-mlkem: both exchanges, of which ML-KEM comes first in each message and in the secret.
#[derive(Debug)]
struct Hybrid;

impl SupportedKxGroup for Hybrid {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let classical = X25519.start()?;
        let (secret, key) = MlKem768::generate_keypair();
        let share = [key.to_bytes().as_slice(), classical.pub_key()].concat();
        Ok(Box::new(Begun {
            secret,
            classical,
            share,
        }))
    }

    fn start_and_complete(&self, share: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (key, classical) = share.split_at_checked(KEY_BYTES).ok_or_else(invalid)?;
        let key = key.try_into().map_err(|_| invalid())?;
        let key = EncapsulationKey::<MlKem768>::new(&key).map_err(|_| invalid())?;
        let (ciphertext, secret) = key.encapsulate();
        let classical = X25519.start_and_complete(classical)?;
        Ok(CompletedKeyExchange {
            group: self.name(),
            pub_key: [ciphertext.as_slice(), &classical.pub_key].concat(),
            secret: both(&secret, &classical.secret),
        })
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

/// The client's half.
struct Begun {
    secret: DecapsulationKey<MlKem768>,
    classical: Box<dyn ActiveKeyExchange>,
    share: Vec<u8>,
}

impl ActiveKeyExchange for Begun {
    fn complete(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, Error> {
        let (ciphertext, classical) = share
            .split_at_checked(CIPHERTEXT_BYTES)
            .ok_or_else(invalid)?;
        let ciphertext = Ciphertext::<MlKem768>::try_from(ciphertext).map_err(|_| invalid())?;
        let secret = self.secret.decapsulate(&ciphertext);
        let classical = self.classical.complete(classical)?;
        Ok(both(&secret, &classical))
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }
}

fn both(secret: &[u8], classical: &SharedSecret) -> SharedSecret {
    SharedSecret::from([secret, classical.secret_bytes()].concat())
}

fn invalid() -> Error {
    PeerMisbehaved::InvalidKeyShare.into()
}
