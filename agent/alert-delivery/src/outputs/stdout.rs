//! Standard output, one alert a line.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::Lines;
use crate::counters::Loss;
use crate::output::{Failure, Output, Progress, Routed};
use saker_alert_formats::Renderer;

/// How long to wait where standard output does not block and takes no more.
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// Prints lines and sends them on at once.
pub(crate) struct Stdout {
    renderer: Renderer,
}

impl Stdout {
    pub(crate) const fn new(renderer: Renderer) -> Self {
        Self { renderer }
    }
}

impl Output for Stdout {
    fn deliver(&mut self, batch: &[Arc<Routed>]) -> Progress {
        let lines = Lines::of(&self.renderer, batch);
        // Not through the buffer of std, which would keep what could not be written, and panic at the end.
        match write_all(&mut io::stdout().lock(), &lines.bytes) {
            Ok(()) => lines.written(),
            Err((written, error)) => {
                let failure = if error.kind() == io::ErrorKind::BrokenPipe {
                    Failure::Closed(error)
                } else {
                    Failure::Reject(Loss::Failed, error.to_string())
                };
                Progress::until(lines.within(written), failure)
            }
        }
    }
}

/// Writes everything; else says how much was written.
fn write_all(out: &mut impl Write, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match out.write(rest) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(count) => written = written.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                std::thread::sleep(FULL_PAUSE);
            }
            Err(error) => return Err((written, error)),
        }
    }
    out.flush().map_err(|error| (written, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time and fails in between.
    struct Reluctant {
        taken: Vec<u8>,
        room: usize,
        calls: usize,
    }

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            match self.calls % 3 {
                0 => Err(io::ErrorKind::Interrupted.into()),
                1 => Err(io::ErrorKind::WouldBlock.into()),
                _ if self.taken.len() >= self.room => Err(io::ErrorKind::BrokenPipe.into()),
                _ => {
                    let count = bytes.len().min(2).min(self.room - self.taken.len());
                    self.taken.extend(&bytes[..count]);
                    Ok(count)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_written_in_pieces_is_written_once() {
        let mut out = Reluctant {
            taken: Vec::new(),
            room: 100,
            calls: 0,
        };
        write_all(&mut out, b"one\ntwo\n").expect("it is written");
        assert_eq!(out.taken, b"one\ntwo\n");
        out.room = 13;
        let (written, error) = write_all(&mut out, b"three\nfour\n").expect_err("it is full");
        assert_eq!((written, error.kind()), (5, io::ErrorKind::BrokenPipe));
    }
}
