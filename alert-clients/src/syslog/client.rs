//! Sends messages.

use super::message::SyslogMessage;
use super::settings::{SyslogHeader, SyslogSettings};
use super::transport::{Socket, Target};
use saker_tls::{ClientTls, ConnectError, TlsError};
use std::io;
use std::time::Duration;

/// The header of a message alone may have some 550.
const MESSAGE_BYTES_MIN: usize = 600;

/// Why a message was not sent, or there is no client.
#[derive(Debug, thiserror::Error)]
pub enum SyslogError {
    /// What should be an address is none.
    #[error("`{}` is no address of a syslog receiver; it must be like host:514", address.escape_debug())]
    Address {
        /// What it is.
        address: String,
    },
    /// The bound for messages leaves no room for their header.
    #[error("message_bytes_max: must be at least {MESSAGE_BYTES_MIN}, is {value}")]
    MessageBytesMax {
        /// The bound, in bytes.
        value: usize,
    },
    /// No time to connect or send in.
    #[error("timeout_ms: must be at least 1")]
    Timeout,
    /// Certificates are of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no TCP or TLS connection.
    #[error(transparent)]
    Stream(#[from] ConnectError),
    /// There is no socket.
    #[error("{receiver}: cannot connect: {source}")]
    Connect {
        /// The receiver.
        receiver: String,
        /// Why not.
        source: io::Error,
    },
    /// A message cannot be written.
    #[error("{receiver}: cannot write: {source}")]
    Write {
        /// The receiver.
        receiver: String,
        /// Why not.
        source: io::Error,
    },
    /// The receiver does not take the message in time.
    #[error("{receiver}: did not take a message within {} ms", after.as_millis())]
    Stuck {
        /// The receiver.
        receiver: String,
        /// How long it was waited for.
        after: Duration,
    },
}

/// How a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All of it.
    Whole,
    /// Without its end, or without its structured data: it was too long.
    Truncated,
}

/// A client for one receiver. It connects when it is first used, and again when the connection is gone.
#[derive(Debug)]
pub struct SyslogClient {
    target: Target,
    socket: Option<Socket>,
    header: SyslogHeader,
    message_bytes_max: usize,
    timeout: Duration,
    tls: Option<ClientTls>,
}

impl SyslogClient {
    /// Checks the settings and reads certificates; connects to nobody.
    ///
    /// # Errors
    ///
    /// Where a setting is of no use, or a file that it names.
    pub fn new(settings: &SyslogSettings) -> Result<Self, SyslogError> {
        let message_bytes_max = settings.message_bytes_max();
        if message_bytes_max < MESSAGE_BYTES_MIN {
            return Err(SyslogError::MessageBytesMax {
                value: message_bytes_max,
            });
        }
        if settings.timeout_ms == 0 {
            return Err(SyslogError::Timeout);
        }
        let (target, tls) = Target::new(&settings.transport, settings.timeout())?;
        Ok(Self {
            target,
            socket: None,
            header: settings.header(),
            message_bytes_max,
            timeout: settings.timeout(),
            tls,
        })
    }

    /// The receiver, for logs.
    #[must_use]
    pub fn receiver(&self) -> String {
        self.target.to_string()
    }

    /// The certificates, for metrics; `None` without TLS.
    #[must_use]
    pub fn tls(&self) -> Option<&ClientTls> {
        self.tls.as_ref()
    }

    /// Sends a message: `Ok` when the kernel has all of it. A connection that the receiver has closed in the
    /// meantime is made anew. Needs tokio's runtime.
    ///
    /// # Errors
    ///
    /// Where there is no connection, or writing fails or takes too long. The connection is given up then:
    /// of a message that is written in part, the receiver gets no rest.
    pub async fn send(&mut self, message: &SyslogMessage<'_>) -> Result<Sent, SyslogError> {
        let rendered = message.render(self.header, self.message_bytes_max);
        // Taken out while it is in use: should the caller drop this future, nobody goes on in the middle.
        let kept = self
            .socket
            .take()
            .and_then(|mut socket| (!socket.is_closed()).then_some(socket));
        let socket = match kept {
            // Of a message that could not be written whole, the receiver makes nothing: once more, then.
            Some(socket) => match self.write(socket, &rendered.text).await {
                Err(SyslogError::Write { .. }) => self.connect_and_write(&rendered.text).await?,
                written => written?,
            },
            None => self.connect_and_write(&rendered.text).await?,
        };
        self.socket = Some(socket);
        Ok(if rendered.truncated {
            Sent::Truncated
        } else {
            Sent::Whole
        })
    }

    async fn connect_and_write(&self, text: &str) -> Result<Socket, SyslogError> {
        self.write(self.connect().await?, text).await
    }

    async fn write(&self, mut socket: Socket, text: &str) -> Result<Socket, SyslogError> {
        match tokio::time::timeout(self.timeout, socket.write(text)).await {
            Ok(Ok(())) => Ok(socket),
            Ok(Err(source)) => Err(SyslogError::Write {
                receiver: self.receiver(),
                source,
            }),
            Err(_) => Err(SyslogError::Stuck {
                receiver: self.receiver(),
                after: self.timeout,
            }),
        }
    }

    async fn connect(&self) -> Result<Socket, SyslogError> {
        tokio::time::timeout(self.timeout, self.target.connect())
            .await
            .unwrap_or_else(|_| {
                Err(SyslogError::Stuck {
                    receiver: self.receiver(),
                    after: self.timeout,
                })
            })
    }
}
