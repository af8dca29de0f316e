//! Whether a rule of Istio matches a connection.

use super::AuthorizationReason as Reason;
use super::facts::{ClientIdentity, ConnectionFacts, HttpFacts, RequestProtocol, Seen};
use super::pattern::{
    is_normal, is_template, matches_template, matches_text, matches_wildcards, without_query,
};
use super::truth::Truth;
use crate::settings::MeshSettings;
use saker_kube_metadata::{
    AddressBlock, Attribute, AuthorizationAction, AuthorizationRule, Constraint,
};
use std::net::IpAddr;
use std::sync::Arc;

/// How every identity of Istio's begins.
const SPIFFE: &str = "spiffe://";

/// The name for the mesh's own trust domain, whatever it is.
const OWN_TRUST_DOMAIN: &str = "cluster.local";

/// What a proxy can tell of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// Requests.
    Http,
    /// Connections.
    Tcp,
    /// Connections, as ztunnel does.
    Ztunnel,
}

impl Layer {
    /// Whether an attribute cannot be told at all: rules that let in never match then, others match as if
    /// they did not ask for it (<https://istio.io/latest/docs/tasks/security/authorization/authz-tcp/>).
    const fn lacks(self, attribute: &Attribute) -> bool {
        match self {
            Self::Http => false,
            Self::Tcp => attribute.is_http(),
            Self::Ztunnel => {
                attribute.is_http()
                    || matches!(
                        attribute,
                        Attribute::RemoteAddress | Attribute::ServerName | Attribute::ProxyMetadata
                    )
            }
        }
    }
}

