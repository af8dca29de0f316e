//! The programs that see connections, and what they reported of sockets of the test.

use saker_event_decode::{EventView, SocketView};
use saker_event_schema::{EventId, event};
use saker_kernel_source::{
    EventReader, FlowSatisfaction, KernelSource, LossCounters, NetworkOptions, SourceOptions,
};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a record may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The loaded programs and their records.
pub(crate) struct Scene {
    source: KernelSource,
    reader: EventReader,
    pub(crate) losses: LossCounters,
    pub(crate) satisfaction: FlowSatisfaction,
    records: Vec<Vec<u8>>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(NetworkOptions::default())
    }

    pub(crate) fn with(network: NetworkOptions) -> Self {
        let mut source = KernelSource::load(SourceOptions {
            network: Some(network),
            include_self: true,
            ..SourceOptions::default()
        })
        .unwrap_or_else(|error| panic!("{error}"));
        assert_whole(&source);
        let reader = source.reader().expect("the rings");
        let losses = source.counters().expect("the counters");
        let satisfaction = source
            .flow_satisfaction()
            .expect("the map")
            .expect("connections are seen");
        source.attach().unwrap_or_else(|error| panic!("{error}"));
        assert_whole(&source);
        Self {
            source,
            reader,
            losses,
            satisfaction,
            records: Vec::new(),
        }
    }

    /// Detaches the programs and reads what is left.
    pub(crate) fn stop(&mut self) {
        self.source.detach().expect("detached");
        self.drain();
    }

    /// Reads what is there.
    pub(crate) fn drain(&mut self) {
        while self.read() {}
    }

    /// Reads a round; whether there may be more.
    fn read(&mut self) -> bool {
        let outcome = self.reader.read(|record| {
            let view = EventView::parse(record).expect("a record of our own programs");
            if view.row().category == "flow" {
                self.records.push(record.to_vec());
            }
        });
        outcome.delivered != 0 || outcome.waiting != 0
    }

    /// What was reported of a socket, in order, once `is_whole` says that it is all there.
    pub(crate) fn wait(
        &mut self,
        cookie: u64,
        is_whole: impl Fn(&[Seen<'_>]) -> bool,
    ) -> Vec<Seen<'_>> {
        let limit = Instant::now() + PATIENCE;
        while !is_whole(&self.of(cookie)) {
            assert!(
                Instant::now() < limit,
                "socket {cookie}: {:#?}",
                self.of(cookie)
            );
            if !self.read() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        self.of(cookie)
    }

    /// What was reported of a socket until it was closed.
    pub(crate) fn until_closed(&mut self, cookie: u64) -> Vec<Seen<'_>> {
        self.wait(cookie, |seen| {
            seen.iter().any(|seen| seen.id() == event::FLOW_CLOSED)
        })
    }

    /// What was reported of a socket so far.
    pub(crate) fn of(&self, cookie: u64) -> Vec<Seen<'_>> {
        self.all().filter(|seen| seen.cookie() == cookie).collect()
    }

    /// Everything that was reported.
    pub(crate) fn all(&self) -> impl Iterator<Item = Seen<'_>> {
        self.records
            .iter()
            .map(|record| Seen(EventView::parse(record).expect("was parsed before")))
    }
}

/// Nothing of what is wanted is lost on this kernel.
fn assert_whole(source: &KernelSource) {
    let losses: Vec<String> = source
        .losses()
        .map(|loss| format!("{loss}: {}", loss.reason))
        .collect();
    assert!(losses.is_empty(), "{losses:#?}");
}

/// A row about a socket.
pub(crate) struct Seen<'a>(pub(crate) EventView<'a>);

impl<'a> Seen<'a> {
    pub(crate) fn id(&self) -> EventId {
        self.0.id()
    }

    pub(crate) fn cookie(&self) -> u64 {
        self.number("cookie")
    }

    pub(crate) fn number(&self, argument: &str) -> u64 {
        let slot = self.0.row().slot(argument).expect(argument);
        self.0.unsigned(slot).expect(argument)
    }

    pub(crate) fn socket(&self, argument: &str) -> SocketView<'a> {
        let slot = self.0.row().slot(argument).expect(argument);
        self.0.socket(slot).expect(argument)
    }

    pub(crate) fn ends(&self) -> (SocketAddr, SocketAddr) {
        let socket = self.socket("socket");
        (
            socket.local().expect("local"),
            socket.remote().expect("remote"),
        )
    }

    pub(crate) fn payload(&self) -> &'a [u8] {
        let slot = self.0.row().slot("payload").expect("payload");
        self.0.data(slot).expect("payload").bytes
    }

    pub(crate) fn is_ingress(&self) -> bool {
        self.number("is_ingress") == 1
    }

    pub(crate) fn flags(&self) -> u16 {
        self.0.header().flags
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.header().pid
    }
}

