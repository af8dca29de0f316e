//! The kernel side's diagnostics in the agent's log.

use aya::Ebpf;
use aya_log::EbpfLogger;
use std::thread;
use std::time::Duration;

/// How often the messages are fetched.
const INTERVAL: Duration = Duration::from_millis(200);

/// Prints the programs' messages, by a thread that ends with the agent. Objects that were built
/// without messages are used as they are.
pub(crate) fn follow(mut ebpf: Ebpf) -> Ebpf {
    match EbpfLogger::init(&mut ebpf) {
        Ok(mut logger) => {
            let spawned = thread::Builder::new()
                .name("saker-kernel-log".to_owned())
                .spawn(move || {
                    loop {
                        logger.flush();
                        thread::sleep(INTERVAL);
                    }
                });
            if let Err(error) = spawned {
                tracing::warn!(%error, "cannot follow the messages of the kernel programs");
            }
        }
        Err(error) => tracing::warn!(
            %error,
            "the kernel programs have no messages; build them with `cargo xtask build-ebpf --log`"
        ),
    }
    ebpf
}
