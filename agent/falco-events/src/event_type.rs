//! What is known about all events of one code.

/// Number of a kind of event; enter and exit of a call have codes of their own, and so has each
/// version of an event whose parameters changed. Even codes are enter events, odd ones exit events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventCode(pub u16);

/// Whether an event was made when a call began or when it returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// When it began: `>`. Also events that are no calls.
    Enter,
    /// When it returned: `<`.
    Exit,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Exists only so that each exit has an enter.
    Unknown,
    /// Nothing of the others.
    Other,
    /// Files and directories.
    File,
    /// Sockets.
    Net,
    /// Communication between processes.
    Ipc,
    /// Memory.
    Memory,
    /// Processes and threads.
    Process,
    /// Plain sleep.
    Sleep,
    /// The system as a whole.
    System,
    /// Signals.
    Signal,
    /// Users and groups.
    User,
    /// Clocks.
    Time,
    /// Work inside of a program.
    Processing,
    /// Reading from any descriptor; what the descriptor is decides the category of an event.
    IoRead,
    /// Writing to any descriptor; as [`Self::IoRead`].
    IoWrite,
    /// Other work on any descriptor; as [`Self::IoRead`].
    IoOther,
    /// Waiting for any descriptor.
    Wait,
    /// Switches between threads.
    Scheduler,
    /// Made by Falco itself.
    Internal,
}

/// Where events of a kind come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A system call.
    Syscall,
    /// A tracepoint of the kernel.
    Tracepoint,
    /// A plugin.
    Plugin,
    /// Falco itself.
    Meta,
    /// A walk over what is there, when Falco starts.
    Iterator,
    /// None of these.
    Unknown,
}

/// What events of a kind do: a set of the constants of this type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFlags(pub u16);

/// How the value of a parameter is laid out. Numbers are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Signed, 1 byte.
    Int8,
    /// Signed, 2 bytes.
    Int16,
    /// Signed, 4 bytes.
    Int32,
    /// Signed, 8 bytes.
    Int64,
    /// 1 byte.
    Uint8,
    /// 2 bytes.
    Uint16,
    /// 4 bytes.
    Uint32,
    /// 8 bytes.
    Uint64,
    /// Text that ends with a NUL.
    Text,
    /// Any bytes.
    Bytes,
    /// Signed, 8 bytes: what a call returned, negative for an error.
    Errno,
    /// An address: family (1 byte), then as the family has it.
    SocketAddress,
    /// Two addresses: family (1 byte), then both ends.
    SocketTuple,
    /// A descriptor, signed, 8 bytes.
    Fd,
    /// A descriptor, signed, 4 bytes.
    Fd32,
    /// A process or thread, signed, 8 bytes.
    Pid,
    /// A process or thread, signed, 4 bytes.
    Pid32,
    /// Descriptors with flags: count (2 bytes), then 10 bytes each.
    FdList,
    /// A path, absolute or relative to the working directory; ends with a NUL.
    Path,
    /// A path relative to the directory that the parameter with this index is; ends with a NUL.
    PathRelativeTo(u8),
    /// Code of a system call of Falco's own numbering, 2 bytes.
    SyscallId,
    /// A signal, 1 byte.
    Signal,
    /// A span of time, nanoseconds, 8 bytes.
    RelativeTime,
    /// A point in time, nanoseconds since the epoch, 8 bytes.
    AbsoluteTime,
    /// A port, 2 bytes.
    Port,
    /// A protocol on top of IP, 1 byte.
    L4Protocol,
    /// A socket family, 1 byte.
    SocketFamily,
    /// Yes or no, 4 bytes.
    Bool,
    /// An address of IPv4, 4 bytes.
    Ipv4Address,
    /// Of one of several layouts: an index (1 byte) into the list that comes with it, then the value.
    Dynamic(&'static [Parameter]),
    /// Bits, 1 byte.
    Flags8,
    /// Bits, 2 bytes.
    Flags16,
    /// Bits, 4 bytes.
    Flags32,
    /// One of several values, 1 byte.
    Enum8,
    /// One of several values, 2 bytes.
    Enum16,
    /// One of several values, 4 bytes.
    Enum32,
    /// A user, 4 bytes.
    Uid,
    /// A group, 4 bytes.
    Gid,
    /// A floating-point number, 8 bytes.
    Double,
    /// A set of signals, 4 bytes.
    SignalSet,
    /// Texts, each ended by a NUL.
    TextArray,
    /// Pairs of texts, each ended by a NUL.
    TextPairArray,
    /// Permission bits, 4 bytes.
    Mode,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not a number.
    None,
    /// Decimal.
    Decimal,
    /// Hexadecimal.
    Hexadecimal,
    /// Decimal, ten digits with zeros in front.
    PaddedDecimal,
    /// A name.
    Id,
    /// A direction.
    Direction,
    /// Octal.
    Octal,
}

