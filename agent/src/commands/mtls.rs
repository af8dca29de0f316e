//! `saker mtls`: what the ledgers of connections say.

mod inventory;
mod json;
mod mermaid;
mod ready;
mod report;
mod source;

pub(crate) use ready::run as run_ready;
pub(crate) use report::run as run_report;
pub(crate) use source::LedgerSourceError;

use jiff::Timestamp;

/// A time as it is printed: without fractions of a second, which say nothing here.
fn time_text(wall_ms: u64) -> String {
    let time = i64::try_from(wall_ms).ok();
    let time = time.and_then(|ms| Timestamp::from_second(ms.div_euclid(1_000)).ok());
    time.map_or_else(|| "unknown".to_owned(), |time| time.to_string())
}
