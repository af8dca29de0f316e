//! What of a connection policies ask for.

use crate::mtls::Target;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Something that shows, or does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen<T> {
    /// It does.
    Known(T),
    /// It does not.
    #[default]
    Hidden,
}

/// A connection as the proxy before the server sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionFacts<'a> {
    /// The server's end.
    pub target: Target<'a>,
    /// Who the client is, as its certificate says.
    pub identity: ClientIdentity<'a>,
    /// Address that its packets come from.
    pub source: Seen<IpAddr>,
    /// Address that they go to.
    pub destination: Seen<IpAddr>,
    /// Server name that the client asks for; `None` where there is no TLS, or it asks for none.
    pub server_name: Seen<Option<&'a str>>,
    /// Address that proxies on the way name as the client's (`X-Forwarded-For`, PROXY protocol).
    pub remote: Seen<IpAddr>,
    /// What it speaks.
    pub protocol: RequestProtocol<'a>,
}

/// Who the client is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientIdentity<'a> {
    /// It shows no certificate of a mesh.
    Anonymous,
    /// A service account of this cluster.
    ServiceAccount {
        /// Its namespace.
        namespace: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// The name in its certificate: `spiffe://…` with Istio.
    Named(&'a str),
    /// That does not show.
    #[default]
    Hidden,
}

/// What a connection speaks, as the proxy takes it.
#[derive(Clone, Copy, Debug, Default)]
pub enum RequestProtocol<'a> {
    /// HTTP.
    Http(HttpFacts<'a>),
    /// Something else.
    Tcp,
    /// That does not show.
    #[default]
    NotKnown,
}

/// An HTTP request.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpFacts<'a> {
    /// Method.
    pub method: Seen<&'a str>,
    /// Path, which may have a query.
    pub path: Seen<&'a str>,
    /// Host (`Host`, `:authority`).
    pub host: Seen<&'a str>,
    /// All headers, by their names in small letters.
    pub headers: Seen<&'a BTreeMap<String, String>>,
    /// Issuer and subject of its token, as `issuer/subject`; `None` where it has no valid one.
    pub principal: Seen<Option<&'a str>>,
}