/// One parameter of all events of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name, as `evt.arg` takes it.
    pub name: &'static str,
    /// Layout of the value.
    pub kind: ParameterKind,
    /// How it is written, if it is a number.
    pub format: Format,
    /// Names of values or bits, if it has any; the order matters for bits that overlap.
    pub names: &'static [(&'static str, u64)],
}

/// All events of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// The code.
    pub code: EventCode,
    /// Name, mostly of a system call; versions, enter and exit share it.
    pub name: &'static str,
    /// What it is about.
    pub category: Category,
    /// Where it comes from.
    pub class: Class,
    /// What it does.
    pub flags: EventFlags,
    /// Its parameters, in order; older captures may have fewer.
    pub parameters: &'static [Parameter],
}

impl EventCode {
    /// Whether events of this code are made when a call begins or when it returns.
    #[must_use]
    pub const fn direction(self) -> Direction {
        if self.0.is_multiple_of(2) {
            Direction::Enter
        } else {
            Direction::Exit
        }
    }
}

impl ParameterKind {
    /// A number, its sign by the layout; `None` where there is no value. What has none comes as the
    /// same bits.
    #[must_use]
    pub fn signed(self, bytes: &[u8]) -> Option<i64> {
        let is_signed = matches!(
            self,
            Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::Errno
                | Self::Fd
                | Self::Fd32
                | Self::Pid
                | Self::Pid32
        );
        Some(match *bytes {
            [a] if is_signed => i8::from_le_bytes([a]).into(),
            [a] => a.into(),
            [a, b] if is_signed => i16::from_le_bytes([a, b]).into(),
            [a, b] => u16::from_le_bytes([a, b]).into(),
            [a, b, c, d] if is_signed => i32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => return None,
        })
    }

    /// How many bytes a value has; `None` where it varies.
    #[must_use]
    pub const fn fixed_length(self) -> Option<usize> {
        Some(match self {
            Self::Int8
            | Self::Uint8
            | Self::Flags8
            | Self::Enum8
            | Self::Signal
            | Self::L4Protocol
            | Self::SocketFamily => 1,
            Self::Int16
            | Self::Uint16
            | Self::Flags16
            | Self::Enum16
            | Self::SyscallId
            | Self::Port => 2,
            Self::Int32
            | Self::Uint32
            | Self::Flags32
            | Self::Enum32
            | Self::Uid
            | Self::Gid
            | Self::Mode
            | Self::SignalSet
            | Self::Fd32
            | Self::Pid32
            | Self::Bool
            | Self::Ipv4Address => 4,
            Self::Int64
            | Self::Uint64
            | Self::RelativeTime
            | Self::AbsoluteTime
            | Self::Errno
            | Self::Fd
            | Self::Pid
            | Self::Double => 8,
            Self::Text
            | Self::Bytes
            | Self::SocketAddress
            | Self::SocketTuple
            | Self::FdList
            | Self::Path
            | Self::PathRelativeTo(_)
            | Self::Dynamic(_)
            | Self::TextArray
            | Self::TextPairArray => return None,
        })
    }
}

impl EventFlags {
    /// Makes a descriptor.
    pub const CREATES_FD: Self = Self(1);
    /// Closes a descriptor.
    pub const DESTROYS_FD: Self = Self(1 << 1);
    /// Works on a descriptor.
    pub const USES_FD: Self = Self(1 << 2);
    /// Reads from a descriptor.
    pub const READS_FROM_FD: Self = Self(1 << 3);
    /// Writes to a descriptor.
    pub const WRITES_TO_FD: Self = Self(1 << 4);
    /// Changes what is known about threads or descriptors.
    pub const MODIFIES_STATE: Self = Self(1 << 5);
    /// Never occurs.
    pub const UNUSED: Self = Self(1 << 6);
    /// Waits.
    pub const WAITS: Self = Self(1 << 7);
    /// Comes between enter and exit of a call without ending the wait for the exit.
    pub const KEEPS_PENDING: Self = Self(1 << 8);
    /// Of older captures only.
    pub const OLD_VERSION: Self = Self(1 << 9);
    /// Lengths of parameters have 4 bytes, not 2.
    pub const LARGE_PAYLOAD: Self = Self(1 << 11);
    /// Of a form that later versions changed; see the conversion.
    pub const CONVERTED: Self = Self(1 << 12);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
