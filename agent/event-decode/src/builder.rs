//! Records from named arguments.

mod value;

use crate::argument::is_signed;
use crate::error::BuildError;
use crate::view::{root_slot, slot_offset};
use saker_event_schema::{
    DataRef, EventHeader, EventId, Kind, RECORD_BYTES_MAX, Row, RowArgument, Source, data_flag, row,
};
use zerocopy::{FromZeros, IntoBytes};

pub use value::Value;

/// Inode number of the initial pid namespace.
const INITIAL_PID_NAMESPACE: u32 = 0xEFFF_FFFC;
/// Inode number of the first mount namespace of most kernels.
const INITIAL_MOUNT_NAMESPACE: u32 = 0xF000_0000;

/// Builds the record of one event.
///
/// What is not set is what the kernel would leave: numbers are 0, data are missing, the result's
/// own argument (`res`, `fd`) follows [`result`](Self::result), and the root that belongs to a path
/// is the host's own.
///
/// The short forms panic on a mistake, because in a test that is the best report; code that builds
/// records from input uses [`try_set`](Self::try_set) and [`try_build`](Self::try_build).
///
/// ```
/// use saker_event_decode::{EventBuilder, EventView};
/// use saker_event_schema::event;
/// let record = EventBuilder::new(event::EXECVE)
///     .pid(100)
///     .comm("cat")
///     .set("args", ["cat", "/etc/shadow"])
///     .set("trusted_exepath", "/usr/bin/cat")
///     .build();
/// assert_eq!(EventView::parse(&record)?.comm(), b"cat");
/// # Ok::<(), saker_event_decode::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventBuilder {
    header: EventHeader,
    row: &'static Row,
    values: Vec<Option<Value>>,
}

impl EventBuilder {
    /// A record of this row, by a process 1000 that root started at boot.
    ///
    /// # Panics
    ///
    /// When the event table has no such row.
    #[must_use]
    #[track_caller]
    pub fn new(event: EventId) -> Self {
        match Self::try_new(event) {
            Ok(builder) => builder,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`new`](Self::new), for an id from input.
    ///
    /// # Errors
    ///
    /// [`BuildError::UnknownEvent`].
    pub fn try_new(event: EventId) -> Result<Self, BuildError> {
        let row = row(event).ok_or(BuildError::UnknownEvent(event))?;
        let mut header = EventHeader::new_zeroed();
        header.event = event;
        header.time_boot_ns = 1_000_000_000;
        header.start_boot_ns = 1;
        header.exec_id = 1;
        header.cgroup_id = 1;
        header.loginuid = u32::MAX;
        header.pid_namespace = INITIAL_PID_NAMESPACE;
        header.mount_namespace = INITIAL_MOUNT_NAMESPACE;
        header.ppid = 1;
        Ok(Self {
            header,
            row,
            values: vec![None; row.arguments.len()],
        }
        .pid(1000))
    }

    /// The row that is being built.
    #[must_use]
    pub const fn row(&self) -> &'static Row {
        self.row
    }

    /// The head, for what has no short form.
    pub const fn header_mut(&mut self) -> &mut EventHeader {
        &mut self.header
    }

    /// Process id, and as ids of the main thread in the host's namespaces all four ids.
    #[must_use]
    pub const fn pid(mut self, pid: u32) -> Self {
        self.header.pid = pid;
        self.header.tid = pid;
        self.header.vpid = pid;
        self.header.vtid = pid;
        self
    }

    /// Thread id, also in the process's own namespace.
    #[must_use]
    pub const fn tid(mut self, tid: u32) -> Self {
        self.header.tid = tid;
        self.header.vtid = tid;
        self
    }

    /// Process and thread id in the process's own pid namespace.
    #[must_use]
    pub const fn vpid(mut self, vpid: u32) -> Self {
        self.header.vpid = vpid;
        self.header.vtid = vpid;
        self
    }

    /// Process id of the parent.
    #[must_use]
    pub const fn ppid(mut self, ppid: u32) -> Self {
        self.header.ppid = ppid;
        self
    }

    /// What the call returned; a negated errno when it failed.
    #[must_use]
    pub const fn result(mut self, result: i64) -> Self {
        self.header.result = result;
        self
    }

    /// Name of the thread; cut to 15 bytes as the kernel does.
    #[must_use]
    pub fn comm(mut self, comm: impl AsRef<[u8]>) -> Self {
        self.header.comm = [0; 16];
        for (to, from) in self.header.comm.iter_mut().take(15).zip(comm.as_ref()) {
            *to = *from;
        }
        self
    }

    /// Effective user id.
    #[must_use]
    pub const fn uid(mut self, uid: u32) -> Self {
        self.header.uid = uid;
        self
    }

    /// Effective group id.
    #[must_use]
    pub const fn gid(mut self, gid: u32) -> Self {
        self.header.gid = gid;
        self
    }

    /// Audit login uid.
    #[must_use]
    pub const fn loginuid(mut self, loginuid: u32) -> Self {
        self.header.loginuid = loginuid;
        self
    }

    /// Time of the event, nanoseconds since boot.
    #[must_use]
    pub const fn time_boot_ns(mut self, time: u64) -> Self {
        self.header.time_boot_ns = time;
        self
    }

    /// Start of the process, nanoseconds since boot.
    #[must_use]
    pub const fn start_boot_ns(mut self, start: u64) -> Self {
        self.header.start_boot_ns = start;
        self
    }

