//! What goes in comes out.

use super::sample::{events, header, play, record, recording, small_frames};
use crate::recording::{
    Closing, Item, Note, RecordingReader, RecordingWriter, Room, StoredContainer, StoredSnapshot,
    Sync, Target, Visibility, WriterOptions,
};
use saker_container_metadata::{
    Command, ContainerInfo, ContainerKind, Image as ContainerImage, Labels, Mount, PodSandbox,
    Probes,
};
use saker_process_state::{
    BootTime, Capabilities, CgroupId, Comm, ContainerId, Credentials, Image, Origin, Pid,
    Placement, Process, ProcessKey, Runtime, Snapshot, StringVector,
};
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

#[test]
fn events_come_out_as_they_went_in() {
    let file = recording(200);
    let (played, notes, stats) = play(&file).expect("a recording");
    assert_eq!(played, events(200));
    assert_eq!(notes, [Note::Started]);
    assert!(stats.frames > 10, "{stats:?}");
    assert!(stats.is_complete && stats.cut_at.is_none());
    assert_eq!((stats.events, stats.frames_damaged), (200, 0));
    let mut reader = RecordingReader::new(file.as_slice()).expect("a recording");
    assert_eq!(reader.header(), &header());
    while reader.next_item().expect("an item").is_some() {}
    let closing = Closing {
        events_shown: 134,
        events_hidden: 66,
        events_lost: 7,
    };
    assert_eq!(reader.closing(), Some(closing));
    assert!(reader.next_item().expect("the end again").is_none());
}

#[test]
fn numbers_may_leave_out_what_was_not_recorded() {
    let numbers = [1, 5, 6, 1 << 33, (1 << 33) + 1, u64::MAX];
    let mut file = Vec::new();
    let mut writer =
        RecordingWriter::new(&mut file, &header(), WriterOptions::default()).expect("a writer");
    for number in numbers {
        let room = writer.event(&record(1), number, Visibility::Shown);
        assert_eq!(room.expect("an event"), Room::Left);
    }
    writer.finish(0).expect("an end");
    let (played, ..) = play(&file).expect("a recording");
    let found: Vec<u64> = played.iter().map(|(number, ..)| *number).collect();
    assert_eq!(found, numbers);
}

#[test]
fn every_note_comes_back() {
    let snapshot = StoredSnapshot::from(&snapshot());
    let notes = [
        Note::UsersChanged,
        Note::User {
            uid: 1000,
            name: b"m\xffller".to_vec(),
            home: b"/home/m".to_vec(),
            shell: b"/bin/sh".to_vec(),
        },
        Note::Group {
            gid: 10,
            name: b"wheel".to_vec(),
        },
        Note::Process(Box::new(snapshot.clone())),
        Note::Started,
        Note::Clock {
            wall_offset_ns: -5,
            utc_offset_s: -3600,
        },
        Note::ProcessRead {
            pid: 5,
            snapshot: Some(Box::new(snapshot)),
        },
        Note::ProcessRead {
            pid: 6,
            snapshot: None,
        },
        Note::ProcessCgroup {
            pid: 7,
            path: Some(b"/kubepods".to_vec()),
        },
        Note::Cgroup { id: 9, path: None },
        Note::Container(Box::new(StoredContainer::from(&container()))),
        Note::Sweep {
            time_boot_ns: 4,
            gone: vec![1, 2],
        },
    ];
    let mut file = Vec::new();
    let mut writer = RecordingWriter::new(&mut file, &header(), small_frames()).expect("a writer");
    for note in &notes {
        assert_eq!(writer.note(note).expect("a note"), Room::Left);
    }
    writer.finish(0).expect("an end");
    let (_, played, stats) = play(&file).expect("a recording");
    assert_eq!(played, notes);
    assert_eq!(stats.unknown, 0);
}

#[test]
fn a_container_comes_back_whole() {
    let container = container();
    let stored = StoredContainer::from(&container);
    assert_eq!(ContainerInfo::from(stored.clone()), container);
    let texts = Note::Container(Box::new(stored)).text_bytes();
    assert!(texts > 200, "{texts}");
    let unknown = ContainerInfo::new(ContainerId::new("a"), Runtime::Unknown);
    assert_eq!(
        ContainerInfo::from(StoredContainer::from(&unknown)),
        unknown
    );
}

/// A container of which everything is known.
fn container() -> ContainerInfo {
    let text = |text: &str| Some(Box::from(text));
    let labels = |key: &str| Some(Labels::from([(key.into(), "value".into())]));
    let command = |exe: &str| {
        Some(Command {
            exe: exe.into(),
            arguments: ["-f".into()].into(),
        })
    };
    let mut container = ContainerInfo::new(ContainerId::new("3ad7b26ded6d"), Runtime::Crio);
    container.kind = ContainerKind::Sandbox;
    container.name = text("web");
    container.image = ContainerImage {
        reference: text("docker.io/library/nginx:1"),
        id: text("0123"),
        repository: text("docker.io/library/nginx"),
        tag: text("1"),
        digest: text("sha256:0123"),
    };
    container.privileged = Some(true);
    container.mounts = Some(
        [Mount {
            source: "/src".into(),
            destination: "/dst".into(),
            mode: "z".into(),
            is_writable: true,
            propagation: "rslave".into(),
        }]
        .into(),
    );
    container.labels = labels("app");
    container.ip = Some([10, 0, 0, 1].into());
    container.cni_json = text("{}");
    container.host_pid = Some(false);
    container.host_network = Some(true);
    container.host_ipc = Some(false);
    container.created_wall_ns = Some(1);
    container.started_wall_ns = Some(u64::MAX);
    container.probes = Probes {
        healthcheck: command("curl"),
        liveness: command("live"),
        readiness: command("ready"),
    };
    container.pod = Some(Arc::new(PodSandbox {
        id: "5ad7".into(),
        name: text("web-0"),
        namespace: text("shop"),
        uid: text("f1a8"),
        labels: labels("tier"),
        ip: Some(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])),
        cni_json: text("{\"a\":1}"),
    }));
    container
}

