//! A recording plays as what it is a recording of: every field of every event is the same.

use saker_capture_file::recording::{
    Header, Note, RecordingWriter, Room, StoredSnapshot, Visibility, WriterOptions,
};
use saker_capture_replay::{Options, Replay, ReplayError};
use saker_container_metadata::{ContainerInfo, Containers, Limits as ContainerLimits};
use saker_event_decode::{EventBuilder, EventView, WallClock};
use saker_event_schema::event;
use saker_process_state::{
    BootTime, CgroupId, CgroupResolver, ContainerId, Limits, Pid, ProcessSource, ProcessState,
    Runtime, Snapshot, User, Users,
};
use saker_rule_fields::{
    EventContext, Facts, FieldValue, Fields, Host, Patience, Payload, Scratch, Surroundings,
};
use std::io::Cursor;
use std::sync::{Arc, Mutex};

const CONTAINER: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";

/// A host that answers each question once, and notes what it said.
#[derive(Clone, Default)]
struct Host1 {
    said: Arc<Mutex<Vec<Note>>>,
}

/// A process as `/proc` has it, from the event that would have announced it.
fn snapshot(pid: u32, ppid: u32, name: &str) -> Snapshot {
    let mut state = ProcessState::new(
        Limits::default(),
        Box::new(saker_process_state::NoSource),
        Box::new(saker_process_state::NoSource),
    );
    let exec = EventBuilder::new(event::EXECVE)
        .pid(pid)
        .ppid(ppid)
        .comm(name)
        .start_boot_ns(u64::from(pid) * 10_000_000)
        .set("args", [name, "--old"])
        .set("env", ["SECRET=1"])
        .set("trusted_exepath", format!("/usr/bin/{name}").as_str())
        .set("cwd", "/root")
        .build();
    let process = state.apply(&EventView::parse(&exec).expect("an event"));
    let mut process = (*process).clone();
    process.updated = BootTime(0);
    process.cgroup_id = Some(CgroupId(1));
    process.exec_id = None;
    Snapshot {
        process,
        cgroup_path: Some(b"/system.slice/x.service".as_slice().into()),
    }
}

impl ProcessSource for Host1 {
    fn read(&self, pid: Pid) -> Option<Snapshot> {
        let found = (pid.0 == 70).then(|| snapshot(70, 1, "late"));
        self.said.lock().expect("notes").push(Note::ProcessRead {
            pid: pid.0,
            snapshot: found.as_ref().map(|it| Box::new(StoredSnapshot::from(it))),
        });
        found
    }

    fn cgroup_path(&self, pid: Pid) -> Option<Vec<u8>> {
        let path = (pid.0 == 50).then(|| format!("/docker/{CONTAINER}").into_bytes());
        self.said.lock().expect("notes").push(Note::ProcessCgroup {
            pid: pid.0,
            path: path.clone(),
        });
        path
    }
}

impl CgroupResolver for Host1 {
    fn path(&self, id: CgroupId) -> Option<Vec<u8>> {
        let path = (id.0 == 77).then(|| format!("/kubepods/cri-containerd-{CONTAINER}").into());
        self.said.lock().expect("notes").push(Note::Cgroup {
            id: id.0,
            path: path.clone(),
        });
        path
    }
}

fn open(pid: u32, path: &str) -> EventBuilder {
    EventBuilder::new(event::OPENAT)
        .pid(pid)
        .start_boot_ns(u64::from(pid) * 10_000_000)
        .result(3)
        .set("name", path)
        .set("flags", 0)
}

/// What happens: processes of the begin, one that is read from `/proc`, one that nothing is known of, moves
/// to other cgroups, an image of another program, an end.
fn events() -> Vec<Vec<u8>> {
    let events = [
        open(50, "/etc/shadow"),
        open(60, "relative"),
        open(70, "/etc/passwd").exec_id(4),
        open(80, "/nobody/knows").comm("ghost").uid(1000),
        open(60, "/moved").cgroup_id(77),
        open(60, "/moved/again").cgroup_id(78),
        EventBuilder::new(event::EXECVE)
            .pid(60)
            .ppid(50)
            .start_boot_ns(600_000_000)
            .exec_id(2)
            .comm("child")
            .cgroup_id(78)
            .set("args", ["child", "--new"])
            .set("trusted_exepath", "/usr/bin/child"),
        open(60, "/by/the/new").exec_id(2).cgroup_id(77).uid(1000),
        open(60, "/unannounced").exec_id(3).cgroup_id(77),
        EventBuilder::new(event::PROCEXIT)
            .pid(50)
            .start_boot_ns(500_000_000)
            .set("group_dead", 1),
        open(60, "/orphan").exec_id(3).cgroup_id(77).ppid(1),
        open(50, "/late"),
    ];
    (1u64..)
        .zip(events)
        .map(|(place, event)| event.time_boot_ns(place * 1_000_000_000).build())
        .collect()
}

