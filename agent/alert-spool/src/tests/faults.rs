//! A file system that fails when a test wants it to.

use std::cell::Cell;
use std::io;

/// Lets accesses fail. Shared by nobody: each directory has its own.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    kind: Cell<Option<io::ErrorKind>>,
    /// Accesses that still work.
    after: Cell<u32>,
}

impl Faults {
    /// From now on every write fails like this, but for the first so many.
    pub(crate) fn fail(&self, kind: io::ErrorKind, after: u32) {
        self.kind.set(Some(kind));
        self.after.set(after);
    }

    pub(crate) fn stop(&self) {
        self.kind.set(None);
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        let Some(kind) = self.kind.get() else {
            return Ok(());
        };
        match self.after.get().checked_sub(1) {
            Some(left) => {
                self.after.set(left);
                Ok(())
            }
            None => Err(kind.into()),
        }
    }
}
