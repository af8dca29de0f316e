//! Packets that anybody could send, and that TCP throws away.

use crate::scene::{Scene, TcpSocket, cookie, pair, rows, set_option, some, stream};
use saker_event_schema::event;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Farther ahead than any window of a connection that just began.
const FAR_AHEAD: u32 = 2 << 20;

/// A segment with the flag ACK from one port of loopback to another.
fn segment(from: u16, to: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    const WORDS_AND_FLAGS: [u8; 2] = [5 << 4, 0x10];
    let mut segment = Vec::new();
    segment.extend(from.to_be_bytes());
    segment.extend(to.to_be_bytes());
    segment.extend(sequence.to_be_bytes());
    segment.extend(1_u32.to_be_bytes());
    segment.extend(WORDS_AND_FLAGS);
    // Window, checksum, urgent pointer.
    segment.extend([0x10, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    let checksum = checksum(&segment);
    segment[16..18].copy_from_slice(&checksum.to_be_bytes());
    segment
}

/// That of a segment of IPv4 over loopback.
fn checksum(segment: &[u8]) -> u16 {
    let mut covered = Vec::new();
    covered.extend(Ipv4Addr::LOCALHOST.octets());
    covered.extend(Ipv4Addr::LOCALHOST.octets());
    covered.extend([0, 6]);
    covered.extend((segment.len() as u16).to_be_bytes());
    covered.extend(segment);
    if covered.len() % 2 == 1 {
        covered.push(0);
    }
    let words = covered.chunks(2);
    let mut sum: u32 = words
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])))
        .sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Sends a segment as nobody's.
fn forge(from: u16, to: u16, sequence: u32, payload: &[u8]) {
    let segment = segment(from, to, sequence, payload);
    // SAFETY: a new descriptor belongs to nobody else; the address and the bytes are valid for the call.
    unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 6);
        assert!(descriptor >= 0, "a raw socket");
        let socket = OwnedFd::from_raw_fd(descriptor);
        let address = crate::scene::loopback(0);
        let sent = libc::sendto(
            socket.as_raw_fd(),
            segment.as_ptr().cast(),
            segment.len(),
            0,
            (&raw const address).cast(),
            size_of::<libc::sockaddr_in>() as u32,
        );
        assert_eq!(sent, segment.len() as isize);
    }
}

/// The number of the byte that a connection sends next.
fn next_sequence(socket: &TcpStream) -> u32 {
    const SEND_QUEUE: i32 = 2;
    const OFF_WITHOUT_PROBE: i32 = -1;
    set_option(socket, libc::IPPROTO_TCP, libc::TCP_REPAIR, 1);
    set_option(
        socket,
        libc::IPPROTO_TCP,
        libc::TCP_REPAIR_QUEUE,
        SEND_QUEUE,
    );
    let (mut sequence, mut length) = (0u32, 4);
    // SAFETY: both are valid for the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_QUEUE_SEQ,
            (&raw mut sequence).cast(),
            &raw mut length,
        )
    };
    assert_eq!(result, 0, "TCP_QUEUE_SEQ");
    set_option(
        socket,
        libc::IPPROTO_TCP,
        libc::TCP_REPAIR,
        OFF_WITHOUT_PROBE,
    );
    sequence
}

/// Has the thread stay on its processor: what is sent over loopback arrives there.
fn stay() {
    // SAFETY: the set is valid for both calls.
    unsafe {
        let mut processors: libc::cpu_set_t = std::mem::zeroed();
        let processor = usize::try_from(libc::sched_getcpu()).expect("a processor");
        libc::CPU_SET(processor, &mut processors);
        let size = size_of::<libc::cpu_set_t>();
        assert_eq!(libc::sched_setaffinity(0, size, &raw const processors), 0);
    }
}

#[test]
fn a_segment_far_ahead_hides_nothing() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let sequence = next_sequence(&client);
    let from = client.local_addr().expect("local").port();
    let to = client.peer_addr().expect("peer").port();
    for ahead in [FAR_AHEAD, 1 << 30] {
        forge(from, to, sequence.wrapping_add(ahead), b"nonsense");
    }
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
    server.read_exact(&mut [0; 18]).expect("received");
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(server_cookie);
    assert_eq!(stream(&seen, true), some(b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(rows(&seen, event::FLOW_PAYLOAD).len(), 1, "{seen:#?}");
}

#[test]
fn what_is_sent_to_a_listener_is_not_the_next_connections_own() {
    stay();
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let to = listener.local_addr().expect("address").port();
    let socket = TcpSocket::new();
    let from = socket.bind();
    forge(from, to, 1_000, b"\x16\x03\x01\x00\x05hello");
    socket.connect(to).expect("connected");
    let (mut server, _) = listener.accept().expect("accepted");
    let mut client = TcpStream::from(OwnedFd::from(socket));
    client.write_all(b"PING\r\n").expect("sent");
    server.read_exact(&mut [0; 6]).expect("received");
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(server_cookie);
    assert_eq!(stream(&seen, true), some(b"PING\r\n"));
}
