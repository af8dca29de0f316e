//! Looking at the sockets of the host, on a thread of its own: their tables may be long, and the matcher does not wait.

use crate::this_host::boot_time_ns;
use saker_flow_state::Connections;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// The thread that looks. It ends with this.
pub(super) struct Lookout {
    asked: SyncSender<()>,
    found: Receiver<Connections>,
}

impl Lookout {
    pub(super) fn spawn() -> std::io::Result<Self> {
        let (asked, questions) = sync_channel::<()>(1);
        let (sender, found) = sync_channel(1);
        thread::Builder::new()
            .name("saker-sockets".to_owned())
            .spawn(move || {
                while questions.recv().is_ok() {
                    let found = Connections::look(Path::new("/proc"), boot_time_ns());
                    if sender.send(found).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { asked, found })
    }

    /// Has a look taken. If the last one was not fetched yet, that comes first.
    pub(super) fn look(&self) {
        if self.asked.try_send(()).is_err() {
            tracing::debug!("a look at the sockets of the host is being taken still");
        }
    }

    /// What a look showed that was taken meanwhile.
    pub(super) fn found(&self) -> Option<Connections> {
        self.found.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_look_is_taken_for_each_question() {
        let lookout = Lookout::spawn().expect("a thread");
        assert!(lookout.found().is_none(), "nobody asked");
        for _ in 0..2 {
            lookout.look();
            let found = lookout.found.recv_timeout(Duration::from_secs(60));
            assert!(found.is_ok());
        }
        // Who asks and never fetches holds up nobody.
        for _ in 0..5 {
            lookout.look();
        }
    }
}
