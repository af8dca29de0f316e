//! What can go wrong with Redis.

use std::path::PathBuf;

use saker_alert_clients::SecretError;

use crate::error::ErrorKind;

/// The queue in Redis failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisError {
    /// A setting is of no use.
    #[error("invalid {setting} of the queue: {remedy}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it must be.
        remedy: &'static str,
    },
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A certificate or key cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server is too old.
    #[error("the redis server is of version {found}, the queue needs 7.0 or later")]
    Version {
        /// Its version.
        found: String,
    },
    /// The server refuses, or does not answer.
    #[error("cannot {action} redis")]
    Command {
        /// What was asked.
        action: &'static str,
        /// Why.
        source: ::redis::RedisError,
    },
    /// Fewer servers than the settings say have the alerts, or not on disk.
    #[error("the alerts are not durable: on disk {disk}, on {replicas} replicas")]
    NotDurable {
        /// 1 if the server itself has them on disk, or need not.
        disk: u64,
        /// As many have them.
        replicas: u64,
    },
}

impl RedisError {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Setting { .. } | Self::Version { .. } => ErrorKind::Permanent,
            _ => ErrorKind::Transient,
        }
    }

    /// Adds what was asked.
    pub(crate) fn of(action: &'static str) -> impl Fn(::redis::RedisError) -> Self {
        move |source| Self::Command { action, source }
    }
}
