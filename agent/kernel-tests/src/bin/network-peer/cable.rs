//! A bad cable: it joins two networks, and loses, doubles and reverses what goes through it.
//!
//! Not every kernel has the queueing discipline `netem`. Packets of a device `tun` are whole, with their
//! checksums, so that a program can carry them.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// The name of the device in each network.
const DEVICE: &[u8] = b"eth0";

/// How long a packet waits for others that then overtake it.
const HELD: Duration = Duration::from_millis(4);

/// Of so many packets one is lost.
const LOST_OF: u64 = 7;

/// Of so many packets one comes twice.
const DOUBLED_OF: u64 = 3;

/// Packets with less are without payload: heads of IPv4 and TCP with a time and some ranges, or the begin of a
/// connection.
const PAYLOAD_BYTES_MIN: usize = 81;

/// `ONE OTHER`: makes a device in each of both networks, says so, and carries packets until it is ended.
pub(crate) fn carry(arguments: &[String]) {
    let [one, other] = arguments else {
        panic!("two networks");
    };
    let [one, other] = [one, other].map(|network| device(network));
    println!("laid");
    std::thread::scope(|scope| {
        scope.spawn(|| carry_one_way(&one, &other));
        scope.spawn(|| carry_one_way(&other, &one));
    });
}

/// A device of its own in a network.
fn device(network: &str) -> File {
    let network = File::open(network).unwrap_or_else(|error| panic!("{network}: {error}"));
    // SAFETY: a valid descriptor; it changes where this thread makes devices, and nothing else.
    let entered = unsafe { libc::setns(network.as_raw_fd(), libc::CLONE_NEWNET) };
    assert_eq!(entered, 0, "{}", std::io::Error::last_os_error());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")
        .expect("/dev/net/tun");
    // SAFETY: it is plain data, for which zeros are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(DEVICE) {
        *to = from.cast_signed();
    }
    let flags = libc::IFF_TUN | libc::IFF_NO_PI;
    request.ifr_ifru.ifru_flags = flags.try_into().expect("few flags");
    // SAFETY: a valid descriptor and a request that lives through the call.
    let made = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF as _, &raw mut request) };
    assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
    file
}

fn carry_one_way(mut from: &File, to: &File) {
    let mut count = 0_u64;
    loop {
        let mut held = Vec::new();
        wait(from.as_raw_fd(), None);
        while wait(from.as_raw_fd(), Some(HELD)) {
            let mut packet = vec![0; 1 << 16];
            let length = from.read(&mut packet).expect("a packet");
            packet.truncate(length);
            held.push(packet);
        }
        let (payload, empty): (Vec<_>, Vec<_>) = held
            .into_iter()
            .partition(|packet| packet.len() >= PAYLOAD_BYTES_MIN);
        // Those without payload come through, and first: what ends a handshake is not overtaken by what follows.
        for packet in empty {
            send(to, &packet);
        }
        for packet in payload.into_iter().rev() {
            count += 1;
            if count.is_multiple_of(LOST_OF) {
                continue;
            }
            send(to, &packet);
            if count.is_multiple_of(DOUBLED_OF) {
                send(to, &packet);
            }
        }
    }
}

/// What cannot be sent, since the other end is not up or does not take more, is lost as well.
fn send(mut to: &File, packet: &[u8]) {
    if let Err(error) = to.write_all(packet) {
        eprintln!("lost: {error}");
    }
}

/// Waits until there is a packet, or so long; whether there is one.
fn wait(device: RawFd, patience: Option<Duration>) -> bool {
    let patience = patience.map_or(-1, |it| it.as_millis().try_into().expect("not long"));
    let mut descriptor = libc::pollfd {
        fd: device,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one descriptor that lives through the call.
    let ready = unsafe { libc::poll(&raw mut descriptor, 1, patience) };
    ready == 1
}
