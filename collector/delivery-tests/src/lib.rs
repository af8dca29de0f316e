//! Agent, collector, queues and stores together, with faults injected.
#![forbid(unsafe_code)]

mod agent;
mod collector;
mod proxy;
mod recording;
mod rsyslog;
mod scene;
pub mod servers;
mod webhook;

pub use agent::{Account, Agent, Played, Watched};
pub use collector::{Collector, Duty};
pub use proxy::{Network, Proxy};
pub use recording::{write_recording, write_rules};
pub use rsyslog::{ReceivedSyslog, Rsyslog};
pub use scene::{Aggregation, Queue, Scene, Spool, Store};
pub use webhook::{Answer, Taken, Webhook};

use std::io;
use tokio::runtime::{Builder, Runtime};

/// Threads of a server of the tests, which goes on while the test waits for something else.
fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}
