//! Entries of descriptor lists.

use super::block::EntryForm;
use super::cursor::{Cursor, Short};
use saker_capture_state::{
    Descriptor, DescriptorKind, DescriptorSnapshot, Endpoint, L4Protocol, Role, SocketState,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an entry, or goes past one of unknown kind (`None`). `cursor` ends with the entry where its
/// length is stated, which has been read.
///
/// Connections have no name here: it follows from their ends.
pub(super) fn descriptor(
    cursor: &mut Cursor<'_>,
    form: EntryForm,
) -> Result<Option<DescriptorSnapshot>, Short> {
    let number = cursor.i64()?;
    let inode = cursor.u64()?;
    let code = cursor.u8()?;
    let mut descriptor = Descriptor {
        kind: DescriptorKind::Unknown,
        name: Box::default(),
        name_raw: Box::default(),
        open_flags: 0,
        device: 0,
        inode,
        role: Role::None,
        state: SocketState::None,
        is_overlay_upper: false,
        is_overlay_lower: false,
        pid: 0,
    };
    match code {
        0 => return Ok(None),
        3 | 4 => connection(&mut descriptor, cursor, code == 4)?,
        5 => {
            let local = Endpoint {
                ip: Ipv4Addr::from(cursor.array()?).into(),
                port: cursor.u16()?,
            };
            let protocol = protocol(cursor.u8()?);
            descriptor.kind = DescriptorKind::Ipv4Server { local, protocol };
        }
        6 => {
            let local = Endpoint {
                ip: Ipv6Addr::from(cursor.array::<16>()?).into(),
                port: cursor.u16()?,
            };
            let protocol = protocol(cursor.u8()?);
            descriptor.kind = DescriptorKind::Ipv6Server { local, protocol };
        }
        8 => {
            descriptor.kind = DescriptorKind::Unix {
                source: cursor.u64()?,
                destination: cursor.u64()?,
            };
            descriptor.name = cursor.text()?;
            descriptor.role = if descriptor.name.is_empty() {
                Role::Client
            } else {
                Role::Server
            };
        }
        16 => {
            descriptor.kind = DescriptorKind::File;
            descriptor.open_flags = cursor.u32()?;
            descriptor.name = cursor.text()?;
            if form == EntryForm::Sized {
                descriptor.device = cursor.u32().unwrap_or_default();
            }
        }
        _ => match named_kind(code) {
            Some(kind) => {
                descriptor.kind = kind;
                descriptor.name = cursor.text()?;
            }
            None => {
                descriptor.kind = DescriptorKind::Unsupported;
                descriptor.name = format!("unknown-type:[{code}]").into_bytes().into();
            }
        },
    }
    Ok(Some(DescriptorSnapshot { number, descriptor }))
}

/// The kinds of which a list tells no more than a name.
const fn named_kind(code: u8) -> Option<DescriptorKind> {
    Some(match code {
        1 => DescriptorKind::File,
        2 => DescriptorKind::Directory,
        7 => DescriptorKind::Fifo,
        9 => DescriptorKind::Event,
        10 => DescriptorKind::Unsupported,
        11 => DescriptorKind::SignalFd,
        12 => DescriptorKind::EventPoll,
        13 => DescriptorKind::Inotify,
        14 => DescriptorKind::TimerFd,
        15 => DescriptorKind::Netlink,
        17 => DescriptorKind::Bpf,
        18 => DescriptorKind::UserFaultFd,
        19 => DescriptorKind::IoUring,
        20 => DescriptorKind::MemFd,
        21 => DescriptorKind::PidFd,
        _ => return None,
    })
}

fn connection(
    descriptor: &mut Descriptor,
    cursor: &mut Cursor<'_>,
    is_ipv6: bool,
) -> Result<(), Short> {
    let (source, destination) = if is_ipv6 {
        let source = Ipv6Addr::from(cursor.array::<16>()?);
        let destination = Ipv6Addr::from(cursor.array::<16>()?);
        match (as_ipv4(source), as_ipv4(destination)) {
            (Some(source), Some(destination)) => (source.into(), destination.into()),
            _ => (source.into(), destination.into()),
        }
    } else {
        let source = Ipv4Addr::from(cursor.array()?);
        let destination = Ipv4Addr::from(cursor.array()?);
        (IpAddr::from(source), IpAddr::from(destination))
    };
    let source_port = cursor.u16()?;
    let destination_port = cursor.u16()?;
    let protocol = protocol(cursor.u8()?);
    let source = Endpoint {
        ip: source,
        port: source_port,
    };
    let destination = Endpoint {
        ip: destination,
        port: destination_port,
    };
    descriptor.kind = match source.ip {
        IpAddr::V4(_) => DescriptorKind::Ipv4 {
            source,
            destination,
            protocol,
        },
        IpAddr::V6(_) => DescriptorKind::Ipv6 {
            source,
            destination,
            protocol,
        },
    };
    if protocol == L4Protocol::Tcp {
        descriptor.state = SocketState::Connected;
    }
    Ok(())
}

/// The address of IPv4 that one of IPv6 stands for, or the unspecified one.
fn as_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if address.is_unspecified() {
        return Some(Ipv4Addr::UNSPECIFIED);
    }
    address.to_ipv4_mapped()
}

const fn protocol(code: u8) -> L4Protocol {
    match code {
        1 => L4Protocol::NotApplicable,
        2 => L4Protocol::Tcp,
        3 => L4Protocol::Udp,
        4 => L4Protocol::Icmp,
        5 => L4Protocol::Raw,
        _ => L4Protocol::Unknown,
    }
}
