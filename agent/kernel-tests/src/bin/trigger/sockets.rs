//! Sockets on loopback.

use crate::call::{address, address_of, must};
use crate::{Scenario, fact};
use std::mem::size_of;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;

/// `struct sockaddr_in`.
#[repr(C)]
struct Ipv4Address {
    family: u16,
    port: u16,
    address: u32,
    zero: [u8; 8],
}

impl Ipv4Address {
    fn loopback(port: u16) -> Self {
        Self {
            family: libc::AF_INET as u16,
            port: port.to_be(),
            address: u32::from(Ipv4Addr::LOCALHOST).to_be(),
            zero: [0; 8],
        }
    }
}

const ADDRESS_BYTES: i64 = size_of::<Ipv4Address>() as i64;
const INET: i64 = libc::AF_INET as i64;
const STREAM: i64 = (libc::SOCK_STREAM | libc::SOCK_CLOEXEC) as i64;
const TCP: i64 = libc::IPPROTO_TCP as i64;

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("socket", |_| {
        must(libc::SYS_socket, &[INET, STREAM, TCP]);
    }),
    ("bind", |_| {
        let socket = must(libc::SYS_socket, &[INET, STREAM, 0]);
        let place = Ipv4Address::loopback(0);
        must(libc::SYS_bind, &[socket, address_of(&place), ADDRESS_BYTES]);
    }),
    ("connect", |_| connect_to_self()),
    ("connect_unix", |paths| {
        let listener = std::os::unix::net::UnixListener::bind(path(&paths[0])).expect("a listener");
        std::os::unix::net::UnixStream::connect(path(&paths[0])).expect("a connection");
        drop(listener);
    }),
    ("connect_ipv6", |_| {
        let listener = TcpListener::bind("[::1]:0").expect("a listener");
        let there = listener.local_addr().expect("its address");
        let stream = TcpStream::connect(there).expect("a connection");
        print_both(stream.local_addr().expect("its address"), there);
    }),
    ("listen", |_| {
        let socket = must(libc::SYS_socket, &[INET, STREAM, 0]);
        must(libc::SYS_listen, &[socket, 7]);
    }),
    ("accept", |_| {
        let (listener, stream) = connected();
        must(libc::SYS_accept, &[i64::from(listener.as_raw_fd()), 0, 0]);
        drop(stream);
    }),
    ("accept4", |_| {
        let (listener, stream) = connected();
        let close_on_exec = i64::from(libc::SOCK_CLOEXEC);
        must(
            libc::SYS_accept4,
            &[i64::from(listener.as_raw_fd()), 0, 0, close_on_exec],
        );
        drop(stream);
    }),
    ("dup_socket", |_| {
        let (listener, stream) = connected();
        must(libc::SYS_dup2, &[i64::from(stream.as_raw_fd()), 0]);
        drop(listener);
    }),
];

fn path(text: &std::ffi::CStr) -> &std::path::Path {
    std::path::Path::new(std::ffi::OsStr::new(text.to_str().expect("text")))
}

fn connect_to_self() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let there = listener.local_addr().expect("its address");
    let socket = must(libc::SYS_socket, &[INET, STREAM, TCP]);
    let place = Ipv4Address::loopback(there.port());
    must(
        libc::SYS_connect,
        &[socket, address_of(&place), ADDRESS_BYTES],
    );
    let (stream, from) = listener.accept().expect("the connection");
    print_both(from, there);
    drop(stream);
    let _keep = address(c"");
}

/// A listener and a connection to it that it has not accepted yet.
fn connected() -> (TcpListener, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let there = listener.local_addr().expect("its address");
    let stream = TcpStream::connect(there).expect("a connection");
    print_both(stream.local_addr().expect("its address"), there);
    fact("listener", listener.as_raw_fd());
    fact("stream", stream.as_raw_fd());
    (listener, stream)
}

fn print_both(client: SocketAddr, server: SocketAddr) {
    fact("client", client);
    fact("server", server);
}