    /// Count of images that the process has run.
    #[must_use]
    pub const fn exec_id(mut self, exec_id: u64) -> Self {
        self.header.exec_id = exec_id;
        self
    }

    /// Id of the cgroup.
    #[must_use]
    pub const fn cgroup_id(mut self, cgroup_id: u64) -> Self {
        self.header.cgroup_id = cgroup_id;
        self
    }

    /// Session leader.
    #[must_use]
    pub const fn session(mut self, session: u32) -> Self {
        self.header.session = session;
        self
    }

    /// Device number of the terminal.
    #[must_use]
    pub const fn tty(mut self, tty: u32) -> Self {
        self.header.tty = tty;
        self
    }

    /// Sets an argument.
    ///
    /// # Panics
    ///
    /// When the row has no such argument, or it takes another kind of value.
    #[must_use]
    #[track_caller]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Err(error) = self.try_set(name, value.into()) {
            panic!("{name:?}: {error}");
        }
        self
    }

    /// Sets an argument.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the row has no such argument, or it takes another kind of value.
    pub fn try_set(&mut self, name: &str, value: Value) -> Result<(), BuildError> {
        let unknown = BuildError::UnknownArgument {
            event: self.row.name,
        };
        let slot = self.row.slot(name).ok_or(unknown)?;
        let argument = self.row.arguments.get(slot).ok_or(unknown)?;
        let value = self.fitted(argument, value)?;
        *self.values.get_mut(slot).ok_or(unknown)? = Some(value);
        Ok(())
    }

    fn fitted(&self, argument: &'static RowArgument, value: Value) -> Result<Value, BuildError> {
        let wrong = BuildError::WrongKind {
            event: self.row.name,
            argument: argument.name,
            expected: argument.kind.name(),
        };
        match value {
            Value::Missing if argument.kind.is_data() => Ok(value),
            Value::Data { mut bytes, flags } if argument.kind.is_data() => {
                if argument.kind == Kind::KernelPath && bytes == b"/" {
                    bytes.clear();
                }
                Ok(Value::Data { bytes, flags })
            }
            Value::Signed(number) if is_signed(argument.kind) => Ok(Value::Signed(number)),
            Value::Unsigned(number) if is_signed(argument.kind) => {
                i64::try_from(number).map(Value::Signed).map_err(|_| wrong)
            }
            Value::Unsigned(number) if !argument.kind.is_data() => Ok(Value::Unsigned(number)),
            Value::Signed(number) if !argument.kind.is_data() => u64::try_from(number)
                .map(Value::Unsigned)
                .map_err(|_| wrong),
            _ => Err(wrong),
        }
    }

    /// The record.
    ///
    /// # Panics
    ///
    /// When the data do not fit into a record.
    #[must_use]
    #[track_caller]
    pub fn build(&self) -> Vec<u8> {
        match self.try_build() {
            Ok(record) => record,
            Err(error) => panic!("{error}"),
        }
    }

    /// The record.
    ///
    /// # Errors
    ///
    /// [`BuildError::TooLong`] when the data do not fit into a record.
    pub fn try_build(&self) -> Result<Vec<u8>, BuildError> {
        let too_long = BuildError::TooLong {
            event: self.row.name,
        };
        let mut slots = Vec::new();
        let mut data = Vec::new();
        let data_start = slot_offset(self.row.arguments.len());
        for slot in 0..self.row.arguments.len() {
            let word = match self.effective(slot) {
                Value::Signed(number) => number.cast_unsigned().to_ne_bytes(),
                Value::Unsigned(number) => number.to_ne_bytes(),
                Value::Missing => reference(0, 0, data_flag::MISSING),
                Value::Data { bytes, flags } => {
                    let offset = u32::try_from(data_start.saturating_add(data.len()))
                        .map_err(|_| too_long)?;
                    let length = u16::try_from(bytes.len()).map_err(|_| too_long)?;
                    data.extend_from_slice(&bytes);
                    reference(offset, length, flags)
                }
            };
            slots.extend_from_slice(&word);
        }
        let length = data_start.saturating_add(data.len());
        if length > RECORD_BYTES_MAX {
            return Err(too_long);
        }
        let mut header = self.header;
        header.length = u32::try_from(length).map_err(|_| too_long)?;
        Ok([header.as_bytes(), &slots, &data].concat())
    }

    /// The value in a slot, or what stands there when nothing was set.
    fn effective(&self, slot: usize) -> Value {
        if let Some(Some(value)) = self.values.get(slot) {
            return value.clone();
        }
        let Some(argument) = self.row.arguments.get(slot) else {
            return Value::Missing;
        };
        if argument.kind.is_data() {
            let belongs_to_path = (0..self.values.len()).any(|path| {
                root_slot(self.row, path) == Some(slot)
                    && matches!(self.values.get(path), Some(Some(Value::Data { .. })))
            });
            return if belongs_to_path {
                Value::from("")
            } else {
                Value::Missing
            };
        }
        let is_result = matches!(argument.source, Source::Returned) || argument.name == "res";
        match (is_result, is_signed(argument.kind)) {
            (true, true) => Value::Signed(self.header.result),
            (true, false) => Value::Unsigned(self.header.result.cast_unsigned()),
            (false, true) => Value::Signed(0),
            (false, false) => Value::Unsigned(0),
        }
    }
}

/// The bytes of a slot that refers to data.
fn reference(offset: u32, length: u16, flags: u16) -> [u8; 8] {
    let reference = DataRef {
        offset,
        length,
        flags,
    };
    zerocopy::transmute!(reference)
}
