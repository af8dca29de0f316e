//! What a recording is written to.

use std::fs::File;
use std::io::{self, Write};

/// Something that can be written, and that can be asked to keep what was written.
pub trait Target: Write {
    /// Waits until what was written would survive a loss of power.
    ///
    /// # Errors
    ///
    /// The device cannot keep it.
    fn sync(&mut self) -> io::Result<()>;
}

impl Target for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Target for Vec<u8> {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: Target + ?Sized> Target for &mut T {
    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}