/// A connection, as rules are asked about it.
pub(super) struct Asked<'a> {
    pub(super) facts: &'a ConnectionFacts<'a>,
    pub(super) settings: &'a MeshSettings,
    /// The client's identity without `spiffe://`; nothing where it has none.
    principal: Seen<Option<String>>,
    /// Whether the workload checks tokens of requests: where it does not, requests have no identity.
    pub(super) checks_tokens: Truth,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        facts: &'a ConnectionFacts<'a>,
        settings: &'a MeshSettings,
        checks_tokens: Truth,
    ) -> Self {
        let principal = match facts.identity {
            ClientIdentity::Hidden => Seen::Hidden,
            ClientIdentity::Anonymous => Seen::Known(None),
            ClientIdentity::ServiceAccount { namespace, name } => {
                let domain = &settings.trust_domain;
                Seen::Known(Some(format!("{domain}/ns/{namespace}/sa/{name}")))
            }
            ClientIdentity::Named(name) => {
                let name = name.strip_prefix(SPIFFE).unwrap_or(name);
                Seen::Known(Some(name.to_owned()))
            }
        };
        Self {
            facts,
            settings,
            principal,
            checks_tokens,
        }
    }

    /// Whether any of the rules of a policy of this namespace matches.
    pub(super) fn matches_any(
        &self,
        rules: &[AuthorizationRule],
        action: AuthorizationAction,
        namespace: &str,
        layer: Layer,
    ) -> Truth {
        Truth::any(
            rules
                .iter()
                .map(|rule| self.matches(rule, action, namespace, layer)),
        )
    }

    fn matches(
        &self,
        rule: &AuthorizationRule,
        action: AuthorizationAction,
        namespace: &str,
        layer: Layer,
    ) -> Truth {
        let groups = || rule.from.iter().chain(&rule.to);
        let mut constraints = groups().flat_map(|group| group.iter()).chain(&rule.when);
        if action == AuthorizationAction::Allow
            && constraints.any(|constraint| layer.lacks(&constraint.attribute))
        {
            return Truth::No;
        }
        let all = |constraints: &[Constraint]| {
            let told = constraints.iter().filter(|it| !layer.lacks(&it.attribute));
            Truth::all(told.map(|constraint| self.holds(constraint, namespace)))
        };
        let any = |groups: &[Box<[Constraint]>]| match groups.is_empty() {
            true => Truth::Yes,
            false => Truth::any(groups.iter().map(|group| all(group))),
        };
        any(&rule.from).and(any(&rule.to)).and(all(&rule.when))
    }

    fn holds(&self, constraint: &Constraint, namespace: &str) -> Truth {
        let has = |value: &Arc<str>| self.has(&constraint.attribute, value, namespace);
        let wanted = match constraint.values.is_empty() {
            true => Truth::Yes,
            false => Truth::any(constraint.values.iter().map(has)),
        };
        wanted.and(!Truth::any(constraint.excluded.iter().map(has)))
    }

    /// Whether an attribute has a value.
    fn has(&self, attribute: &Attribute, value: &str, namespace: &str) -> Truth {
        let facts = self.facts;
        match attribute {
            Attribute::Principal => {
                self.of_identity(|principal| self.is_principal(value, principal))
            }
            Attribute::Namespace => self.of_identity(|principal| {
                namespace_of(principal).is_some_and(|known| matches_wildcards(value, known))
            }),
            Attribute::ServiceAccount => {
                let (namespace, name) = value.split_once('/').unwrap_or((namespace, value));
                self.of_identity(|principal| {
                    namespace_of(principal) == Some(namespace)
                        && service_account_of(principal) == Some(name)
                })
            }
            Attribute::SourceAddress => is_in(value, facts.source, Reason::AddressHidden),
            Attribute::DestinationAddress => is_in(value, facts.destination, Reason::AddressHidden),
            Attribute::RemoteAddress => is_in(value, facts.remote, Reason::RemoteAddressHidden),
            Attribute::Port => match (value.parse::<u16>(), facts.target.port) {
                (Err(_), _) => Truth::Maybe(Reason::NotUnderstood),
                (Ok(_), None) => Truth::Maybe(Reason::PortNotKnown),
                (Ok(wanted), Some(port)) => Truth::of(wanted == port),
            },
            Attribute::ServerName => match facts.server_name {
                Seen::Hidden => Truth::Maybe(Reason::ServerNameHidden),
                Seen::Known(name) => Truth::of(name.is_some_and(|name| matches_text(value, name))),
            },
            Attribute::Method
            | Attribute::Path
            | Attribute::Host
            | Attribute::Header(_)
            | Attribute::RequestPrincipal
            | Attribute::TokenClaim => self.of_request(attribute, value),
            Attribute::ProxyMetadata => Truth::Maybe(Reason::ProxyMetadata),
            Attribute::NotUnderstood => Truth::Maybe(Reason::NotUnderstood),
        }
    }

    fn of_identity(&self, holds: impl FnOnce(&str) -> bool) -> Truth {
        match &self.principal {
            Seen::Hidden => Truth::Maybe(Reason::IdentityHidden),
            Seen::Known(None) => Truth::No,
            Seen::Known(Some(principal)) => Truth::of(holds(principal)),
        }
    }

    fn of_request(&self, attribute: &Attribute, value: &str) -> Truth {
        let hidden = HttpFacts::default();
        let http = match &self.facts.protocol {
            RequestProtocol::Http(http) => http,
            RequestProtocol::Tcp | RequestProtocol::NotKnown => &hidden,
        };
        match attribute {
            // Every request has them.
            Attribute::Method | Attribute::Path | Attribute::Host if value == "*" => Truth::Yes,
            Attribute::Method => {
                of_text(http.method, |method| Truth::of(matches_text(value, method)))
            }
            Attribute::Host => of_text(http.host, |host| {
                let [value, host] = [value, host].map(str::to_ascii_lowercase);
                Truth::of(matches_text(&value, &host))
            }),
            Attribute::Path => of_text(http.path, |path| is_path(value, path)),
            Attribute::Header(name) => match http.headers {
                Seen::Hidden => Truth::Maybe(Reason::RequestHidden),
                Seen::Known(headers) => {
                    let header = headers.get(&**name);
                    // A header that is there may be empty.
                    Truth::of(header.is_some_and(|text| value == "*" || matches_text(value, text)))
                }
            },
            Attribute::RequestPrincipal => self.checks_tokens.and(match http.principal {
                Seen::Hidden => Truth::Maybe(Reason::TokenHidden),
                Seen::Known(principal) => {
                    Truth::of(principal.is_some_and(|known| matches_text(value, known)))
                }
            }),
            _ => self.checks_tokens.and(match http.principal {
                // Without a token nothing of it is known.
                Seen::Known(None) => Truth::No,
                Seen::Known(Some(_)) | Seen::Hidden => Truth::Maybe(Reason::TokenHidden),
            }),
        }
    }

    /// Whether an identity is one that a policy names. A trust domain of the mesh stands for all of them, and
    /// `cluster.local` for the mesh's own, whatever that is called
    /// (<https://istio.io/latest/docs/tasks/security/authorization/authz-td-migration/>).
    fn is_principal(&self, value: &str, principal: &str) -> bool {
        if matches_text(value, principal) {
            return true;
        }
        let is_whole = value.split('/').count() == 5;
        match (value.split_once('/'), principal.split_once('/')) {
            (Some((wanted, rest)), Some((domain, behind))) => {
                let is_wanted = wanted == OWN_TRUST_DOMAIN || self.is_own_domain(wanted);
                is_whole && is_wanted && self.is_own_domain(domain) && matches_text(rest, behind)
            }
            _ => false,
        }
    }

    fn is_own_domain(&self, domain: &str) -> bool {
        let settings = self.settings;
        settings.trust_domain == domain
            || settings
                .trust_domain_aliases
                .iter()
                .any(|alias| alias == domain)
    }
}

fn of_text(text: Seen<&str>, holds: impl FnOnce(&str) -> Truth) -> Truth {
    match text {
        Seen::Hidden => Truth::Maybe(Reason::RequestHidden),
        Seen::Known(text) => holds(text),
    }
}

fn is_path(value: &str, path: &str) -> Truth {
    let path = without_query(path);
    if !is_normal(path) {
        return Truth::Maybe(Reason::PathNotNormal);
    }
    if !is_template(value) {
        return Truth::of(matches_text(value, path));
    }
    match matches_template(value, path) {
        Some(matches) => Truth::of(matches),
        None => Truth::Maybe(Reason::NotUnderstood),
    }
}

fn is_in(block: &str, address: Seen<IpAddr>, hidden: Reason) -> Truth {
    match (AddressBlock::parse_or_address(block), address) {
        (None, _) => Truth::Maybe(Reason::NotUnderstood),
        (Some(_), Seen::Hidden) => Truth::Maybe(hidden),
        (Some(block), Seen::Known(address)) => Truth::of(block.contains(address)),
    }
}

/// The namespace of an identity such as `cluster.local/ns/shop/sa/web`.
fn namespace_of(principal: &str) -> Option<&str> {
    after(principal, "ns")
}

fn service_account_of(principal: &str) -> Option<&str> {
    after(principal, "sa")
}

/// The part of a path behind the one with this name.
fn after<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let mut parts = path.split('/').skip(1);
    parts.find(|part| *part == name)?;
    parts.next()
}
