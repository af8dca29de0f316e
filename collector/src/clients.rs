//! Who clients are, and how many streams they may have.

use crate::config::{ClientRules, NodeName, StreamLimits};
use saker_tls::{PeerIdentity, PeerInfo};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tonic::{Extensions, Status};

/// What a URI has before the name of a node.
const NODE_SEGMENT: &str = "/node/";

/// Longest name that is used, in bytes: what a certificate says otherwise could be any size.
const NAME_BYTES_MAX: usize = 253;

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// What tells it from others: its node's name, or its address where it proves none.
    pub(crate) name: Arc<str>,
    /// The node that its certificate names.
    pub(crate) node: Option<Arc<str>>,
}

/// Why a client is turned away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwelcome {
    /// Its certificate names no node.
    #[error(
        "the client's certificate names no node; it needs a URI that ends with /node/NAME, a DNS name or a \
         common name, as clients.node_name of the collector says"
    )]
    NoNode,
    /// It is nobody who may subscribe.
    #[error(
        "the client's certificate has no name that feed.allowed_identities of the collector lists"
    )]
    NotAllowed,
    /// All have too many streams.
    #[error("the collector has as many streams as it may")]
    TooManyStreams,
    /// It has too many streams.
    #[error("the client has as many streams as it may")]
    TooManyOfClient,
}

impl Unwelcome {
    /// A word for metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoNode => "no_node",
            Self::NotAllowed => "not_allowed",
            Self::TooManyStreams => "streams",
            Self::TooManyOfClient => "streams_of_client",
        }
    }
}

impl From<Unwelcome> for Status {
    fn from(unwelcome: Unwelcome) -> Self {
        let text = unwelcome.to_string();
        match unwelcome {
            Unwelcome::NoNode | Unwelcome::NotAllowed => Self::permission_denied(text),
            Unwelcome::TooManyStreams | Unwelcome::TooManyOfClient => {
                Self::resource_exhausted(text)
            }
        }
    }
}

impl ClientRules {
    /// Which agent sends a request.
    pub(crate) fn agent(&self, extensions: &Extensions) -> Result<Client, Unwelcome> {
        let (address, identity) = peer(extensions);
        let Some(identity) = identity else {
            return Ok(Client {
                name: address,
                node: None,
            });
        };
        let node = self.node(&identity).ok_or(Unwelcome::NoNode)?;
        Ok(Client {
            name: Arc::clone(&node),
            node: Some(node),
        })
    }

    /// Which subscriber sends a request.
    pub(crate) fn subscriber(&self, extensions: &Extensions) -> Result<Client, Unwelcome> {
        let (address, identity) = peer(extensions);
        let Some(identity) = identity else {
            return Ok(Client {
                name: address,
                node: None,
            });
        };
        let name = identity
            .uris
            .iter()
            .chain(&identity.dns_names)
            .chain(&identity.common_name)
            .find(|name| self.feed_allowed.contains(*name))
            .ok_or(Unwelcome::NotAllowed)?;
        Ok(Client {
            name: name.as_str().into(),
            node: None,
        })
    }

    /// The node that a certificate names.
    fn node(&self, identity: &PeerIdentity) -> Option<Arc<str>> {
        self.node_name
            .iter()
            .find_map(|kind| match kind {
                NodeName::Spiffe => identity.uris.iter().find_map(|uri| spiffe_node(uri)),
                NodeName::Dns => identity.dns_names.first().map(String::as_str),
                NodeName::CommonName => identity.common_name.as_deref(),
            })
            .filter(|name| !name.is_empty() && name.len() <= NAME_BYTES_MAX)
            .map(Arc::from)
    }
}

/// The node of a SPIFFE id.
fn spiffe_node(uri: &str) -> Option<&str> {
    let path = uri.strip_prefix("spiffe://")?;
    let (_, name) = path.rsplit_once(NODE_SEGMENT)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Address and certificate at the other end of a request's connection.
fn peer(extensions: &Extensions) -> (Arc<str>, Option<Arc<PeerIdentity>>) {
    match extensions.get::<PeerInfo>() {
        Some(peer) => (
            peer.address.ip().to_canonical().to_string().into(),
            peer.identity.clone(),
        ),
        None => ("unknown".into(), None),
    }
}

/// Counts the streams of clients, and keeps them within bounds.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: StreamLimits,
    open: Arc<Mutex<OpenStreams>>,
}

#[derive(Debug, Default)]
struct OpenStreams {
    total: usize,
    of_client: HashMap<Arc<str>, usize>,
}

