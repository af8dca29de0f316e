//! The bytes of a capture, plain or compressed, through one buffer.

use super::gzip::{self, Members};
use std::io::{self, BufReader, Read};

/// What the buffer holds at first: many events at a time, and small enough for the cache.
const BUFFER_BYTES: usize = 256 << 10;

/// Bytes that are read from a compressed file at a time.
const COMPRESSED_BYTES: usize = 64 << 10;

/// Bytes that are uncompressed at a time: so many before a damaged place are lost.
const UNCOMPRESSED_BYTES: usize = 16 << 10;

/// The uncompressed bytes of a capture.
#[derive(Debug)]
pub(super) struct Stream<R> {
    source: Source<R>,
    buffer: Vec<u8>,
    /// Where the bytes that were not consumed begin and end.
    start: usize,
    end: usize,
    /// Offset of `start` in the capture.
    offset: u64,
    /// Whether the compressed form ended in the middle.
    is_cut: bool,
}

#[derive(Debug)]
enum Source<R> {
    Plain(R),
    Gzip(Box<Members<BufReader<Prefixed<R>>>>),
    Ended,
}

/// A source of which the first two bytes were read already.
type Prefixed<R> = io::Chain<io::Cursor<[u8; 2]>, R>;

impl<R: Read> Stream<R> {
    /// Looks at the first bytes and uncompresses what is compressed.
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let mut first = Vec::new();
        source
            .by_ref()
            .take(u64::try_from(gzip::MAGIC.len()).unwrap_or_default())
            .read_to_end(&mut first)?;
        let source = if first == gzip::MAGIC {
            let source = io::Cursor::new(gzip::MAGIC).chain(source);
            let source = BufReader::with_capacity(COMPRESSED_BYTES, source);
            Source::Gzip(Box::new(Members::new(source)))
        } else {
            Source::Plain(source)
        };
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut end = 0;
        if let Source::Plain(_) = source {
            for (place, byte) in buffer.iter_mut().zip(&first) {
                *place = *byte;
            }
            end = first.len();
        }
        Ok(Self {
            source,
            buffer,
            start: 0,
            end,
            offset: 0,
            is_cut: false,
        })
    }

    /// What was not consumed and lies in the buffer.
    pub(super) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset of the first byte that was not consumed.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the file ended in the middle of its compressed form.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) const fn has_trailing_data(&self) -> bool {
        match &self.source {
            Source::Gzip(members) => members.has_trailing_data(),
            Source::Plain(_) | Source::Ended => false,
        }
    }

    #[cfg(test)]
    pub(super) const fn buffer_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Reads until that many bytes are available; `false` when the file has fewer.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        while self.available().len() < wanted {
            if !self.make_room_and_read(wanted)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Goes past bytes that are available.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.available().len());
        self.start = self.start.saturating_add(count);
        self.offset = self
            .offset
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Goes past bytes that need not be available; `false` when the file has fewer.
    pub(super) fn skip(&mut self, mut count: u64) -> io::Result<bool> {
        loop {
            let available = self.available().len();
            let step = usize::try_from(count).map_or(available, |count| count.min(available));
            self.consume(step);
            count = count.saturating_sub(u64::try_from(step).unwrap_or(u64::MAX));
            if count == 0 {
                return Ok(true);
            }
            if !self.make_room_and_read(1)? {
                return Ok(false);
            }
        }
    }

    /// The buffer doubles, so that it is never much larger than what was really there.
    #[cold]
    fn make_room_and_read(&mut self, wanted: usize) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end == self.buffer.len() && self.end < wanted {
            let doubled = self.buffer.len().saturating_mul(2);
            self.buffer.resize(doubled, 0);
        }
        self.read_more()
    }

    /// `false` at the end of the file.
    fn read_more(&mut self) -> io::Result<bool> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = loop {
            let result = match &mut self.source {
                Source::Plain(source) => source.read(room),
                Source::Gzip(members) => {
                    let part = room.len().min(UNCOMPRESSED_BYTES);
                    members.read(room.get_mut(..part).unwrap_or_default())
                }
                Source::Ended => Ok(0),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error)
                    if error.kind() == io::ErrorKind::UnexpectedEof
                        && matches!(self.source, Source::Gzip(_)) =>
                {
                    self.is_cut = true;
                    self.source = Source::Ended;
                    break 0;
                }
                other => break other?,
            }
        };
        self.end = self.end.saturating_add(count).min(self.buffer.len());
        Ok(count > 0)
    }
}