impl std::fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let header = self.0.header();
        let (local, remote) = self.ends();
        write!(
            f,
            "{} {} pid {} flags {} role {} {local} {remote}",
            self.cookie(),
            self.0.row().name,
            header.pid,
            header.flags,
            self.socket("socket").tuple.role,
        )?;
        if self.id() == event::FLOW_PAYLOAD {
            write!(
                f,
                " in {} offset {} sent {} captured {}",
                self.number("is_ingress"),
                self.number("offset"),
                self.number("sent"),
                self.payload().len()
            )?;
        }
        if self.id() == event::FLOW_CLOSED {
            write!(
                f,
                " sent {} received {} established {}",
                self.number("sent_bytes"),
                self.number("received_bytes"),
                self.number("was_established")
            )?;
        }
        Ok(())
    }
}

/// The rows of a kind.
pub(crate) fn rows<'s, 'a>(seen: &'s [Seen<'a>], id: EventId) -> Vec<&'s Seen<'a>> {
    seen.iter().filter(|seen| seen.id() == id).collect()
}

/// The bytes that were reported of a direction, put together; what was not reported is `None`.
pub(crate) fn stream(seen: &[Seen<'_>], is_ingress: bool) -> Vec<Option<u8>> {
    let mut bytes = Vec::new();
    for row in rows(seen, event::FLOW_PAYLOAD) {
        if row.is_ingress() != is_ingress {
            continue;
        }
        let offset = usize::try_from(row.number("offset")).expect("offset");
        let end = offset + row.payload().len();
        if bytes.len() < end {
            bytes.resize(end, None);
        }
        for (place, byte) in bytes[offset..end].iter_mut().zip(row.payload()) {
            *place = Some(*byte);
        }
    }
    bytes
}

/// The time, nanoseconds since boot.
pub(crate) fn now_boot_ns() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place is valid for the call.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    assert_eq!(result, 0, "the time");
    (now.tv_sec as u64) * 1_000_000_000 + now.tv_nsec as u64
}

/// The kernel's name of a socket.
pub(crate) fn cookie(socket: &impl AsFd) -> u64 {
    let socket: BorrowedFd<'_> = socket.as_fd();
    let (mut cookie, mut length) = (0u64, 8);
    // SAFETY: both are valid for the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut length,
        )
    };
    assert_eq!(result, 0, "SO_COOKIE");
    cookie
}

/// Both ends of a connection over loopback.
pub(crate) fn pair(listen_at: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(listen_at).expect("bound");
    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    client.set_nodelay(true).expect("no delay");
    server.set_nodelay(true).expect("no delay");
    (client, server)
}

/// Bytes that were all reported.
pub(crate) fn some(bytes: &[u8]) -> Vec<Option<u8>> {
    bytes.iter().copied().map(Some).collect()
}

/// Sets a number of a socket.
pub(crate) fn set_option(socket: &impl AsFd, level: i32, option: i32, value: i32) {
    // SAFETY: the value is valid for the call and has the stated size.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            4,
        )
    };
    assert_eq!(result, 0, "option {option}");
}

/// A socket of TCP that is neither connected nor listens, which the standard library does not have.
pub(crate) struct TcpSocket(OwnedFd);

impl TcpSocket {
    pub(crate) fn new() -> Self {
        // SAFETY: a new descriptor belongs to nobody else.
        unsafe {
            let descriptor = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
            assert!(descriptor >= 0, "socket");
            Self(OwnedFd::from_raw_fd(descriptor))
        }
    }

    /// Binds it to a port of loopback that the kernel chooses.
    pub(crate) fn bind(&self) -> u16 {
        let mut address = loopback(0);
        let mut length = size_of::<libc::sockaddr_in>() as u32;
        let place = &raw mut address;
        // SAFETY: the address is valid for both calls.
        unsafe {
            let descriptor = self.0.as_raw_fd();
            assert_eq!(libc::bind(descriptor, place.cast(), length), 0);
            assert_eq!(
                libc::getsockname(descriptor, place.cast(), &raw mut length),
                0
            );
        }
        u16::from_be(address.sin_port)
    }

    /// Connects it to a port of loopback, or says which errno it got.
    pub(crate) fn connect(&self, port: u16) -> Result<(), i32> {
        let address = loopback(port);
        let length = size_of::<libc::sockaddr_in>() as u32;
        // SAFETY: the address is valid for the call.
        let result =
            unsafe { libc::connect(self.0.as_raw_fd(), (&raw const address).cast(), length) };
        if result == 0 {
            return Ok(());
        }
        Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }
}

/// Takes the peer of a socket away, so that it may have another one.
pub(crate) fn disconnect(socket: &impl AsFd) {
    let address = libc::sockaddr_in {
        sin_family: libc::AF_UNSPEC as u16,
        ..loopback(0)
    };
    let length = size_of::<libc::sockaddr_in>() as u32;
    // SAFETY: the address is valid for the call.
    let result = unsafe {
        libc::connect(
            socket.as_fd().as_raw_fd(),
            (&raw const address).cast(),
            length,
        )
    };
    assert_eq!(result, 0, "disconnected");
}

impl From<TcpSocket> for OwnedFd {
    fn from(socket: TcpSocket) -> Self {
        socket.0
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

pub(crate) fn loopback(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes([127, 0, 0, 1]),
        },
        sin_zero: [0; 8],
    }
}
