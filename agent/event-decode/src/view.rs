//! A record, validated once and borrowed.

use crate::argument::{Argument, Data, is_signed};
use crate::error::DecodeError;
use crate::path;
use crate::socket::{SocketAddressView, SocketView};
use saker_event_schema::{
    DataRef, EventHeader, EventId, Kind, Row, RowArgument, SocketTuple, Source, data_flag, row,
};
use zerocopy::FromBytes;

/// Bytes of one slot.
const SLOT_BYTES: usize = 8;

/// One event, borrowed from the bytes of its record.
///
/// [`EventView::parse`] checks everything that the accessors rely on, so they neither fail nor
/// panic: a value that is not there is [`Argument::Missing`] or `None`.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// A copy: records that come from a file need not be aligned.
    header: EventHeader,
    row: &'static Row,
    /// The slots of the row's arguments, one for each. Beside the record, so that reading one needs no
    /// arithmetic.
    slots: &'a [[u8; SLOT_BYTES]],
    /// The record, as long as its header states.
    record: &'a [u8],
}

impl<'a> EventView<'a> {
    /// Checks a record. Bytes after the length that its header states are not part of it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not a whole record of a row of the event table.
    pub fn parse(record: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, _) =
            EventHeader::read_from_prefix(record).map_err(|_| DecodeError::HeaderTooShort {
                length: record.len(),
                expected: size_of::<EventHeader>(),
            })?;
        let cut = DecodeError::Cut {
            claimed: header.length,
            length: record.len(),
        };
        let length = usize::try_from(header.length).map_err(|_| cut)?;
        let record = record.get(..length).ok_or(cut)?;
        let row = row(header.event).ok_or(DecodeError::UnknownEvent {
            id: header.event.get(),
        })?;
        let data_start = slot_offset(row.arguments.len());
        let slots = record
            .get(slot_offset(0)..data_start)
            .ok_or(DecodeError::SlotsTooShort {
                event: row.name,
                claimed: header.length,
                expected: data_start,
            })?;
        let (slots, _) = slots.as_chunks();
        let view = Self {
            header,
            row,
            slots,
            record,
        };
        view.check_slots(data_start)?;
        Ok(view)
    }

    fn check_slots(&self, data_start: usize) -> Result<(), DecodeError> {
        let event = self.row.name;
        for (argument, slot) in self.row.arguments.iter().zip(self.slots) {
            if !argument.kind.is_data() {
                continue;
            }
            let reference: DataRef = zerocopy::transmute!(*slot);
            let DataRef { offset, length, .. } = reference;
            let begins_in_data = usize::try_from(offset).is_ok_and(|offset| offset >= data_start);
            if self.bytes(reference).is_none() || (length != 0 && !begins_in_data) {
                return Err(DecodeError::DataOutside {
                    event,
                    argument: argument.name,
                    offset,
                    length,
                });
            }
            if argument.kind == Kind::Socket
                && !is_missing(reference)
                && usize::from(length) < size_of::<SocketTuple>()
            {
                return Err(DecodeError::SocketTooShort {
                    event,
                    argument: argument.name,
                    length,
                });
            }
        }
        Ok(())
    }

    /// What the record says about the process that acted.
    #[must_use]
    pub const fn header(&self) -> &EventHeader {
        &self.header
    }

    /// The row of the event table.
    #[must_use]
    pub const fn row(&self) -> &'static Row {
        self.row
    }

    /// Id of the row.
    #[must_use]
    pub const fn id(&self) -> EventId {
        self.row.id
    }

    /// The bytes of the record.
    #[must_use]
    pub const fn record(&self) -> &'a [u8] {
        self.record
    }

    /// Name of the thread, without its padding.
    #[must_use]
    pub fn comm(&self) -> &[u8] {
        self.header
            .comm
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }

    /// What the row says about a slot.
    #[must_use]
    pub fn row_argument(&self, slot: usize) -> Option<&'static RowArgument> {
        self.row.arguments.get(slot)
    }

    /// The value in a slot; missing when the row has no such slot.
    #[must_use]
    pub fn argument(&self, slot: usize) -> Argument<'a> {
        self.value(slot).unwrap_or(Argument::Missing)
    }

    /// The value of an argument by name; `None` when the row has no such argument.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Argument<'a>> {
        Some(self.argument(self.row.slot(name)?))
    }

    fn value(&self, slot: usize) -> Option<Argument<'a>> {
        let kind = self.row_argument(slot)?.kind;
        if !kind.is_data() {
            let word = self.word(slot)?;
            return Some(if is_signed(kind) {
                Argument::Signed(word.cast_signed())
            } else {
                Argument::Unsigned(word)
            });
        }
        let reference = self.data_ref(slot)?;
        if is_missing(reference) {
            return None;
        }
        let bytes = self.bytes(reference)?;
        Some(match kind {
            Kind::Socket => Argument::Socket(SocketView::parse(bytes)?),
            Kind::SocketAddress => Argument::SocketAddress(SocketAddressView::parse(bytes)),
            _ => Argument::Data(Data {
                bytes,
                flags: reference.flags,
                kind,
            }),
        })
    }

    /// The number in a slot of a kind with sign.
    #[must_use]
    pub fn signed(&self, slot: usize) -> Option<i64> {
        if !is_signed(self.row_argument(slot)?.kind) {
            return None;
        }
        Some(self.word(slot)?.cast_signed())
    }

    /// The number in a slot of a kind without sign.
    #[must_use]
    pub fn unsigned(&self, slot: usize) -> Option<u64> {
        let kind = self.row_argument(slot)?.kind;
        if kind.is_data() || is_signed(kind) {
            return None;
        }
        self.word(slot)
    }

    /// The data in a slot: path, text, argument vector or environment.
    #[must_use]
    pub fn data(&self, slot: usize) -> Option<Data<'a>> {
        let kind = self.row_argument(slot)?.kind;
        if !kind.is_data() || matches!(kind, Kind::Socket | Kind::SocketAddress) {
            return None;
        }
        let reference = self.data_ref(slot)?;
        if is_missing(reference) {
            return None;
        }
        Some(Data {
            bytes: self.bytes(reference)?,
            flags: reference.flags,
            kind,
        })
    }

    /// The path in a slot; a kernel path without components is `/`.
    #[must_use]
    pub fn path(&self, slot: usize) -> Option<&'a [u8]> {
        self.data(slot).map(|data| data.path())
    }

    /// The socket in a slot.
    #[must_use]
    pub fn socket(&self, slot: usize) -> Option<SocketView<'a>> {
        match self.argument(slot) {
            Argument::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// The socket address in a slot.
    #[must_use]
    pub fn socket_address(&self, slot: usize) -> Option<SocketAddressView<'a>> {
        match self.argument(slot) {
            Argument::SocketAddress(address) => Some(address),
            _ => None,
        }
    }

    /// Bits of [`data_flag`] of a slot, also when its value is missing; 0 for a scalar.
    #[must_use]
    pub fn data_flags(&self, slot: usize) -> u16 {
        match self.row_argument(slot) {
            Some(argument) if argument.kind.is_data() => {
                self.data_ref(slot).map_or(0, |reference| reference.flags)
            }
            _ => 0,
        }
    }

    /// Puts into `out` the path in a slot as the host sees it: what lies between the host's root
    /// and the process's, then the path. `false`, with `out` empty, when the path is missing.
    pub fn host_path(&self, slot: usize, out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(path) = self.data(slot) else {
            return false;
        };
        if let Some(root) = root_slot(self.row, slot).and_then(|root| self.data(root)) {
            out.extend_from_slice(root.bytes);
        }
        out.extend_from_slice(path.bytes);
        if out.is_empty() {
            out.push(b'/');
        }
        true
    }

    /// Puts into `out` the path that the caller asked for in a slot, made absolute and normalised
    /// by its text alone. `false`, with `out` empty, when it is missing, empty, or relative to a
    /// directory that is not known.
    pub fn requested_path(&self, slot: usize, out: &mut Vec<u8>) -> bool {
        out.clear();
        let Some(requested) = self.data(slot).filter(|data| !data.bytes.is_empty()) else {
            return false;
        };
        if requested.bytes.starts_with(b"/") {
            path::normalise(b"/", requested.bytes, out);
            return true;
        }
        let Some(base) = base_slot(self.row, slot).and_then(|base| self.path(base)) else {
            return false;
        };
        path::normalise(base, requested.bytes, out);
        true
    }

    fn word(&self, slot: usize) -> Option<u64> {
        Some(u64::from_ne_bytes(*self.slots.get(slot)?))
    }

    fn data_ref(&self, slot: usize) -> Option<DataRef> {
        Some(zerocopy::transmute!(*self.slots.get(slot)?))
    }

    fn bytes(&self, reference: DataRef) -> Option<&'a [u8]> {
        let start = usize::try_from(reference.offset).ok()?;
        let end = start.checked_add(usize::from(reference.length))?;
        self.record.get(start..end)
    }
}

/// Whether there is no value behind a reference.
const fn is_missing(reference: DataRef) -> bool {
    reference.flags & data_flag::MISSING != 0
        || (reference.flags & data_flag::FAULT != 0 && reference.length == 0)
}

/// Offset of a slot from the start of the record.
pub(crate) const fn slot_offset(slot: usize) -> usize {
    size_of::<EventHeader>().saturating_add(slot.saturating_mul(SLOT_BYTES))
}

/// The slot with the directory from which the path in slot `path` starts.
#[must_use]
pub fn base_slot(row: &Row, path: usize) -> Option<usize> {
    row.arguments.iter().position(|argument| {
        matches!(argument.source, Source::Base { path: of, .. } if usize::from(of) == path)
    })
}

/// The slot with what lies between the host's root and the root of the path in slot `path`.
#[must_use]
pub fn root_slot(row: &Row, path: usize) -> Option<usize> {
    let next = path.checked_add(1)?;
    match (row.arguments.get(path)?, row.arguments.get(next)) {
        (_, Some(argument)) if matches!(argument.source, Source::FileRoot) => Some(next),
        (argument, _) if argument.name == "trusted_exepath" => row.slot("exe_root"),
        _ => None,
    }
}
