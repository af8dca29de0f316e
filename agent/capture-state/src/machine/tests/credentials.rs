//! Ids, limits, capabilities, users.

use super::*;

#[test]
fn ids_change_when_the_call_succeeds() {
    let mut world = World::new();
    world.apply(10, code::SETRESUID, &[("res", N(0)), ("euid", N(5))]);
    world.apply(10, code::SETGID, &[("res", N(0)), ("gid", N(6))]);
    world.apply(10, code::SETUID, &[("res", N(-1)), ("uid", N(0))]);
    let credentials = world.thread(10).process.credentials;
    assert_eq!((credentials.uid, credentials.gid), (5, 6));
}

#[test]
fn limits_are_those_of_the_process() {
    let mut world = World::new();
    world.spawn(11);
    let values = [("res", N(0)), ("cur", N(77)), ("resource", N(7))];
    world.apply(11, code::SETRLIMIT, &values);
    assert_eq!(world.machine.descriptor_limit(world.thread(11)), 77);
    let values = [("res", N(0)), ("cur", N(1)), ("resource", N(0))];
    world.apply(11, code::SETRLIMIT, &values);
    let values = [
        ("res", N(0)),
        ("newcur", N(88)),
        ("pid", N(10)),
        ("resource", N(7)),
    ];
    world.apply(1, code::PRLIMIT, &values);
    assert_eq!(world.thread(10).fd_limit, 88);
}

#[test]
fn capabilities_are_set_and_gained() {
    let mut world = World::new();
    let capset = [
        ("res", N(0)),
        ("cap_inheritable", N(1)),
        ("cap_permitted", N(2)),
        ("cap_effective", N(3)),
    ];
    world.apply(10, code::CAPSET, &capset);
    let capabilities = world.thread(10).process.capabilities.unwrap();
    assert_eq!(
        (
            capabilities.inheritable,
            capabilities.permitted,
            capabilities.effective
        ),
        (1, 2, 3)
    );
    let unshare = [("res", N(0)), ("flags", N(clone_flag::NEWUSER.into()))];
    world.apply(10, code::UNSHARE, &unshare);
    let capabilities = world.thread(10).process.capabilities.unwrap();
    assert_eq!(capabilities.effective, 0x1ff_ffff_ffff);
}

#[test]
fn memory_is_told_by_switches_and_maps() {
    let mut world = World::new();
    let switch = [
        ("pgft_maj", N(1)),
        ("pgft_min", N(2)),
        ("vm_size", N(3)),
        ("vm_rss", N(4)),
        ("vm_swap", N(5)),
    ];
    world.apply(10, code::SCHEDSWITCH, &switch);
    let thread = world.thread(10);
    assert_eq!((thread.page_faults, thread.memory_kb), ([1, 2], [3, 4, 5]));
    let brk = [
        ("res", N(0)),
        ("vm_size", N(9)),
        ("vm_rss", N(8)),
        ("vm_swap", N(7)),
    ];
    world.apply(10, code::BRK, &brk);
    assert_eq!(world.thread(10).memory_kb, [9, 8, 7]);
}

#[test]
fn users_and_groups_come_and_go() {
    let mut world = World::new();
    let user = [
        ("uid", N(33)),
        ("gid", N(34)),
        ("name", T("www")),
        ("home", T("/srv")),
        ("shell", T("/bin/false")),
        ("container_id", T("")),
    ];
    world.apply(-1, code::USER_ADDED, &user);
    assert_eq!(&*world.machine.user(33).unwrap().home, b"/srv");
    let group = [("gid", N(34)), ("name", T("web")), ("container_id", T(""))];
    world.apply(-1, code::GROUP_ADDED, &group);
    assert_eq!(&*world.machine.group(34).unwrap().name, b"web");
    // Those of containers are not the host's.
    let other = [("gid", N(34)), ("name", T("x")), ("container_id", T("c1"))];
    world.apply(-1, code::GROUP_DELETED, &other);
    assert!(world.machine.group(34).is_some());
    world.apply(
        -1,
        code::USER_DELETED,
        &[("uid", N(33)), ("container_id", T(""))],
    );
    world.apply(-1, code::GROUP_DELETED, &group);
    assert!(world.machine.user(33).is_none() && world.machine.group(34).is_none());
}
