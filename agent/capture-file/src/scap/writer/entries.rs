//! The entries of lists.

use super::{Body, invalid};
use crate::scap::block::{EntryForm, ThreadForm};
use saker_capture_state::{
    DescriptorKind, DescriptorSnapshot, Endpoint, Interface, L4Protocol, ThreadSnapshot,
};
use std::io;
use std::net::IpAddr;

pub(super) fn thread_entry(thread: &ThreadSnapshot, form: ThreadForm) -> io::Result<Body> {
    let since = |version| form >= ThreadForm(version);
    let mut entry = Body::default();
    entry.i64(thread.tid);
    entry.i64(thread.pid);
    entry.i64(thread.ptid);
    if since(6) {
        entry.i64(thread.sid);
    }
    if since(8) {
        entry.i64(thread.vpgid);
    }
    entry.counted(&thread.comm)?;
    entry.counted(&thread.exe)?;
    if since(7) {
        entry.counted(&thread.exe_path)?;
    }
    entry.counted(&thread.arguments)?;
    entry.counted(&thread.cwd)?;
    entry.i64(thread.fd_limit);
    entry.u32(thread.flags);
    entry.u32(thread.uid);
    entry.u32(thread.gid);
    if since(2) {
        entry.u32(thread.vm_size_kb);
        entry.u32(thread.vm_rss_kb);
        entry.u32(thread.vm_swap_kb);
        entry.u64(thread.pf_major);
        entry.u64(thread.pf_minor);
    }
    if since(3) {
        entry.counted(&thread.environment)?;
    }
    if since(4) {
        entry.i64(thread.vtid);
        entry.i64(thread.vpid);
        entry.counted(&thread.cgroups)?;
    }
    if since(5) {
        entry.counted(&thread.root)?;
    }
    if since(9) {
        thread_extension(&mut entry, thread);
    }
    Ok(entry)
}

fn thread_extension(entry: &mut Body, thread: &ThreadSnapshot) {
    entry.u64(thread.pidns_init_start_ts);
    entry.u32(thread.tty);
    entry.u32(thread.loginuid);
    entry.u8(thread.exe_writable.into());
    entry.u64(thread.cap_inheritable);
    entry.u64(thread.cap_permitted);
    entry.u64(thread.cap_effective);
    entry.u8(thread.exe_upper_layer.into());
    entry.u64(thread.exe_ino);
    entry.u64(thread.exe_ino_ctime);
    entry.u64(thread.exe_ino_mtime);
    entry.u8(thread.exe_from_memfd.into());
    entry.u8(thread.exe_lower_layer.into());
    entry.i64(thread.pgid);
}

pub(super) fn descriptor_entry(snapshot: &DescriptorSnapshot, form: EntryForm) -> io::Result<Body> {
    let descriptor = &snapshot.descriptor;
    let mut entry = Body::default();
    entry.i64(snapshot.number);
    entry.u64(descriptor.inode);
    match &descriptor.kind {
        DescriptorKind::Ipv4 {
            source,
            destination,
            protocol,
        } => connection(&mut entry, 3, [source, destination], *protocol),
        DescriptorKind::Ipv6 {
            source,
            destination,
            protocol,
        } => connection(&mut entry, 4, [source, destination], *protocol),
        DescriptorKind::Ipv4Server { local, protocol } => server(&mut entry, 5, local, *protocol),
        DescriptorKind::Ipv6Server { local, protocol } => server(&mut entry, 6, local, *protocol),
        DescriptorKind::Unix {
            source,
            destination,
        } => {
            entry.u8(8);
            entry.u64(*source);
            entry.u64(*destination);
            entry.counted(&descriptor.name)?;
        }
        DescriptorKind::File => {
            entry.u8(16);
            entry.u32(descriptor.open_flags);
            entry.counted(&descriptor.name)?;
            if form == EntryForm::Sized {
                entry.u32(descriptor.device);
            }
        }
        kind => {
            entry.u8(named_code(kind).ok_or_else(|| invalid("a descriptor of no known kind"))?);
            entry.counted(&descriptor.name)?;
        }
    }
    Ok(entry)
}

const fn named_code(kind: &DescriptorKind) -> Option<u8> {
    Some(match kind {
        DescriptorKind::Directory => 2,
        DescriptorKind::Fifo => 7,
        DescriptorKind::Event => 9,
        DescriptorKind::Unsupported => 10,
        DescriptorKind::SignalFd => 11,
        DescriptorKind::EventPoll => 12,
        DescriptorKind::Inotify => 13,
        DescriptorKind::TimerFd => 14,
        DescriptorKind::Netlink => 15,
        DescriptorKind::Bpf => 17,
        DescriptorKind::UserFaultFd => 18,
        DescriptorKind::IoUring => 19,
        DescriptorKind::MemFd => 20,
        DescriptorKind::PidFd => 21,
        _ => return None,
    })
}

fn connection(entry: &mut Body, code: u8, ends: [&Endpoint; 2], protocol: L4Protocol) {
    entry.u8(code);
    for end in ends {
        entry.endpoint_ip(end.ip);
    }
    for end in ends {
        entry.u16(end.port);
    }
    entry.u8(protocol_code(protocol));
}

fn server(entry: &mut Body, code: u8, local: &Endpoint, protocol: L4Protocol) {
    entry.u8(code);
    entry.endpoint_ip(local.ip);
    entry.u16(local.port);
    entry.u8(protocol_code(protocol));
}

const fn protocol_code(protocol: L4Protocol) -> u8 {
    match protocol {
        L4Protocol::Unknown => 0,
        L4Protocol::NotApplicable => 1,
        L4Protocol::Tcp => 2,
        L4Protocol::Udp => 3,
        L4Protocol::Icmp => 4,
        L4Protocol::Raw => 5,
    }
}

pub(super) fn interface_entry(interface: &Interface) -> io::Result<Body> {
    let mut entry = Body::default();
    let has_speed = interface.speed_mbit > 0;
    entry.u16(match (interface.address, has_speed) {
        (IpAddr::V4(_), true) => 1,
        (IpAddr::V6(_), true) => 2,
        (IpAddr::V4(_), false) => 3,
        (IpAddr::V6(_), false) => 4,
    });
    let name_bytes = u16::try_from(interface.name.len());
    entry.u16(name_bytes.map_err(|_| invalid("a name of over 64 KiB"))?);
    entry.endpoint_ip(interface.address);
    for address in [interface.netmask, interface.broadcast] {
        let address = address.filter(|address| address.is_ipv4() == interface.address.is_ipv4());
        entry.endpoint_ip(address.unwrap_or(match interface.address {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        }));
    }
    if has_speed {
        entry.u64(interface.speed_mbit);
    }
    entry.0.extend_from_slice(&interface.name);
    Ok(entry)
}
