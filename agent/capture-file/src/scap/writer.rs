//! Writing captures: small ones for tests, in every form that the reader knows.

mod entries;

use super::block::{BlockType, Content, EntryForm, EventForm, FRAME_BYTES, ThreadForm};
use entries::{descriptor_entry, interface_entry, thread_entry};
use saker_capture_state::{
    DescriptorSnapshot, GroupEntry, Interface, MachineInfo, ThreadSnapshot, UserEntry,
};
use saker_falco_events::{EventCode, EventFlags, Header, event_type};
use std::io::{self, Write};
use std::net::IpAddr;

/// Blocks end where the next multiple of this many bytes begins.
const ALIGNMENT_BYTES: usize = 4;

/// Writes a capture. Not for recording (that is what Saker's own format is for): lists take blocks
/// of the type that is asked for, older ones included, so that tests can have them all.
///
/// # Errors
///
/// Each function fails where the target does, and with [`io::ErrorKind::InvalidInput`] for a type
/// of block that holds something else or a value that its form cannot hold.
#[derive(Debug)]
pub struct Writer<W> {
    target: W,
}

impl<W: Write> Writer<W> {
    /// Begins a capture with its section header.
    pub fn new(target: W) -> io::Result<Self> {
        let mut writer = Self { target };
        writer.section(&[])?;
        Ok(writer)
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.target
    }

    /// Begins another capture; options stand in the form of pcapng.
    pub fn section(&mut self, options: &[u8]) -> io::Result<()> {
        let mut body = Body::default();
        body.u32(0x1a2b_3c4d);
        body.u16(1);
        body.u16(2);
        body.u64(u64::MAX);
        body.0.extend_from_slice(options);
        self.block(BlockType(0x0a0d_0d0a), &body.0)
    }

    /// A block of any type with any body.
    pub fn block(&mut self, block: BlockType, body: &[u8]) -> io::Result<()> {
        let padding = body
            .len()
            .next_multiple_of(ALIGNMENT_BYTES)
            .saturating_sub(body.len());
        let length = u32::try_from(body.len().saturating_add(padding))
            .ok()
            .and_then(|length| length.checked_add(FRAME_BYTES))
            .ok_or_else(|| invalid("a block of more than 4 GiB"))?
            .to_le_bytes();
        self.target.write_all(&block.0.to_le_bytes())?;
        self.target.write_all(&length)?;
        self.target.write_all(body)?;
        let zeros = [0; ALIGNMENT_BYTES];
        self.target
            .write_all(zeros.get(..padding).unwrap_or_default())?;
        self.target.write_all(&length)
    }

    /// The host.
    pub fn machine(&mut self, info: &MachineInfo) -> io::Result<()> {
        let mut body = Body::default();
        body.u32(info.cpus);
        body.u64(info.memory_bytes);
        body.u64(info.pids_max);
        let mut hostname = info.hostname.to_vec();
        hostname.resize(128, 0);
        body.0.extend(hostname);
        body.u64(info.boot_time_ns);
        (0..3).for_each(|_| body.u64(0));
        self.block(BlockType(0x201), &body.0)
    }

    /// Threads, in a block of a process list.
    pub fn threads(&mut self, block: BlockType, threads: &[ThreadSnapshot]) -> io::Result<()> {
        let Content::Threads(form) = block.content() else {
            return Err(invalid("not the type of a process list"));
        };
        let mut body = Body::default();
        for thread in threads {
            let entry = thread_entry(thread, form)?;
            body.entry(&entry, form >= ThreadForm::SIZED, Length::OfAll)?;
        }
        self.block(block, &body.0)
    }

    /// Descriptors of a thread, in a block of a descriptor list.
    pub fn descriptors(
        &mut self,
        block: BlockType,
        tid: i64,
        descriptors: &[DescriptorSnapshot],
    ) -> io::Result<()> {
        let Content::Descriptors(form) = block.content() else {
            return Err(invalid("not the type of a descriptor list"));
        };
        let mut body = Body::default();
        body.i64(tid);
        for snapshot in descriptors {
            let entry = descriptor_entry(snapshot, form)?;
            body.entry(&entry, form == EntryForm::Sized, Length::OfAll)?;
        }
        self.block(block, &body.0)
    }