/// A process of which everything is known.
fn snapshot() -> Snapshot {
    let bytes = |text: &[u8]| Some(Box::from(text));
    let vector = |text: &[u8]| {
        Some(StringVector {
            bytes: text.into(),
            is_truncated: true,
        })
    };
    let image = Image {
        exe_path: bytes(b"/bin/\xff"),
        exe_root: bytes(b"/root"),
        arguments: vector(b"a\0b\0"),
        environment: vector(b"A=b\0"),
        flags: Some(1),
        path_flags: 2,
        inode: Some(3),
        device: Some(4),
        ctime_wall_ns: Some(5),
        mtime_wall_ns: Some(6),
        interpreter: bytes(b"/bin/sh"),
        user_namespace: Some(7),
        exec_time: Some(BootTime(8)),
    };
    let process = Process {
        key: ProcessKey::new(Pid(1), BootTime(2)),
        parent: Some(ProcessKey::new(Pid(3), BootTime(4))),
        ppid: Pid(5),
        vpid: 6,
        exec_id: Some(7),
        comm: Comm::new(b"comm"),
        image: Arc::new(image),
        cwd: Some(Arc::from(&b"/tmp"[..])),
        clone_time: Some(BootTime(9)),
        exit_time: Some(BootTime(10)),
        tty: 11,
        session: Pid(12),
        pgid: Some(Pid(13)),
        vpgid: Some(14),
        credentials: Credentials {
            uid: 15,
            gid: 16,
            ruid: Some(17),
            suid: Some(18),
            rgid: Some(19),
            loginuid: Some(20),
        },
        capabilities: Some(Capabilities {
            permitted: 21,
            effective: 22,
            inheritable: 23,
        }),
        pid_namespace: 24,
        mount_namespace: 25,
        cgroup_id: Some(CgroupId(26)),
        placement: Placement::Unknown,
        origin: Origin::ProcFs,
        updated: BootTime(27),
    };
    Snapshot {
        process,
        cgroup_path: bytes(b"/system.slice"),
    }
}

#[test]
fn a_process_comes_back_whole() {
    let before = snapshot();
    let after = Snapshot::from(StoredSnapshot::from(&before));
    // Records cannot be compared, but say everything in this form.
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
}

#[test]
fn a_file_stays_below_its_bound_and_is_whole() {
    let mut file = Vec::new();
    let bound = 20_000;
    let options = WriterOptions {
        bytes_max: Some(bound),
        ..small_frames()
    };
    let mut writer = RecordingWriter::new(&mut file, &header(), options).expect("a writer");
    let mut written = 0;
    while writer
        .event(&record(written + 1), written + 1, Visibility::Shown)
        .expect("an event")
        == Room::Left
    {
        written += 1;
        assert!(written < 100_000, "no bound");
    }
    writer.finish(0).expect("an end");
    assert!(file.len() as u64 <= bound, "{}", file.len());
    assert!(file.len() as u64 > bound / 2, "{} wastes room", file.len());
    let (played, _, stats) = play(&file).expect("a recording");
    assert_eq!(played.len() as u64, written);
    assert!(stats.is_complete);
}

#[test]
fn what_is_too_large_for_a_frame_is_refused() {
    let mut file = Vec::new();
    let options = WriterOptions::default();
    let mut writer = RecordingWriter::new(&mut file, &header(), options).expect("a writer");
    let error = writer.event(&vec![0; 5 << 20], 1, Visibility::Shown);
    let error = error.expect_err("too large").to_string();
    assert!(error.contains("an event of 5242885 bytes"), "{error}");
    let room = writer.event(&record(1), 1, Visibility::Shown);
    assert_eq!(room.expect("the next"), Room::Left);
}

/// Counts how often the device is waited for.
struct Device(usize);

impl Write for Device {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Device {
    fn sync(&mut self) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

#[test]
fn the_device_is_waited_for_as_often_as_was_said() {
    for (sync, expected) in [(Sync::Never, 0), (Sync::AtEnd, 1), (Sync::EachFrame, 5)] {
        let mut device = Device(0);
        let options = WriterOptions {
            sync,
            ..WriterOptions::default()
        };
        let mut writer = RecordingWriter::new(&mut device, &header(), options).expect("a writer");
        for number in [1, 2] {
            let room = writer.event(&record(number), number, Visibility::Shown);
            assert_eq!(room.expect("an event"), Room::Left);
            writer.flush().expect("a frame");
        }
        writer.finish(0).expect("an end");
        // Header, two frames, index, and the end.
        assert_eq!(device.0, expected);
    }
}

#[test]
fn what_was_not_ended_plays_and_says_so() {
    let mut file = Vec::new();
    let options = WriterOptions::default();
    let mut writer = RecordingWriter::new(&mut file, &header(), options).expect("a writer");
    let room = writer.event(&record(1), 1, Visibility::Shown);
    assert_eq!(room.expect("an event"), Room::Left);
    writer.flush().expect("a frame");
    drop(writer);
    let mut reader = RecordingReader::new(file.as_slice()).expect("a recording");
    assert!(matches!(
        reader.next_item(),
        Ok(Some(Item::Event { number: 1, .. }))
    ));
    assert!(reader.next_item().expect("the end").is_none());
    assert!(reader.next_item().expect("the end again").is_none());
    let stats = reader.stats();
    assert!(!stats.is_complete && stats.cut_at.is_none(), "{stats:?}");
    assert_eq!(reader.closing(), None);
}
