//! The part of the reader for blocks that hold no event.

use super::block::{Content, EntryForm, Frame};
use super::error::{Problem, ScapError};
use super::list::{List, ListKind, NoEntry};
use super::machine::{MACHINE_BYTES, machine_info};
use super::reader::{HEAD_BYTES, Place, Reader, Step, fatal};
use super::record::SnapshotItem;
use super::stats::count;
use std::io::Read;

/// Bytes of a section header's body without its options.
const SECTION_HEADER_BYTES: u32 = 16;

/// What a section header has to tell the order of bytes.
const MAGIC: u32 = 0x1a2b_3c4d;

impl<R: Read> Reader<R> {
    /// Anything but an event among events.
    #[cold]
    pub(super) fn step_other(&mut self, frame: Frame, content: Content) -> Result<Step, ScapError> {
        if self.place == Place::Start && content != Content::SectionHeader {
            let found = frame.block.0;
            return Err(ScapError::NotACapture { found });
        }
        if let Content::Event(_) = content {
            self.place = Place::Events;
            return Ok(Step::End);
        }
        let length = frame.length;
        let body_bytes = frame
            .body_bytes()
            .ok_or_else(|| fatal(frame, Problem::Length { length }))?;
        count(&mut self.stats.blocks);
        let is_misplaced = self.place == Place::Events;
        let kind = match content {
            Content::SectionHeader => return self.step_section(frame, body_bytes),
            Content::Event(_) | Content::Unknown => {
                count(&mut self.stats.unknown_blocks);
                return self.skip_block(frame);
            }
            _ if is_misplaced => {
                count(&mut self.stats.misplaced_blocks);
                return self.skip_block(frame);
            }
            Content::MachineInfo => return self.step_machine(frame, body_bytes),
            Content::Threads(form) => ListKind::Threads(form),
            Content::Descriptors(form) => return self.open_descriptors(frame, body_bytes, form),
            Content::Interfaces(form) => ListKind::Interfaces(form),
            Content::Users(form) => ListKind::Users(form),
        };
        self.stream.consume(HEAD_BYTES);
        self.list = Some(List {
            frame,
            kind,
            remaining: body_bytes.into(),
            entry: 0,
        });
        Ok(Step::Skipped)
    }

    fn step_section(&mut self, frame: Frame, body_bytes: u32) -> Result<Step, ScapError> {
        let Some(options_bytes) = body_bytes.checked_sub(SECTION_HEADER_BYTES) else {
            return Err(fatal(frame, Problem::Body { length: body_bytes }));
        };
        if !self.fill(HEAD_BYTES.saturating_add(8))? {
            return Err(self.truncated(frame));
        }
        let body = self.stream.available().get(HEAD_BYTES..);
        let [m0, m1, m2, m3, a, b, c, d, ..] = *body.unwrap_or_default() else {
            return Err(self.truncated(frame));
        };
        let found = u32::from_le_bytes([m0, m1, m2, m3]);
        let (major, minor) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let offset = frame.offset;
        if found == MAGIC.swap_bytes() {
            return Err(ScapError::BigEndian { offset });
        }
        if found != MAGIC {
            return Err(fatal(frame, Problem::Magic { found }));
        }
        if major > 1 {
            return Err(ScapError::Version {
                offset,
                major,
                minor,
            });
        }
        if options_bytes > 0 {
            count(&mut self.stats.section_options);
        }
        self.skip_block(frame)?;
        count(&mut self.stats.sections);
        self.place = Place::Snapshot;
        Ok(Step::Start)
    }

    fn step_machine(&mut self, frame: Frame, body_bytes: u32) -> Result<Step, ScapError> {
        let wanted =
            usize::try_from(body_bytes).map_or(MACHINE_BYTES, |bytes| bytes.min(MACHINE_BYTES));
        if !self.fill(HEAD_BYTES.saturating_add(wanted))? {
            return Err(self.truncated(frame));
        }
        let body = self.stream.available().get(HEAD_BYTES..);
        let body = body.and_then(|body| body.get(..wanted));
        match machine_info(body.unwrap_or_default()) {
            Ok(info) => {
                self.skip_block(frame)?;
                Ok(Step::Item(Box::new(SnapshotItem::Machine(info))))
            }
            Err(_) => {
                count(&mut self.stats.malformed_lists);
                self.note(frame, Problem::Body { length: body_bytes });
                self.skip_block(frame)
            }
        }
    }

    /// A list of descriptors begins with the thread that has them.
    fn open_descriptors(
        &mut self,
        frame: Frame,
        body_bytes: u32,
        form: EntryForm,
    ) -> Result<Step, ScapError> {
        let Some(remaining) = body_bytes.checked_sub(8) else {
            count(&mut self.stats.malformed_lists);
            self.note(frame, Problem::Body { length: body_bytes });
            return self.skip_block(frame);
        };
        if !self.fill(HEAD_BYTES.saturating_add(8))? {
            return Err(self.truncated(frame));
        }
        self.stream.consume(HEAD_BYTES);
        let tid = self.stream.available().first_chunk();
        let tid = tid.map_or(0, |tid| i64::from_le_bytes(*tid));
        self.stream.consume(8);
        self.list = Some(List {
            frame,
            kind: ListKind::Descriptors(form, tid),
            remaining: remaining.into(),
            entry: 0,
        });
        Ok(Step::Skipped)
    }

    pub(super) fn step_list(&mut self, mut list: List) -> Result<Step, ScapError> {
        if list.is_at_end() {
            self.list = None;
            return self.close_block(list.frame, list.remaining);
        }
        let window_bytes = list.window_bytes();
        let available = self.stream.available();
        let window = available.get(..window_bytes).unwrap_or(available);
        match list.read_entry(window) {
            Ok(entry) => {
                if !self.skip(entry.bytes)? {
                    return Err(self.truncated(list.frame));
                }
                list.remaining = list.remaining.saturating_sub(entry.bytes);
                list.entry = list.entry.saturating_add(1);
                self.list = Some(list);
                Ok(entry.item.map_or(Step::Skipped, |item| {
                    count(match item {
                        SnapshotItem::Thread(_) => &mut self.stats.threads,
                        SnapshotItem::Descriptor { .. } => &mut self.stats.descriptors,
                        _ => return Step::Item(Box::new(item)),
                    });
                    Step::Item(Box::new(item))
                }))
            }
            Err(NoEntry::Short) => {
                let wanted = window.len().saturating_add(1);
                if self.fill(wanted)? {
                    Ok(Step::Skipped)
                } else {
                    Err(self.truncated(list.frame))
                }
            }
            Err(NoEntry::Malformed(problem)) => {
                self.list = None;
                count(&mut self.stats.malformed_lists);
                self.note(list.frame, problem);
                self.close_block(list.frame, list.remaining)
            }
        }
    }
}
