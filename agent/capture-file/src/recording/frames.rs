//! The frames of a file, one after the other, each checked.

use super::error::{Damage, RecordingError};
use super::frame::{
    FILE_HEAD_BYTES, FRAME_HEAD_BYTES, FRAME_MAGIC, FrameHead, FrameKind, check_file_head,
};
use super::stats::{Stats, count};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use xxhash_rust::xxh3::xxh3_64;
use zstd::bulk::Decompressor;

/// Reads frames. What lies between two of them is damaged: the next one is looked for by its magic
/// number and its head's checksum.
pub(super) struct Frames<R> {
    source: BufReader<R>,
    /// Where the next byte is read.
    offset: u64,
    decompressor: Decompressor<'static>,
    stored: Vec<u8>,
    content: Vec<u8>,
}

/// A frame whose head is whole.
pub(super) struct Frame {
    pub(super) offset: u64,
    pub(super) head: FrameHead,
}

impl<R: Read> Frames<R> {
    /// Checks the first bytes of a file.
    pub(super) fn new(source: R) -> Result<Self, RecordingError> {
        let decompressor =
            Decompressor::new().map_err(|source| RecordingError::Read { offset: 0, source })?;
        let mut frames = Self {
            source: BufReader::new(source),
            offset: 0,
            decompressor,
            stored: Vec::new(),
            content: Vec::new(),
        };
        let mut head = [0; FILE_HEAD_BYTES];
        let filled = frames.fill(&mut head)?;
        if filled < FILE_HEAD_BYTES {
            let whole = super::frame::file_head();
            let is_begin = filled > 0 && head.get(..filled) == whole.get(..filled);
            return Err(if is_begin {
                RecordingError::NoHeader {
                    offset: frames.offset,
                }
            } else {
                RecordingError::NotARecording
            });
        }
        check_file_head(&head)?;
        Ok(frames)
    }

    /// Reads the head of the next frame; `None` at the end of the file.
    pub(super) fn next_head(&mut self, stats: &mut Stats) -> Result<Option<Frame>, RecordingError> {
        let begin = self.offset;
        let mut bytes = [0; FRAME_HEAD_BYTES];
        let mut filled = self.fill(&mut bytes)?;
        let mut is_lost = false;
        loop {
            if filled < FRAME_HEAD_BYTES {
                if is_lost {
                    stats.damaged(begin, Damage::NoFrame);
                } else if filled > 0 {
                    stats.cut_at = Some(begin);
                }
                return Ok(None);
            }
            let offset = self.offset.saturating_sub(length_u64(FRAME_HEAD_BYTES));
            if let Some(head) = FrameHead::parse(&bytes) {
                if is_lost {
                    stats.damaged(begin, Damage::NoFrame);
                }
                return Ok(Some(Frame { offset, head }));
            }
            is_lost = true;
            // On to the next byte that a frame could begin with.
            let [first, ..] = FRAME_MAGIC;
            let next = bytes.iter().skip(1).position(|byte| *byte == first);
            let dropped = next.map_or(FRAME_HEAD_BYTES, |next| next.saturating_add(1));
            bytes.rotate_left(dropped);
            let kept = FRAME_HEAD_BYTES.saturating_sub(dropped);
            let rest = bytes.get_mut(kept..).unwrap_or_default();
            filled = self.fill(rest)?.saturating_add(kept);
        }
    }

