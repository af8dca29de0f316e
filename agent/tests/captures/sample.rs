//! A capture in which `cat` opens two files.

use crate::folder::Folder;
use saker_capture_file::scap::{BlockType, Writer};
use saker_capture_state::{MachineInfo, ThreadSnapshot};
use saker_falco_events::{EventCode, Header};

/// Name of the capture in its folder.
pub(crate) const CAPTURE: &str = "sample.scap";

const TID: i64 = 42;
/// Exit of `open`.
const OPEN: EventCode = EventCode(3);
/// `PPM_O_RDONLY` of Falco.
const READ_ONLY: u32 = 1;
const PROCESS_LIST: BlockType = BlockType(0x215);

/// A folder with the capture.
pub(crate) fn folder() -> Folder {
    let folder = Folder::empty();
    std::fs::write(folder.path().join(CAPTURE), capture()).expect("a file");
    folder
}

fn capture() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    let machine = MachineInfo {
        cpus: 1,
        hostname: (*b"node-7").into(),
        ..MachineInfo::default()
    };
    writer.machine(&machine).expect("memory");
    let cat = ThreadSnapshot {
        tid: TID,
        pid: TID,
        ptid: 1,
        comm: (*b"cat").into(),
        exe: (*b"cat").into(),
        arguments: (*b"/etc/shadow\0").into(),
        cwd: (*b"/root/").into(),
        ..ThreadSnapshot::default()
    };
    writer.threads(PROCESS_LIST, &[cat]).expect("memory");
    for (number, path) in (0..).zip([&b"/etc/shadow\0"[..], b"notes.txt\0"]) {
        let header = Header {
            time_ns: 1_700_000_000_000_000_000 + number,
            tid: TID,
            cpu: 0,
        };
        let parameters: [&[u8]; 6] = [
            &3_i64.to_le_bytes(),
            path,
            &READ_ONLY.to_le_bytes(),
            &0_u32.to_le_bytes(),
            &0_u32.to_le_bytes(),
            &7_u64.to_le_bytes(),
        ];
        writer.event(header, OPEN, &parameters).expect("memory");
    }
    writer.into_inner()
}
