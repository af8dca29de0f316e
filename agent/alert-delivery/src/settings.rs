//! The outputs as a configuration file names them.
//!
//! Falco's keys, one for each kind of output, and a list for several of one kind. What all outputs have in common
//! (`format`, `minimum_priority`, `filter`) stands beside what one kind has.

mod entry;
mod kinds;
mod outputs;

pub use entry::{FalcoEntry, ListedEntry};
pub use kinds::{
    CollectorSettings, Encoding, FileSettings, HttpOutputSettings, Kind, ProgramSettings,
    RotationSettings, SpoolPlace, StdoutSettings, SyslogOutputSettings,
};
pub use outputs::{OutputSettings, OutputsFile, SettingsError};
