//! Entries of process lists, of which there are nine versions.

use super::block::ThreadForm;
use super::cursor::{Cursor, Short};
use saker_capture_state::ThreadSnapshot;

/// Most bytes that can follow the fields of version 8 in captures of Falco's libraries before 0.10.
/// From 0.10 on two more fields stand before these, and nothing but the length tells which it is.
const EARLY_EXTENSION_BYTES: usize = 29;

/// Reads an entry. `cursor` ends with the entry where the version states its length, which has been
/// read; else it goes on with what follows.
pub(super) fn thread(cursor: &mut Cursor<'_>, form: ThreadForm) -> Result<ThreadSnapshot, Short> {
    let since = |version| form >= ThreadForm(version);
    let mut thread = ThreadSnapshot {
        sid: -1,
        vpgid: -1,
        pgid: -1,
        loginuid: u32::MAX,
        vtid: -1,
        vpid: -1,
        ..ThreadSnapshot::default()
    };
    thread.tid = cursor.i64()?;
    thread.pid = cursor.i64()?;
    thread.ptid = cursor.i64()?;
    if since(6) {
        thread.sid = cursor.i64()?;
    }
    if since(8) {
        thread.vpgid = cursor.i64()?;
    }
    thread.comm = cursor.text()?;
    thread.exe = cursor.text()?;
    if since(7) {
        thread.exe_path = cursor.text()?;
    }
    thread.arguments = ended(cursor.counted()?);
    thread.cwd = cursor.text()?;
    thread.fd_limit = cursor.i64()?;
    thread.flags = cursor.u32()?;
    thread.uid = cursor.u32()?;
    thread.gid = cursor.u32()?;
    if since(2) {
        thread.vm_size_kb = cursor.u32()?;
        thread.vm_rss_kb = cursor.u32()?;
        thread.vm_swap_kb = cursor.u32()?;
        thread.pf_major = cursor.u64()?;
        thread.pf_minor = cursor.u64()?;
    }
    if since(3) {
        thread.environment = ended(cursor.counted()?);
    }
    if since(4) {
        thread.vtid = cursor.i64()?;
        thread.vpid = cursor.i64()?;
        thread.cgroups = cursor.counted()?.into();
    }
    if since(5) {
        thread.root = cursor.text()?;
    }
    if form >= ThreadForm::SIZED {
        extension(&mut thread, *cursor);
    }
    Ok(thread)
}

/// What version 9 appends: each field is there if the entry is long enough for it, and those after
/// one that is not may still fit.
fn extension(thread: &mut ThreadSnapshot, mut cursor: Cursor<'_>) {
    if cursor.remaining() > EARLY_EXTENSION_BYTES {
        read(&mut thread.pidns_init_start_ts, cursor.u64());
        read(&mut thread.tty, cursor.u32());
    }
    let flag = |byte: Result<u8, Short>| byte.map(|byte| byte != 0);
    read(&mut thread.loginuid, cursor.u32());
    read(&mut thread.exe_writable, flag(cursor.u8()));
    read(&mut thread.cap_inheritable, cursor.u64());
    read(&mut thread.cap_permitted, cursor.u64());
    read(&mut thread.cap_effective, cursor.u64());
    read(&mut thread.exe_upper_layer, flag(cursor.u8()));
    read(&mut thread.exe_ino, cursor.u64());
    read(&mut thread.exe_ino_ctime, cursor.u64());
    read(&mut thread.exe_ino_mtime, cursor.u64());
    read(&mut thread.exe_from_memfd, flag(cursor.u8()));
    read(&mut thread.exe_lower_layer, flag(cursor.u8()));
    read(&mut thread.pgid, cursor.i64());
}

fn read<T>(field: &mut T, value: Result<T, Short>) {
    if let Ok(value) = value {
        *field = value;
    }
}

/// Texts, of which the last one may lack its NUL.
fn ended(texts: &[u8]) -> Box<[u8]> {
    match texts.last() {
        None | Some(0) => texts.into(),
        Some(_) => [texts, &[0]].concat().into(),
    }
}
