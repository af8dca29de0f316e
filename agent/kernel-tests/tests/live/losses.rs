//! Every event is accounted for.

use saker_event_schema::event;
use saker_kernel_source::SourceOptions;
use saker_kernel_tests::{Recorder, program};
use std::process::Command;

/// The smallest ring that the source makes.
const TINY: u32 = 1 << 16;

#[test]
fn an_overrun_ring_loses_nothing_unseen() {
    let mut recorder = Recorder::with(SourceOptions {
        events: [event::OPEN].into(),
        bulk_ring_bytes: TINY,
        ..SourceOptions::default()
    });
    // Nobody reads while the flood lasts.
    let flood = Command::new(program())
        .args(["flood", "/etc/hostname"])
        .status();
    assert!(flood.expect("trigger runs").success());
    recorder.stop();
    let open = recorder.losses().of(event::OPEN).expect("counts");
    assert!(open.emitted >= 50_000, "{open:?}");
    assert!(
        open.lost_ring_full > 0,
        "the ring was meant to overrun: {open:?}"
    );
    assert_eq!(open.emitted, open.delivered + open.lost(), "{open:?}");
    for (_, counts) in recorder.losses().all().expect("counts") {
        assert_eq!(counts.emitted, counts.delivered + counts.lost());
    }
    // The flood does not touch what the process tree lives on.
    let exec = recorder.losses().of(event::EXECVE).expect("counts");
    assert_eq!(exec.lost(), 0, "{exec:?}");
    assert!(exec.delivered > 0);
    let exit = recorder.losses().of(event::PROCEXIT).expect("counts");
    assert_eq!(exit.lost(), 0, "{exit:?}");
}
