//! Bounds of the wire format, each of which is part of the table hash, and times that both sides go by.

/// Most arguments a row may have, its own and Falco's together.
pub const ARGUMENTS_MAX: usize = 31;

/// Longest path or text read from user memory, in bytes, without its terminating NUL.
pub const USER_STRING_BYTES_MAX: usize = 4095;

/// Longest path walked from kernel objects, in bytes. Twice `PATH_MAX`, because a relative path of
/// the longest legal length below a deep working directory is longer than `PATH_MAX`.
pub const KERNEL_PATH_BYTES_MAX: usize = 8191;

/// Most components of a walked path; a longer one is cut at the front and flagged as truncated.
pub const KERNEL_PATH_COMPONENTS_MAX: usize = 2048;

/// Most bytes of an argument vector, and as many of an environment, that an exec event carries.
pub const EXEC_VECTOR_BYTES_MAX: usize = 16383;

/// Most bytes of a socket address as the caller passed it (`struct sockaddr_storage`).
pub const SOCKET_ADDRESS_BYTES_MAX: usize = 128;

/// Most bytes of a packet that a record of a flow carries.
pub const PAYLOAD_BYTES_MAX: usize = 4096;

/// Longest record in bytes.
pub const RECORD_BYTES_MAX: usize = 65535;

/// Most paths that one record may ask the kernel side to walk.
pub const PATH_WALKS_MAX: usize = 4;

/// One more than the highest row id: the size of every table that is indexed by row id.
pub const EVENTS_MAX: u32 = 128;

/// Scratch slots of one processor: how many of its programs may be preempted at once.
pub const SCRATCH_SLOTS: u32 = 4;

/// After how many seconds without a record a flow of a datagram socket has ended. The kernel side reports one datagram
/// a minute of those that go on.
pub const DATAGRAM_IDLE_S: u32 = 180;

/// The same of a flow with a name server, of which each datagram is reported.
pub const DNS_IDLE_S: u32 = 30;