    /// Interfaces, in a block of an interface list. Those of speed 0 take the form without speed.
    pub fn interfaces(&mut self, block: BlockType, interfaces: &[Interface]) -> io::Result<()> {
        let Content::Interfaces(form) = block.content() else {
            return Err(invalid("not the type of an interface list"));
        };
        let mut body = Body::default();
        for interface in interfaces {
            let entry = interface_entry(interface)?;
            body.entry(&entry, form == EntryForm::Sized, Length::OfRest)?;
        }
        self.block(block, &body.0)
    }

    /// Users and groups, in a block of a user list.
    pub fn users(
        &mut self,
        block: BlockType,
        users: &[UserEntry],
        groups: &[GroupEntry],
    ) -> io::Result<()> {
        let Content::Users(form) = block.content() else {
            return Err(invalid("not the type of a user list"));
        };
        let mut body = Body::default();
        for user in users {
            let mut entry = Body(vec![0]);
            entry.u32(user.uid);
            entry.u32(user.gid);
            entry.counted(&user.name)?;
            entry.counted(&user.home)?;
            entry.counted(&user.shell)?;
            body.entry(&entry, form == EntryForm::Sized, Length::OfAll)?;
        }
        for group in groups {
            let mut entry = Body(vec![1]);
            entry.u32(group.gid);
            entry.counted(&group.name)?;
            body.entry(&entry, form == EntryForm::Sized, Length::OfAll)?;
        }
        self.block(block, &body.0)
    }

    /// An event, in a block of the current form.
    pub fn event(
        &mut self,
        header: Header,
        code: EventCode,
        parameters: &[&[u8]],
    ) -> io::Result<()> {
        let large = is_large(code);
        let block = BlockType(if large { 0x221 } else { 0x216 });
        self.event_in(block, header, code, parameters)
    }

    /// An event, in a block of any form of events.
    pub fn event_in(
        &mut self,
        block: BlockType,
        header: Header,
        code: EventCode,
        parameters: &[&[u8]],
    ) -> io::Result<()> {
        let Content::Event(form) = block.content() else {
            return Err(invalid("not the type of an event"));
        };
        self.block(block, &event_body(form, header, code, parameters)?.0)
    }
}

/// Whether the length of an entry counts its own bytes.
#[derive(Clone, Copy)]
enum Length {
    OfAll,
    OfRest,
}

/// The bytes of a block or an entry.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.0.extend(value.to_le_bytes());
    }

    fn counted(&mut self, bytes: &[u8]) -> io::Result<()> {
        let count = u16::try_from(bytes.len()).map_err(|_| invalid("a text of over 64 KiB"))?;
        self.u16(count);
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn entry(&mut self, entry: &Self, has_length: bool, length: Length) -> io::Result<()> {
        if has_length {
            let own = match length {
                Length::OfAll => 4,
                Length::OfRest => 0,
            };
            let length = u32::try_from(entry.0.len().saturating_add(own));
            self.u32(length.map_err(|_| invalid("an entry of over 4 GiB"))?);
        }
        self.0.extend_from_slice(&entry.0);
        Ok(())
    }

    fn endpoint_ip(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(ip) => self.0.extend(ip.octets()),
            IpAddr::V6(ip) => self.0.extend(ip.octets()),
        }
    }
}

fn is_large(code: EventCode) -> bool {
    event_type(code).is_some_and(|known| known.flags.contains(EventFlags::LARGE_PAYLOAD))
}

fn event_body(
    form: EventForm,
    header: Header,
    code: EventCode,
    parameters: &[&[u8]],
) -> io::Result<Body> {
    let mut rest = Body::default();
    if form.has_count {
        let count = u32::try_from(parameters.len());
        rest.u32(count.map_err(|_| invalid("over four billion parameters"))?);
    }
    for parameter in parameters {
        let length = u32::try_from(parameter.len());
        let length = length.map_err(|_| invalid("a parameter of over 4 GiB"))?;
        if is_large(code) {
            rest.u32(length);
        } else {
            let length = u16::try_from(length);
            rest.u16(length.map_err(|_| invalid("a parameter of over 64 KiB"))?);
        }
    }
    parameters
        .iter()
        .for_each(|parameter| rest.0.extend_from_slice(parameter));
    let mut body = Body::default();
    body.u16(header.cpu);
    if form.has_flags {
        body.u32(0);
    }
    body.u64(header.time_ns);
    body.i64(header.tid);
    let length = u32::try_from(rest.0.len().saturating_add(22));
    body.u32(length.map_err(|_| invalid("an event of over 4 GiB"))?);
    body.u16(code.0);
    body.0.extend(rest.0);
    Ok(body)
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
