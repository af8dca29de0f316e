use super::*;
use crate::process::Origin;
use crate::source::CgroupResolver;
use crate::state::Limits;
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

const MS: u64 = 1_000_000;
const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";

struct Containers;

impl CgroupResolver for Containers {
    fn path(&self, _: CgroupId) -> Option<Vec<u8>> {
        Some(format!("/docker/{ID}").into_bytes())
    }
}

fn state() -> ProcessState {
    ProcessState::new(Limits::default(), Box::new(NoSource), Box::new(Containers))
}

fn apply(state: &mut ProcessState, event: &EventBuilder) -> Arc<Process> {
    let record = event.build();
    state.apply(&EventView::parse(&record).expect("a record"))
}

fn owner(state: &mut ProcessState, event: &EventBuilder) -> Option<Arc<Process>> {
    let record = event.build();
    let event = EventView::parse(&record).expect("a record");
    assert!(!state.may_be_changed_by(&event));
    state.owner(&event)
}

fn flow(pid: u32, start: u64, time: u64) -> EventBuilder {
    EventBuilder::new(event::FLOW_PAYLOAD)
        .pid(pid)
        .start_boot_ns(start)
        .time_boot_ns(time)
}

#[test]
fn an_old_head_changes_nothing_about_a_process() {
    let mut state = state();
    let exec = EventBuilder::new(event::EXECVE)
        .pid(7)
        .start_boot_ns(MS)
        .time_boot_ns(2 * MS)
        .exec_id(3)
        .uid(33)
        .set("trusted_exepath", "/usr/sbin/nginx");
    apply(&mut state, &exec);

    // It connected as root, before its last exec.
    let found = owner(
        &mut state,
        &flow(7, MS, 5 * MS).exec_id(2).uid(0).cgroup_id(9),
    );

    let found = found.expect("the process");
    assert_eq!(found.exe_path(), Some(&b"/usr/sbin/nginx"[..]));
    assert_eq!(found.credentials.uid, 33);
    let kept = state.by_pid(Pid(7)).expect("the process");
    assert!(Arc::ptr_eq(kept, &found));
    assert_eq!(kept.exec_id, Some(3));
}

#[test]
fn a_process_that_is_gone_is_known_by_the_head_and_not_kept() {
    let mut state = state();
    let found = owner(&mut state, &flow(8, MS, 5 * MS).comm("curl").cgroup_id(4));
    let found = found.expect("what the head says");
    assert_eq!(found.comm.as_bytes(), b"curl");
    assert_eq!(found.origin, Origin::Header);
    assert_eq!(found.container().map(|it| it.id.full()), Some(ID));
    assert!(state.is_empty());
    assert_eq!(state.stats().unknown, 1);
}

#[test]
fn the_owner_that_has_ended_is_found_and_a_pid_that_is_used_again_is_another() {
    let mut state = state();
    let exec = EventBuilder::new(event::EXECVE)
        .pid(7)
        .start_boot_ns(MS)
        .time_boot_ns(20 * MS)
        .set("trusted_exepath", "/usr/bin/curl");
    apply(&mut state, &exec);
    let exit = EventBuilder::new(event::PROCEXIT)
        .pid(7)
        .start_boot_ns(MS)
        .time_boot_ns(30 * MS);
    apply(&mut state, &exit.set("group_dead", 1));

    let ended = owner(&mut state, &flow(7, MS, 31 * MS)).expect("the process");
    assert_eq!(ended.exe_path(), Some(&b"/usr/bin/curl"[..]));
    assert!(ended.has_exited());

    let other = owner(&mut state, &flow(7, 50 * MS, 60 * MS)).expect("a process");
    assert_eq!(other.exe_path(), None);
}

#[test]
fn nobody_owns_a_socket_that_the_kernel_knows_nothing_about() {
    let mut state = state();
    let mut event = flow(0, 0, MS);
    event.header_mut().flags = record_flag::OWNER_UNKNOWN;
    assert!(owner(&mut state, &event).is_none());
    assert!(state.is_empty());
    assert_eq!(state.stats().unknown, 0);
}