/// The right to one stream, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    client: Arc<str>,
    open: Arc<Mutex<OpenStreams>>,
}

impl Streams {
    pub(crate) fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            open: Arc::default(),
        }
    }

    /// A place for one more stream of this client.
    pub(crate) fn claim(&self, client: &Client) -> Result<StreamPlace, Unwelcome> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.limits.total {
            return Err(Unwelcome::TooManyStreams);
        }
        let of_client = open.of_client.entry(Arc::clone(&client.name)).or_default();
        if *of_client >= self.limits.per_client {
            return Err(Unwelcome::TooManyOfClient);
        }
        *of_client += 1;
        open.total += 1;
        Ok(StreamPlace {
            client: Arc::clone(&client.name),
            open: Arc::clone(&self.open),
        })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.of_client.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.of_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn rules(node_name: &[NodeName]) -> ClientRules {
        ClientRules {
            node_name: node_name.to_vec(),
            require_node_match: false,
            feed_allowed: BTreeSet::from(["siem.example".to_owned()]),
        }
    }

    fn extensions(identity: PeerIdentity) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(PeerInfo {
            address: ([10, 0, 0, 7], 4000).into(),
            identity: Some(Arc::new(identity)),
        });
        extensions
    }

    fn names(uri: &str, dns: &str, common: &str) -> PeerIdentity {
        let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        PeerIdentity {
            uris: some(uri).into_iter().collect(),
            dns_names: some(dns).into_iter().collect(),
            common_name: some(common),
        }
    }

    #[test]
    fn nodes_are_found_in_the_order_of_the_settings() {
        let identity = names("spiffe://c/ns/x/node/n1", "n2", "n3");
        let all = [NodeName::Spiffe, NodeName::Dns, NodeName::CommonName];
        for (order, expected) in [(&all[..], "n1"), (&all[1..], "n2"), (&all[2..], "n3")] {
            let client = rules(order).agent(&extensions(identity.clone())).unwrap();
            assert_eq!(client.node.as_deref(), Some(expected));
            assert_eq!(&*client.name, expected);
        }
    }

    #[test]
    fn a_certificate_without_a_node_is_turned_away() {
        for uri in [
            "spiffe://c/node/",
            "spiffe://c/node/a/b",
            "https://c/node/a",
            "spiffe://c/nodes/a",
        ] {
            let agent = rules(&[NodeName::Spiffe]).agent(&extensions(names(uri, "n", "n")));
            assert_eq!(agent, Err(Unwelcome::NoNode), "{uri}");
        }
        let long = "n".repeat(NAME_BYTES_MAX + 1);
        let agent = rules(&[NodeName::Dns]).agent(&extensions(names("", &long, "")));
        assert_eq!(agent, Err(Unwelcome::NoNode));
    }

    #[test]
    fn without_certificates_clients_are_told_apart_by_address() {
        let mut extensions = Extensions::new();
        extensions.insert(PeerInfo {
            address: "[::ffff:10.0.0.7]:4000".parse().unwrap(),
            identity: None,
        });
        let client = rules(&[NodeName::Dns]).agent(&extensions).unwrap();
        assert_eq!((&*client.name, client.node), ("10.0.0.7", None));
    }

    #[test]
    fn only_named_subscribers_are_let_in() {
        let rules = rules(&[NodeName::Dns]);
        let welcome = rules.subscriber(&extensions(names("", "siem.example", "")));
        assert_eq!(&*welcome.unwrap().name, "siem.example");
        let agent = rules.subscriber(&extensions(names("spiffe://c/node/a", "a", "a")));
        assert_eq!(agent, Err(Unwelcome::NotAllowed));
    }

    #[test]
    fn streams_are_bounded_and_given_back() {
        let streams = Streams::new(StreamLimits {
            total: 3,
            per_client: 2,
        });
        let client = |name: &str| Client {
            name: name.into(),
            node: None,
        };
        let first = streams.claim(&client("a")).unwrap();
        let _second = streams.claim(&client("a")).unwrap();
        assert_eq!(
            streams.claim(&client("a")).unwrap_err(),
            Unwelcome::TooManyOfClient
        );
        let _third = streams.claim(&client("b")).unwrap();
        assert_eq!(
            streams.claim(&client("c")).unwrap_err(),
            Unwelcome::TooManyStreams
        );
        drop(first);
        let _fourth = streams.claim(&client("a")).unwrap();
        assert_eq!(streams.open.lock().unwrap().of_client.len(), 2);
    }
}
