//! The protocols other than TLS.

use crate::conversation::{Conversation, Recognise, Recognition};

mod amqp;
mod cassandra;
mod dialogue;
mod dns;
mod form;
mod ftp;
mod hpack;
mod http;
mod http2;
mod imap;
mod kafka;
mod ldap;
mod mail;
mod memcached;
mod mongodb;
mod mqtt;
mod mysql;
mod nats;
mod pop3;
mod postgresql;
mod proxy;
mod redis;
mod smtp;
mod socks;
mod ssh;
mod telnet;
mod upgrade;

/// The recognisers of streams, from the most specific form to the least specific. The first that knows the
/// conversation has it; one that needs more bytes holds back those behind it. At most 64.
///
/// First those with a signature of eight bytes and more, then text that names its protocol, then binary headers,
/// at last what only both sides together show.
pub(crate) const STREAM: &[Recognise] = &[
    proxy::recognise,
    http2::recognise,
    amqp::recognise,
    mqtt::recognise,
    postgresql::recognise,
    http::recognise,
    ssh::recognise,
    nats::recognise,
    mysql::recognise,
    smtp::recognise,
    ftp::recognise,
    imap::recognise,
    pop3::recognise,
    redis::recognise,
    mongodb::recognise,
    cassandra::recognise,
    ldap::recognise,
    kafka::recognise,
    telnet::recognise,
    dns::recognise_stream,
    socks::recognise,
    memcached::recognise,
];

/// The recognisers of datagrams other than QUIC, DTLS and WireGuard: the conversation's runs are datagrams.
pub(crate) const DATAGRAM: &[Recognise] = &[dns::recognise_datagram];

/// The one protocol whose client begins with TLS after a greeting of the server in clear text.
pub(crate) fn greeting(conversation: &Conversation<'_>) -> Recognition {
    nats::recognise(conversation)
}

#[cfg(test)]
mod tests;
