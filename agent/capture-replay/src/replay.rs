//! A capture of any kind.

use crate::error::ReplayError;
use crate::input::{Input, Kind};
use crate::recording::RecordingPlayer;
use crate::scap::ScapPlayer;
use crate::stats::{Progress, Stats};
use jiff::tz::TimeZone;
use saker_capture_state::Limits;
use saker_rule_fields::{EventContext, RegoHandle};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How captures are played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the host; unless given, what the capture says.
    pub hostname: Option<String>,
    /// Time zone in which `evt.time` and its like print.
    pub zone: TimeZone,
    /// Bounds of what is kept of a capture.
    pub limits: Limits,
    /// Policies in Rego that events are held against.
    pub rego: RegoHandle,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hostname: None,
            zone: TimeZone::UTC,
            limits: Limits::default(),
            rego: RegoHandle::none(),
        }
    }
}

/// A capture that is played once, from begin to end.
pub struct Replay {
    name: String,
    player: Player,
    bytes_read: Arc<AtomicU64>,
    bytes_total: Option<u64>,
}

/// The kinds of captures.
enum Player {
    /// Of Falco.
    Scap(Box<ScapPlayer>),
    /// Of Saker.
    Recording(Box<RecordingPlayer>),
}

impl Replay {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no capture.
    pub fn open(path: &Path, options: &Options) -> Result<Self, ReplayError> {
        Self::of(Input::open(path)?, options)
    }

    /// Reads a capture from anywhere; `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// The first bytes cannot be read, or are not those of a capture.
    pub fn read(
        name: &str,
        source: impl Read + Send + 'static,
        options: &Options,
    ) -> Result<Self, ReplayError> {
        Self::of(
            Input::new(name.to_owned(), Box::new(source), None)?,
            options,
        )
    }

    fn of(input: Input, options: &Options) -> Result<Self, ReplayError> {
        let name = input.name;
        let player = match input.kind {
            Kind::Scap => match ScapPlayer::new(input.bytes, options) {
                Ok(player) => Player::Scap(Box::new(player)),
                Err(source) => return Err(ReplayError::Scap { name, source }),
            },
            Kind::Recording => match RecordingPlayer::new(input.bytes, options) {
                Ok(player) => Player::Recording(Box::new(player)),
                Err(source) => return Err(ReplayError::Recording { name, source }),
            },
        };
        Ok(Self {
            name,
            player,
            bytes_read: input.bytes_read,
            bytes_total: input.bytes_total,
        })
    }

    /// Shows the next event; `None` at the end of the capture.
    ///
    /// # Errors
    ///
    /// Where the capture cannot be followed any further. What came before was shown.
    #[inline]
    pub fn next<T>(
        &mut self,
        look: impl FnOnce(&EventContext<'_>) -> T,
    ) -> Result<Option<T>, ReplayError> {
        match &mut self.player {
            Player::Scap(player) => player.next(look).map_err(|source| ReplayError::Scap {
                name: self.name.clone(),
                source,
            }),
            Player::Recording(player) => {
                player.next(look).map_err(|source| ReplayError::Recording {
                    name: self.name.clone(),
                    source,
                })
            }
        }
    }

    /// Shows every event until there are no more, or until it is told to stop.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub fn for_each<B>(
        &mut self,
        mut look: impl FnMut(&EventContext<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, ReplayError> {
        while let Some(flow) = self.next(&mut look)? {
            if let ControlFlow::Break(result) = flow {
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    /// What messages call the capture.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the host, as far as it is known by now.
    #[must_use]
    pub fn hostname(&self) -> &str {
        match &self.player {
            Player::Scap(player) => player.hostname(),
            Player::Recording(player) => player.hostname(),
        }
    }

    /// Id of the boot that the events are of, which ids of alerts are made of; `None` for a capture of
    /// Falco, which does not say.
    #[must_use]
    pub fn boot_id(&self) -> Option<&str> {
        match &self.player {
            Player::Scap(_) => None,
            Player::Recording(player) => Some(player.boot_id()),
        }
    }

    /// What is known to be missing from a capture that plays nevertheless: for people. Complete only
    /// at its end.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        match &self.player {
            Player::Scap(player) => player.damage(),
            Player::Recording(player) => player.damage(),
        }
    }

    /// How far the capture has been read.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes_read: self.bytes_read.load(Relaxed),
            bytes_total: self.bytes_total,
        }
    }

    /// What was shown and what was not.
    #[must_use]
    pub fn stats(&self) -> Stats {
        match &self.player {
            Player::Scap(player) => player.stats(),
            Player::Recording(player) => player.stats(),
        }
    }
}
