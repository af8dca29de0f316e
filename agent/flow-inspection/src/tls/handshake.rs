//! Both sides' flights of TLS over a stream.

use super::certificate::{Chain, chain};
use super::client_hello::{Carrier, ClientHello};
use super::record::{End, Flight, Message};
use super::server_hello::ServerHello;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;
const CLIENT_KEY_EXCHANGE: u8 = 16;

/// What a client's flight shows.
pub(crate) struct ClientFlight<'a> {
    pub(crate) hello: ClientHello<'a>,
    /// Its `Certificate` message.
    pub(crate) certificate: Option<Chain<'a>>,
    /// Whether it went on without a certificate that could be seen.
    pub(crate) has_key_exchange: bool,
}

impl<'a> ClientFlight<'a> {
    /// Reads a flight that begins with a hello. `None` if that breaks its form.
    pub(crate) fn read(flight: &'a Flight, carrier: Carrier) -> Option<Self> {
        const MISSING: Message<'_> = Message {
            kind: CLIENT_HELLO,
            body: &[],
            is_whole: false,
        };
        let mut messages = flight.messages();
        let first = messages.next().unwrap_or(MISSING);
        let is_broken = !first.is_whole && !matches!(flight.end, End::Open | End::Cut);
        if first.kind != CLIENT_HELLO || is_broken {
            return None;
        }
        let mut read = Self {
            hello: ClientHello::read(first.body, first.is_whole, carrier)?,
            certificate: None,
            has_key_exchange: false,
        };
        for message in messages {
            match message.kind {
                CERTIFICATE => read.certificate = Some(chain(message.body)),
                CLIENT_KEY_EXCHANGE => read.has_key_exchange = true,
                _ => {}
            }
        }
        Some(read)
    }
}

/// Whether the server asks for a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// It does.
    Asked,
    /// It does not.
    NotAsked,
    /// That does not show, or not yet.
    Unknown,
}

/// What a server's flight shows.
pub(crate) struct ServerFlight<'a> {
    /// Its hello, if it is whole.
    pub(crate) hello: Option<ServerHello<'a>>,
    /// Its `Certificate` message.
    pub(crate) certificate: Option<Chain<'a>>,
    pub(crate) request: Request,
    /// Whether it said all that it says in the clear.
    pub(crate) is_done: bool,
}

impl<'a> ServerFlight<'a> {
    /// Reads a flight. `None` if it begins with something else than a hello.
    pub(crate) fn read(flight: &'a Flight) -> Option<Self> {
        let mut read = Self {
            hello: None,
            certificate: None,
            request: Request::Unknown,
            is_done: false,
        };
        let mut messages = flight.messages();
        let Some(first) = messages.next() else {
            return (flight.end != End::Malformed).then_some(read);
        };
        read.hello = Self::hello(first)?;
        if read.hello.is_some_and(|hello| hello.is_retry) {
            read.hello = flight
                .messages_past_change()
                .nth(1)
                .and_then(|second| Self::hello(second).flatten())
                .or(read.hello);
        }
        if read
            .hello
            .is_some_and(|hello| !hello.hides_certificates() && !hello.is_retry)
        {
            for message in messages {
                read.take(message);
            }
        }
        Some(read)
    }

    /// A hello, `Some(None)` if it is not whole, `None` if it is none.
    #[expect(
        clippy::option_option,
        reason = "what is missing and what is wrong are different answers"
    )]
    fn hello(message: Message<'a>) -> Option<Option<ServerHello<'a>>> {
        if message.kind != SERVER_HELLO {
            None
        } else if message.is_whole {
            ServerHello::read(message.body).map(Some)
        } else {
            Some(None)
        }
    }

    fn take(&mut self, message: Message<'a>) {
        match message.kind {
            CERTIFICATE => self.certificate = Some(chain(message.body)),
            CERTIFICATE_REQUEST => self.request = Request::Asked,
            SERVER_HELLO_DONE => {
                self.is_done = true;
                if self.request == Request::Unknown {
                    self.request = Request::NotAsked;
                }
            }
            _ => {}
        }
    }
}
