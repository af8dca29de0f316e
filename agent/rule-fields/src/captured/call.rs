//! The calls whose events mean something to a field, told apart by their code.

use saker_falco_events::{Direction, Event, EventFlags, EventType, event_types};
use std::sync::LazyLock;

/// A call that some field treats in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `open`.
    Open,
    /// `openat`.
    OpenAt,
    /// `openat2`.
    OpenAt2,
    /// `open_by_handle_at`.
    OpenByHandleAt,
    /// `creat`.
    Creat,
    /// `accept` and `accept4`.
    Accept,
    /// `connect`.
    Connect,
    /// `socket`.
    Socket,
    /// `pipe` and `pipe2`.
    Pipe,
    /// `eventfd` and `eventfd2`.
    EventFd,
    /// `signalfd` and `signalfd4`.
    SignalFd,
    /// `timerfd_create`.
    TimerFd,
    /// `inotify_init` and `inotify_init1`.
    Inotify,
    /// `poll` and `ppoll`.
    Poll,
    /// Any other.
    Other,
}

/// The call of each code, enter and exit alike.
static CALLS: LazyLock<Box<[Call]>> = LazyLock::new(|| event_types().map(of_type).collect());

impl Call {
    /// The call of an event; of both its events where it has two.
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let code = usize::from(event.event_type.code.0);
        CALLS.get(code).copied().unwrap_or(Self::Other)
    }

    /// The call of an event that it made when it returned.
    pub(crate) fn of_exit(event: &Event<'_>) -> Self {
        match event.event_type.code.direction() {
            Direction::Exit => Self::of(event),
            Direction::Enter => Self::Other,
        }
    }

    /// Whether the call opens a file by its name or handle.
    pub(crate) const fn opens_file(self) -> bool {
        matches!(
            self,
            Self::Open | Self::OpenAt | Self::OpenAt2 | Self::OpenByHandleAt | Self::Creat
        )
    }

    /// Whether the call connects a socket or takes a connection.
    pub(crate) const fn makes_connection(self) -> bool {
        matches!(self, Self::Accept | Self::Connect)
    }
}

/// Forms of older captures are converted before fields are read; what is left of them has no
/// meaning to any field.
fn of_type(event_type: &EventType) -> Call {
    if is_old(event_type) {
        return Call::Other;
    }
    match event_type.name {
        "open" => Call::Open,
        "openat" => Call::OpenAt,
        "openat2" => Call::OpenAt2,
        "open_by_handle_at" => Call::OpenByHandleAt,
        "creat" => Call::Creat,
        "accept" | "accept4" => Call::Accept,
        "connect" => Call::Connect,
        "socket" => Call::Socket,
        "pipe" | "pipe2" => Call::Pipe,
        "eventfd" | "eventfd2" => Call::EventFd,
        "signalfd" | "signalfd4" => Call::SignalFd,
        "timerfd_create" => Call::TimerFd,
        "inotify_init" | "inotify_init1" => Call::Inotify,
        "poll" | "ppoll" => Call::Poll,
        _ => Call::Other,
    }
}

/// Whether a code was replaced by another. The enter events of the newest forms count as replaced
/// too: nothing but their exits is made any more.
pub(super) fn is_old(event_type: &EventType) -> bool {
    event_type.code.direction() == Direction::Exit
        && event_type.flags.contains(EventFlags::OLD_VERSION)
}
