//! The block about the host.

use super::cursor::{Cursor, Short, until_nul};
use saker_capture_state::MachineInfo;

/// Bytes of the host's name, which end with at least one NUL.
const HOSTNAME_BYTES: usize = 128;

/// Bytes of what is read here.
pub(super) const MACHINE_BYTES: usize = 20 + HOSTNAME_BYTES + 8;

/// Later versions may have appended to what is read here.
pub(super) fn machine_info(body: &[u8]) -> Result<MachineInfo, Short> {
    let mut cursor = Cursor::new(body);
    Ok(MachineInfo {
        cpus: cursor.u32()?,
        memory_bytes: cursor.u64()?,
        pids_max: cursor.u64()?,
        hostname: until_nul(&cursor.array::<HOSTNAME_BYTES>()?).into(),
        boot_time_ns: cursor.u64()?,
    })
}