    /// Reads the content of a frame, to be had from [`Self::content`]; what is wrong with it instead.
    pub(super) fn read_content(
        &mut self,
        head: &FrameHead,
    ) -> Result<Result<(), Damage>, RecordingError> {
        self.stored.clear();
        self.content.clear();
        let offset = self.offset;
        let wanted = u64::from(head.stored_bytes);
        let read = self
            .source
            .by_ref()
            .take(wanted)
            .read_to_end(&mut self.stored)
            .map_err(|source| RecordingError::Read { offset, source })?;
        self.offset = self.offset.saturating_add(length_u64(read));
        if length_u64(read) < wanted {
            return Ok(Err(Damage::Truncated));
        }
        if xxh3_64(&self.stored) != head.checksum {
            return Ok(Err(Damage::Checksum));
        }
        let content_bytes = usize::try_from(head.content_bytes).unwrap_or(0);
        self.content.reserve(content_bytes);
        let decompressed = self
            .decompressor
            .decompress_to_buffer(&self.stored, &mut self.content);
        if decompressed.ok() != Some(content_bytes) {
            self.content.clear();
            return Ok(Err(Damage::Compression));
        }
        Ok(Ok(()))
    }

    /// Reads the next frame whose content is whole.
    pub(super) fn next_whole(
        &mut self,
        stats: &mut Stats,
    ) -> Result<Option<Frame>, RecordingError> {
        while let Some(frame) = self.next_head(stats)? {
            match self.read_content(&frame.head)? {
                Ok(()) => {
                    count(&mut stats.frames);
                    return Ok(Some(frame));
                }
                Err(Damage::Truncated) => {
                    stats.cut_at = Some(frame.offset);
                    return Ok(None);
                }
                Err(damage) => stats.damaged(frame.offset, damage),
            }
        }
        Ok(None)
    }

    /// Goes past the content of a frame. `false` where the file ends within it.
    pub(super) fn skip_content(&mut self, frame: &Frame) -> Result<bool, RecordingError> {
        let wanted = u64::from(frame.head.stored_bytes);
        let offset = self.offset;
        let skipped = io::copy(&mut self.source.by_ref().take(wanted), &mut io::sink())
            .map_err(|source| RecordingError::Read { offset, source })?;
        self.offset = self.offset.saturating_add(skipped);
        Ok(skipped == wanted)
    }

    /// The content that was read last.
    pub(super) fn content(&self) -> &[u8] {
        &self.content
    }

    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads until the buffer is full or the file ends; how much of it is filled.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, RecordingError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(read) => {
                    filled = filled.saturating_add(read);
                    self.offset = self.offset.saturating_add(length_u64(read));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    let offset = self.offset;
                    return Err(RecordingError::Read { offset, source });
                }
            }
        }
        Ok(filled)
    }
}

impl<R: Read + Seek> Frames<R> {
    /// Goes to a place of the file.
    pub(super) fn seek(&mut self, to: SeekFrom) -> Result<(), RecordingError> {
        let offset = self.offset;
        self.offset = self
            .source
            .seek(to)
            .map_err(|source| RecordingError::Read { offset, source })?;
        Ok(())
    }

    /// The last bytes of the file, if it has so many.
    pub(super) fn last_bytes<const COUNT: usize>(
        &mut self,
    ) -> Result<Option<[u8; COUNT]>, RecordingError> {
        self.seek(SeekFrom::End(0))?;
        let Some(begin) = self.offset.checked_sub(length_u64(COUNT)) else {
            return Ok(None);
        };
        self.seek(SeekFrom::Start(begin))?;
        let mut bytes = [0; COUNT];
        let filled = self.fill(&mut bytes)?;
        Ok((filled == COUNT).then_some(bytes))
    }

    /// The frame with the index at this place, read; `None` where there is none.
    pub(super) fn index_at(&mut self, offset: u64) -> Result<Option<&[u8]>, RecordingError> {
        self.seek(SeekFrom::Start(offset))?;
        let mut bytes = [0; FRAME_HEAD_BYTES];
        if self.fill(&mut bytes)? < FRAME_HEAD_BYTES {
            return Ok(None);
        }
        let Some(head) = FrameHead::parse(&bytes).filter(|head| head.kind == FrameKind::Index)
        else {
            return Ok(None);
        };
        let is_whole = self.read_content(&head)?.is_ok();
        Ok(is_whole.then_some(self.content.as_slice()))
    }
}

fn length_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
