//! Lists of what was there, read entry by entry: those of a large host are longer than memory may
//! be.

use super::block::{EntryForm, Frame, ThreadForm};
use super::cursor::{Cursor, Short};
use super::error::Problem;
use super::record::SnapshotItem;
use super::{descriptors, interfaces, threads, users};

/// Longest part of an entry that is looked at, in bytes: no entry without a length of its own can be
/// longer than its few texts, of 64 KiB at most each.
pub(super) const ENTRY_BYTES_MAX: usize = 1 << 20;

/// Fewer bytes than any entry has: what aligns the end of a list.
const PADDING_BYTES_MAX: u64 = 3;

/// Bytes of the length of an entry.
const LENGTH_BYTES: u64 = 4;

/// A list that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) frame: Frame,
    pub(super) kind: ListKind,
    /// Bytes up to the end of the body.
    pub(super) remaining: u64,
    /// Entries before this one.
    pub(super) entry: u64,
}

/// What a list is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListKind {
    Threads(ThreadForm),
    /// Those of one thread.
    Descriptors(EntryForm, i64),
    Interfaces(EntryForm),
    Users(EntryForm),
}

/// What stands next in a list.
#[derive(Debug)]
pub(super) struct Entry {
    /// Nothing where the entry says that it is of no kind.
    pub(super) item: Option<SnapshotItem>,
    /// Its bytes, of which some may not be available yet.
    pub(super) bytes: u64,
}

/// Why no entry is yielded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoEntry {
    /// It goes on behind the bytes that were given.
    Short,
    Malformed(Problem),
}

impl List {
    /// Whether no entry follows.
    pub(super) const fn is_at_end(&self) -> bool {
        self.remaining <= PADDING_BYTES_MAX
    }

    /// How many bytes at most an entry is to be read from.
    pub(super) fn window_bytes(&self) -> usize {
        usize::try_from(self.remaining).map_or(ENTRY_BYTES_MAX, |bytes| bytes.min(ENTRY_BYTES_MAX))
    }

    /// Reads an entry, which begins with `window`.
    pub(super) fn read_entry(&self, window: &[u8]) -> Result<Entry, NoEntry> {
        let is_whole = window.len() >= self.window_bytes();
        let malformed = NoEntry::Malformed(Problem::Entry { entry: self.entry });
        let missing = if is_whole { malformed } else { NoEntry::Short };
        let mut cursor = Cursor::new(window);
        if !self.has_lengths() {
            let item = self.read_item(&mut cursor, missing)?;
            let bytes = window.len().saturating_sub(cursor.remaining());
            let bytes = u64::try_from(bytes).map_err(|_| malformed)?;
            return Ok(Entry { item, bytes });
        }
        let mut bytes = u64::from(cursor.u32().map_err(|Short| missing)?);
        if let ListKind::Interfaces(_) = self.kind {
            // The length of the others includes itself.
            bytes = bytes.saturating_add(LENGTH_BYTES);
        }
        let rest = bytes.checked_sub(LENGTH_BYTES).ok_or(malformed)?;
        if bytes > self.remaining {
            return Err(malformed);
        }
        let rest = usize::try_from(rest).map_err(|_| malformed)?;
        let mut inside = match cursor.bytes(rest) {
            Ok(bytes) => Cursor::new(bytes),
            Err(Short) if is_whole => cursor,
            Err(Short) => return Err(NoEntry::Short),
        };
        let item = self.read_item(&mut inside, malformed)?;
        Ok(Entry { item, bytes })
    }

    fn has_lengths(&self) -> bool {
        match self.kind {
            ListKind::Threads(form) => form >= ThreadForm::SIZED,
            ListKind::Descriptors(form, _) | ListKind::Interfaces(form) | ListKind::Users(form) => {
                form == EntryForm::Sized
            }
        }
    }

    fn read_item(
        &self,
        cursor: &mut Cursor<'_>,
        missing: NoEntry,
    ) -> Result<Option<SnapshotItem>, NoEntry> {
        let short = |Short| missing;
        Ok(Some(match self.kind {
            ListKind::Threads(form) => {
                SnapshotItem::Thread(threads::thread(cursor, form).map_err(short)?)
            }
            ListKind::Descriptors(form, tid) => {
                let snapshot = descriptors::descriptor(cursor, form).map_err(short)?;
                return Ok(snapshot.map(|snapshot| SnapshotItem::Descriptor { tid, snapshot }));
            }
            ListKind::Interfaces(_) => match interfaces::interface(cursor).map_err(short)? {
                Ok(interface) => SnapshotItem::Interface(interface),
                Err(_) if self.has_lengths() => return Ok(None),
                Err(found) => {
                    let entry = self.entry;
                    return Err(NoEntry::Malformed(Problem::EntryType { entry, found }));
                }
            },
            ListKind::Users(_) => match users::account(cursor).map_err(short)? {
                users::Account::User(user) => SnapshotItem::User(user),
                users::Account::Group(group) => SnapshotItem::Group(group),
            },
        }))
    }
}
