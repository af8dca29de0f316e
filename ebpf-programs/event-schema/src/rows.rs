//! What the rows of the event table expand to: ids, wire structs, the row list and its hash.

use crate::capture::{ArgumentPlan, Descriptor, Directory, Plan, Source, opcode};
use crate::header::{EventId, Ring};
use crate::kinds::{Argument, Kind, kind};
use crate::limits::{
    ARGUMENTS_MAX, EVENTS_MAX, EXEC_VECTOR_BYTES_MAX, KERNEL_PATH_BYTES_MAX, PAYLOAD_BYTES_MAX,
    RECORD_BYTES_MAX, USER_STRING_BYTES_MAX,
};
use crate::syscalls::Syscalls;
use crate::table::event_table;

/// One event of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Id on the wire.
    pub id: EventId,
    /// Falco's name of the event.
    pub name: &'static str,
    /// Falco's category.
    pub category: &'static str,
    /// Ring of its records.
    pub ring: Ring,
    /// Calls that it stands for; all empty for an event that comes from a hook of its own.
    pub syscalls: Syscalls,
    /// Arguments in the order of their slots, Falco's first.
    pub arguments: &'static [RowArgument],
    /// What it says, for people.
    pub doc: &'static str,
}

/// One argument of a row.
#[derive(Clone, Copy, Debug)]
pub struct RowArgument {
    /// Name; Falco's where Falco has the argument.
    pub name: &'static str,
    /// How to read the slot.
    pub kind: Kind,
    /// Where the value comes from.
    pub source: Source,
    /// Whether Falco has it: only those are part of `evt.args`.
    pub in_falco: bool,
}

impl Row {
    /// The plan that the kernel side interprets for this row.
    #[must_use]
    pub const fn plan(&self) -> Plan {
        let mut arguments = [ArgumentPlan {
            operation: 0,
            a: 0,
            b: 0,
            reserved: 0,
        }; ARGUMENTS_MAX];
        let mut slot = 0;
        let mut has_hook = false;
        while slot < self.arguments.len() {
            let argument = &self.arguments[slot];
            has_hook |= matches!(argument.source, Hook);
            arguments[slot] = argument.source.plan();
            if arguments[slot].operation == opcode::NONE && argument.kind.is_data() {
                arguments[slot].operation = opcode::MISSING;
            }
            slot += 1;
        }
        Plan {
            arguments_used: self.arguments.len() as u8,
            on_failure_only: has_hook as u8,
            ring: self.ring as u16,
            arguments,
        }
    }

    /// The slot of an argument.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.arguments
            .iter()
            .position(|argument| argument.name == name)
    }
}

/// The name of an argument that Rust would take for a keyword, without its `r#`.
const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// The row with this id.
#[must_use]
pub fn row(id: EventId) -> Option<&'static Row> {
    let position = *POSITIONS.get(id.index())?;
    ROWS.get(usize::from(position))
}

/// For each id the position of its row; beyond the rows where there is none.
static POSITIONS: [u8; EVENTS_MAX as usize] = {
    let mut positions = [u8::MAX; EVENTS_MAX as usize];
    let mut position = 0;
    while position < ROWS.len() {
        positions[ROWS[position].id.index()] = position as u8;
        position += 1;
    }
    positions
};

macro_rules! expand {
    ($(
        $(#[doc = $doc:literal])+
        $id:literal $constant:ident $structure:ident $name:literal $category:literal $ring:ident
        { x86_64 $x86_64:tt, i386 $i386:tt, aarch64 $aarch64:tt }
        args { $($argument:ident: $kind:ident = $source:expr),* $(,)? }
        extra { $($extra:ident: $extra_kind:ident = $extra_source:expr),* $(,)? }
    )*) => {
        /// Ids of the rows.
        pub mod event {
            use super::EventId;
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $constant: EventId = EventId::new($id);
            )*
        }

        /// The slots of each row's record, in the order in which they lie after the header.
        pub mod wire {
            use super::kind;
            use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};
            $(
                $(#[doc = $doc])+
                #[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
                #[repr(C)]
                pub struct $structure {
                    $(#[doc = concat!("`", stringify!($argument), "` of Falco.")] pub $argument: kind::$kind,)*
                    $(#[doc = concat!("`", stringify!($extra), "`, beside Falco's arguments.")] pub $extra: kind::$extra_kind,)*
                }
            )*
        }

        /// Every row, by ascending id.
        pub static ROWS: &[Row] = &[$(
            Row {
                id: EventId::new($id),
                name: $name,
                category: $category,
                ring: Ring::$ring,
                syscalls: Syscalls { x86_64: &$x86_64, i386: &$i386, aarch64: &$aarch64 },
                arguments: &[
                    $(RowArgument {
                        name: plain_name(stringify!($argument)),
                        kind: <kind::$kind as Argument>::KIND,
                        source: $source,
                        in_falco: true,
                    },)*
                    $(RowArgument {
                        name: plain_name(stringify!($extra)),
                        kind: <kind::$extra_kind as Argument>::KIND,
                        source: $extra_source,
                        in_falco: false,
                    },)*
                ],
                doc: concat!($($doc, "\n"),+),
            },
        )*];

        const TABLE_TEXT: &str = concat!($(
            $id, $name, stringify!($ring), stringify!($x86_64 $i386 $aarch64),
            $(stringify!($argument: $kind = $source;),)*
            $(stringify!($extra: $extra_kind = $extra_source;),)*
        )*);
    };
}

event_table!(expand);

// Short forms for the rows.
use Descriptor::{Argument as AtArgument, Returned as AtReturned};
use Directory::{Argument as DirectoryAt, Working};
use Source::{
    Base, FileDevice, FileInode, FileMode, FilePath, FileRoot, Hook, Returned, Signed, Socket,
    Unsigned, UserBytes, UserString, UserWord, Word, WorkingDirectory,
};

/// Identifies the meaning of the bytes: FNV-1a over the rows, their arguments and the bounds.
pub const TABLE_HASH: u64 = {
    let mut hash = fnv1a(0xcbf2_9ce4_8422_2325, TABLE_TEXT.as_bytes());
    let bounds = [
        size_of::<crate::EventHeader>(),
        size_of::<crate::SocketTuple>(),
        size_of::<crate::KernelOffsets>(),
        ARGUMENTS_MAX,
        RECORD_BYTES_MAX,
        KERNEL_PATH_BYTES_MAX,
        USER_STRING_BYTES_MAX,
        EXEC_VECTOR_BYTES_MAX,
        PAYLOAD_BYTES_MAX,
    ];
    let mut position = 0;
    while position < bounds.len() {
        hash = fnv1a(hash, &(bounds[position] as u64).to_le_bytes());
        position += 1;
    }
    hash
};

const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut position = 0;
    while position < bytes.len() {
        hash = (hash ^ bytes[position] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        position += 1;
    }
    hash
}

#[cfg(test)]
mod tests;
