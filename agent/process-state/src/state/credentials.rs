//! Real and saved ids, and what a change of user does to capabilities.
//!
//! The head of an event has the effective ids after the call; the others follow from the arguments
//! by the kernel's rules (`credentials(7)`, `capabilities(7)`). `PR_SET_KEEPCAPS` is not known; a
//! program that uses it nearly always runs another, and its exec says what is left.

use super::effects::id;
use crate::process::{Capabilities, Credentials, Process};
use saker_event_decode::EventView;
use saker_event_schema::event;

const CAP_SETGID: u32 = 6;
const CAP_SETUID: u32 = 7;

/// Applies a call that set ids and succeeded; the effective ids are already those after the call.
pub(super) fn change(process: &mut Process, event: &EventView<'_>) {
    let before = process.credentials;
    process.credentials = changed(before, process.capabilities, event);
    if matches!(
        event.id(),
        event::SETUID | event::SETREUID | event::SETRESUID
    ) {
        process.capabilities = process
            .capabilities
            .map(|set| kept(set, before, process.credentials));
    }
}

fn changed(
    before: Credentials,
    capabilities: Option<Capabilities>,
    event: &EventView<'_>,
) -> Credentials {
    let mut now = before;
    match event.id() {
        event::SETUID => {
            let others = [before.ruid, before.suid];
            match is_privileged(capabilities, CAP_SETUID, others, Some(before.uid)) {
                Some(true) => {
                    now.ruid = Some(before.uid);
                    now.suid = Some(before.uid);
                }
                Some(false) => {}
                None => {
                    now.ruid = None;
                    now.suid = None;
                }
            }
        }
        event::SETGID => {
            match is_privileged(capabilities, CAP_SETGID, [before.rgid; 2], Some(before.gid)) {
                Some(true) => now.rgid = Some(before.gid),
                Some(false) => {}
                None => now.rgid = None,
            }
        }
        event::SETREUID => {
            let (ruid, euid) = (id(event, "ruid"), id(event, "euid"));
            if ruid.is_some() || (euid.is_some() && euid != before.ruid) {
                now.suid = Some(now.uid);
            }
            now.ruid = ruid.or(before.ruid);
        }
        event::SETRESUID => {
            now.ruid = id(event, "ruid").or(before.ruid);
            now.suid = id(event, "suid").or(before.suid);
        }
        event::SETREGID | event::SETRESGID => now.rgid = id(event, "rgid").or(before.rgid),
        _ => {}
    }
    now
}

/// Whether the caller set all of its ids (a privileged one) or the effective one only. Without its
/// capabilities the result tells: an unprivileged caller may choose among its own ids alone.
fn is_privileged(
    capabilities: Option<Capabilities>,
    capability: u32,
    others: [Option<u32>; 2],
    chosen: Option<u32>,
) -> Option<bool> {
    if let Some(capabilities) = capabilities {
        return Some(capabilities.effective & (1 << capability) != 0);
    }
    let all_known = others.iter().all(Option::is_some);
    (all_known && !others.contains(&chosen)).then_some(true)
}

/// What a change of user leaves of the capabilities.
fn kept(set: Capabilities, before: Credentials, now: Credentials) -> Capabilities {
    const ROOT: Option<u32> = Some(0);
    let had_root = before.ruid == ROOT || before.suid == ROOT;
    let has_root = now.ruid == ROOT || now.suid == ROOT || now.uid == 0;
    match (had_root, has_root, now.uid) {
        (true, false, _) => Capabilities {
            permitted: 0,
            effective: 0,
            ..set
        },
        (true, true, 0) => Capabilities {
            effective: set.permitted,
            ..set
        },
        (true, true, _) => Capabilities {
            effective: 0,
            ..set
        },
        (false, _, _) => set,
    }
}
