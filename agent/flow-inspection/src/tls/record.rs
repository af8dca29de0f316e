//! The record layer: the handshake bytes that one side sends before it encrypts.

use crate::capture::Stream;
use crate::cursor::Cursor;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Longest record that any version allows, in bytes.
const RECORD_BYTES_MAX: u16 = 16384 + 2048;

/// Why there are no more handshake bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// More may come.
    Open,
    /// More was sent, but will never be seen.
    Cut,
    /// What follows is encrypted.
    Encrypted,
    /// The side gave up.
    Alert,
    /// What follows is no record.
    Malformed,
}

/// What one side sent in the clear.
#[derive(Debug)]
pub(crate) struct Flight {
    /// Handshake messages, joined across records.
    messages: Vec<u8>,
    /// How many of their bytes came before the side changed its cipher; from there on they mean something
    /// only after a hello retry request.
    changed_at: Option<usize>,
    pub(crate) end: End,
}

impl Flight {
    /// What one side sent by other records.
    pub(crate) fn new(messages: Vec<u8>, is_changed: bool, end: End) -> Self {
        Self {
            changed_at: is_changed.then_some(messages.len()),
            messages,
            end,
        }
    }

    pub(crate) fn read(stream: Stream<'_>) -> Self {
        let mut flight = Self {
            messages: Vec::new(),
            changed_at: None,
            end: End::Open,
        };
        let mut cursor = Cursor::new(stream.head());
        while flight.record(&mut cursor).is_some() {}
        if flight.end == End::Open && stream.is_cut() {
            flight.end = End::Cut;
        }
        flight
    }

    /// Takes one record; `None` after the last one.
    fn record(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let kind = cursor.u8()?;
        if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind) {
            return self.stop(End::Malformed);
        }
        let major = cursor.u8()?;
        if major != 3 {
            return self.stop(End::Malformed);
        }
        cursor.u8()?;
        let length = cursor.u16()?;
        if length == 0 || length > RECORD_BYTES_MAX {
            return self.stop(End::Malformed);
        }
        let length = usize::from(length);
        match kind {
            HANDSHAKE => {
                let available = length.min(cursor.rest().len());
                self.messages.extend_from_slice(cursor.take(available)?);
                (available == length).then_some(())
            }
            CHANGE_CIPHER_SPEC => {
                self.changed_at.get_or_insert(self.messages.len());
                cursor.skip(length)
            }
            ALERT if length == 2 && self.changed_at.is_none() => {
                let [level, description] = cursor.array()?;
                // A warning does not end a handshake; to close it does.
                if level == 2 || description == 0 {
                    return self.stop(End::Alert);
                }
                Some(())
            }
            _ => self.stop(End::Encrypted),
        }
    }

    const fn stop(&mut self, end: End) -> Option<()> {
        self.end = end;
        None
    }

    /// The messages before the side changed its cipher.
    pub(crate) fn messages(&self) -> Messages<'_> {
        let end = self.changed_at.unwrap_or(self.messages.len());
        Messages::new(self.messages.get(..end).unwrap_or_default())
    }

    /// All messages, also those after a change that means nothing (TLS 1.3 sends one after a hello retry
    /// request).
    pub(crate) fn messages_past_change(&self) -> Messages<'_> {
        Messages::new(&self.messages)
    }

    /// Whether the side changed its cipher or encrypts.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.changed_at.is_some() || self.end == End::Encrypted
    }

    /// Whether nothing more in the clear can come from this side of TLS 1.2 or older.
    pub(crate) fn is_over(&self) -> bool {
        self.changed_at.is_some() || self.end != End::Open
    }
}

/// A handshake message.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    /// Its type.
    pub(crate) kind: u8,
    /// Its body, as far as it is there.
    pub(crate) body: &'a [u8],
    /// Whether the body is whole.
    pub(crate) is_whole: bool,
}

/// The handshake messages of a flight; only the last one may be incomplete.
#[derive(Clone)]
pub(crate) struct Messages<'a>(Cursor<'a>);

impl<'a> Messages<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.0.u8()?;
        let length = usize::try_from(self.0.u24()?).ok()?;
        let available = length.min(self.0.rest().len());
        Some(Message {
            kind,
            body: self.0.take(available)?,
            is_whole: available == length,
        })
    }
}