/// Every field of an event, as text.
fn fields(context: &EventContext<'_>) -> Vec<String> {
    let fields = Fields::new();
    let values = fields.iter().map(|(id, row)| {
        let value = match fields.extract(id, None, context) {
            FieldValue::Text(text) => text.escape_ascii().to_string(),
            value => format!("{value:?}"),
        };
        format!("{} = {value}", row.name)
    });
    let mut values: Vec<String> = values.collect();
    values.push(format!("number = {}", context.number()));
    values.push(format!("time = {}", context.time_wall_ns()));
    values
}

fn user(uid: u32, name: &str) -> (u32, User) {
    let text = |text: &str| Box::from(text.as_bytes());
    let user = User {
        name: text(name),
        home: text("/home"),
        shell: text("/bin/sh"),
    };
    (uid, user)
}

fn told(users: &[(u32, User)]) -> impl Iterator<Item = Note> {
    users.iter().map(|(uid, user)| Note::User {
        uid: *uid,
        name: user.name.to_vec(),
        home: user.home.to_vec(),
        shell: user.shell.to_vec(),
    })
}

struct Recorded {
    file: Vec<u8>,
    /// Fields of the events that are shown.
    live: Vec<Vec<String>>,
}

/// Looks at the events as the agent does, and records them; those whose place `is_hidden` says so hidden.
fn record(is_hidden: impl Fn(usize) -> bool) -> Recorded {
    let host1 = Host1::default();
    let mut processes = ProcessState::new(
        Limits::default(),
        Box::new(host1.clone()),
        Box::new(host1.clone()),
    );
    let snapshots = [
        snapshot(1, 0, "init"),
        snapshot(50, 1, "shell"),
        snapshot(60, 50, "child"),
    ];
    let header = Header {
        hostname: "node-1".to_owned(),
        boot_id: "b00t".to_owned(),
        began_wall_ns: 5,
        wall_offset_ns: 1_700_000_000_000_000_000,
        utc_offset_s: 3600,
        ..Header::default()
    };
    let mut file = Vec::new();
    let options = WriterOptions {
        frame_bytes: 700,
        ..WriterOptions::default()
    };
    let mut writer = RecordingWriter::new(&mut file, &header, options).expect("a writer");
    let mut note = |note: Note| {
        host1.said.lock().expect("notes").push(note);
    };
    let mut host = Host::new("node-1", Users::none());
    host.utc_offset_s = 3600;
    host.began_wall_ns = 5;
    for users in [[user(0, "root"), user(1000, "somebody")]] {
        told(&users).for_each(&mut note);
        for (uid, user) in users {
            host.users.insert_user(uid, user);
        }
    }
    host.users.insert_group(0, b"wheel");
    note(Note::Group {
        gid: 0,
        name: b"wheel".to_vec(),
    });
    for snapshot in &snapshots {
        note(Note::Process(Box::new(snapshot.into())));
    }
    note(Note::Started);
    processes.bootstrap(snapshots);
    let (containers, _requests) = Containers::new(ContainerLimits::default(), Box::new(|| {}));
    let facts = Facts {
        containers,
        ..Facts::none()
    };
    let mut clock = WallClock::new(header.wall_offset_ns);
    let scratch = Scratch::new();
    let mut live = Vec::new();
    for (place, record) in events().iter().enumerate() {
        match place {
            3 => {
                clock = WallClock::new(header.wall_offset_ns + 12_345);
                note(Note::Clock {
                    wall_offset_ns: clock.offset_ns(),
                    utc_offset_s: 7200,
                });
                host.utc_offset_s = 7200;
            }
            5 => {
                let mut info = ContainerInfo::new(ContainerId::new(CONTAINER), Runtime::Containerd);
                info.image.repository = Some("shop/web".into());
                note(Note::Container(Box::new((&info).into())));
                facts.containers.learn(info);
            }
            6 => {
                host.users = Users::none();
                let renamed = user(1000, "renamed");
                note(Note::UsersChanged);
                told(std::slice::from_ref(&renamed)).for_each(&mut note);
                host.users.insert_user(renamed.0, renamed.1);
            }
            8 | 9 => {
                let now = place as u64 * 1_000_000_000 + 1;
                processes.retain_alive(BootTime(now), |pid| pid.0 != 80);
                note(Note::Sweep {
                    time_boot_ns: now,
                    gone: vec![80],
                });
            }
            _ => {}
        }
        // Every other number was of an event that nobody wanted.
        let number = 2 * place as u64 + 1;
        let event = EventView::parse(record).expect("an event");
        let process = processes.apply(&event);
        let surroundings = Surroundings {
            processes: Some(&processes),
            clock: &clock,
            host: &host,
            scratch: &scratch,
        };
        let payload = Payload::Syscall(&event);
        let context = EventContext::new(payload, Some(&process), surroundings, number)
            .with_facts(&facts, Patience::Ended);
        let visibility = if is_hidden(place) {
            Visibility::Hidden
        } else {
            live.push(fields(&context));
            Visibility::Shown
        };
        let notes = std::mem::take(&mut *host1.said.lock().expect("notes"));
        for note in &notes {
            assert_eq!(writer.note(note).expect("a note"), Room::Left);
        }
        let room = writer.event(record, number, visibility);
        assert_eq!(room.expect("an event"), Room::Left);
    }
    writer.finish(0).expect("an end");
    Recorded { file, live }
}

