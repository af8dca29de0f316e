//! Files in the format of gzip, of one or more members.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// First bytes of a member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of all members, one after the other. Anything else behind them is not read, as the
/// `gzread` of zlib does.
#[derive(Debug)]
pub(super) struct Members<R> {
    /// Always there but while a member follows another.
    member: Option<GzDecoder<R>>,
    has_trailing_data: bool,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            member: Some(GzDecoder::new(source)),
            has_trailing_data: false,
        }
    }

    pub(super) const fn has_trailing_data(&self) -> bool {
        self.has_trailing_data
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let follows = match member.get_mut().fill_buf()? {
                [] => false,
                [first, ..] => {
                    self.has_trailing_data = *first != MAGIC[0];
                    *first == MAGIC[0]
                }
            };
            let source = self.member.take().map(GzDecoder::into_inner);
            self.member = source.filter(|_| follows).map(GzDecoder::new);
        }
        Ok(0)
    }
}
