//! Entries of interface lists.

use super::cursor::{Cursor, Short, until_nul};
use saker_capture_state::Interface;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an entry; `Err` with its type where this is not known.
pub(super) fn interface(cursor: &mut Cursor<'_>) -> Result<Result<Interface, u16>, Short> {
    let code = cursor.u16()?;
    let name_bytes = cursor.u16()?;
    let [address, netmask, broadcast] = match code {
        1 | 3 => addresses::<4>(cursor)?.map(|bytes| Ipv4Addr::from(bytes).into()),
        2 | 4 => addresses::<16>(cursor)?.map(|bytes| Ipv6Addr::from(bytes).into()),
        unknown => return Ok(Err(unknown)),
    };
    let has_speed = matches!(code, 1 | 2);
    let speed_mbit = if has_speed { cursor.u64()? } else { 0 };
    let name = until_nul(cursor.bytes(name_bytes.into())?).into();
    let specified = |address: IpAddr| (!address.is_unspecified()).then_some(address);
    Ok(Ok(Interface {
        name,
        address,
        netmask: Some(netmask),
        broadcast: specified(broadcast),
        speed_mbit,
    }))
}

/// Address, mask of the network, broadcast address.
fn addresses<const N: usize>(cursor: &mut Cursor<'_>) -> Result<[[u8; N]; 3], Short> {
    Ok([cursor.array()?, cursor.array()?, cursor.array()?])
}