fn replay(file: Vec<u8>, options: &Options) -> Replay {
    Replay::read("test.saker", Cursor::new(file), options).expect("a recording")
}

fn play(replay: &mut Replay) -> Vec<Vec<String>> {
    let mut played = Vec::new();
    while let Some(values) = replay.next(fields).expect("it plays") {
        played.push(values);
    }
    played
}

#[test]
fn every_field_is_as_it_was() {
    let Recorded { file, live } = record(|_| false);
    let mut replay = replay(file, &Options::default());
    let played = play(&mut replay);
    assert_eq!(played.len(), live.len());
    for (played, live) in played.iter().zip(&live) {
        assert_eq!(played, live);
    }
    assert_eq!(replay.hostname(), "node-1");
    assert_eq!(replay.boot_id(), Some("b00t"));
    assert_eq!(replay.damage(), None);
    assert_eq!(
        (replay.stats().shown, replay.stats().blocks_skipped),
        (12, 0)
    );
    // The scene has what it is to have.
    let all = live.concat().join("\n");
    for text in [
        "ghost",
        "late",
        CONTAINER.get(..12).expect("an id"),
        "somebody",
        "renamed",
        "shop/web",
    ] {
        assert!(all.contains(text), "no {text}");
    }
}

#[test]
fn what_is_hidden_keeps_the_state_and_is_not_shown() {
    let is_hidden = |place: usize| [2, 6, 9].contains(&place);
    let Recorded { file, live } = record(is_hidden);
    let mut replay = replay(file, &Options::default());
    assert_eq!(play(&mut replay), live);
    assert_eq!(replay.stats().skipped.state_only, 3);
}

#[test]
fn a_cut_recording_plays_up_to_the_cut_and_says_so() {
    let Recorded { file, live } = record(|_| false);
    let mut last = 0;
    for length in (0..file.len()).rev().step_by(23) {
        let cut = file.get(..length).expect("a part").to_vec();
        let source = Cursor::new(cut);
        let Ok(mut replay) = Replay::read("cut", source, &Options::default()) else {
            continue;
        };
        let played = play(&mut replay);
        assert_eq!(
            played,
            live.get(..played.len()).expect("no more than there was")
        );
        last = last.max(played.len());
        if played.len() < live.len() {
            let damage = replay.damage().expect("it says so");
            assert!(
                damage.contains("cut off") || damage.contains("not ended"),
                "{damage}"
            );
        }
    }
    assert_eq!(last, live.len());
}

#[test]
fn the_host_can_be_given_another_name() {
    let Recorded { file, .. } = record(|_| false);
    let options = Options {
        hostname: Some("elsewhere".to_owned()),
        ..Options::default()
    };
    let mut replay = replay(file, &options);
    assert_eq!(replay.hostname(), "elsewhere");
    assert!(
        play(&mut replay)
            .concat()
            .iter()
            .any(|value| value.contains("elsewhere"))
    );
}

#[test]
fn a_recording_that_cannot_be_read_names_the_file() {
    let Recorded { mut file, .. } = record(|_| false);
    if let Some(version) = file.get_mut(8) {
        *version = 200;
    }
    match Replay::read("new.saker", Cursor::new(file), &Options::default()) {
        Err(error @ ReplayError::Recording { .. }) => {
            assert_eq!(error.to_string(), "recording new.saker");
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was read"),
    }
}

#[test]
fn texts_of_a_small_file_do_not_fill_the_memory() {
    let header = Header::default();
    let mut file = Vec::new();
    let options = WriterOptions::default();
    let mut writer = RecordingWriter::new(&mut file, &header, options).expect("memory");
    // Compressed, each takes a few hundred bytes; together they would take 200 MiB.
    for gid in 0..200 {
        let name = vec![b'x'; 1 << 20];
        let room = writer.note(&Note::Group { gid, name }).expect("memory");
        assert_eq!(room, Room::Left);
    }
    writer.finish(0).expect("memory");
    assert!(file.len() < 1 << 20, "{}", file.len());
    let mut replay = replay(file, &Options::default());
    assert!(play(&mut replay).is_empty());
    assert_eq!(replay.stats().blocks_skipped, 200 - 64);
}
