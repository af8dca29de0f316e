//! `evt.arg` and its like for captured events.

use super::CapturedEvent;
use super::descriptor::{kind_character, protocol_of};
use crate::context::EventContext;
use crate::value::FieldValue;
use saker_capture_state::L4Protocol;
use saker_falco_events::{DescriptorText, Names, ParameterKind, arguments_text, parameter_text};
use saker_rule_language::{FieldArgument, FieldType};
use std::borrow::Cow;

/// An extractor's value.
type Value<'c> = FieldValue<'c>;
/// An extractor's argument.
type Argument<'c> = Option<&'c FieldArgument>;

/// What parameters are printed with.
struct CaptureNames<'c, 'a> {
    captured: &'c CapturedEvent<'a>,
    utc_offset_s: i32,
}

impl Names for CaptureNames<'_, '_> {
    fn knows_thread(&self) -> bool {
        self.captured.thread().is_some()
    }

    fn descriptor(&self, number: i64) -> Option<DescriptorText<'_>> {
        let thread = self.captured.thread()?;
        let descriptor = self.captured.machine.descriptor(thread, number)?;
        Some(DescriptorText {
            type_character: kind_character(&descriptor.kind).chars().next()?,
            protocol_character: match protocol_of(descriptor) {
                L4Protocol::Tcp => Some('t'),
                L4Protocol::Udp => Some('u'),
                L4Protocol::Icmp => Some('i'),
                L4Protocol::Raw => Some('r'),
                L4Protocol::Unknown | L4Protocol::NotApplicable => None,
            },
            name: &descriptor.name,
        })
    }

    fn working_directory(&self) -> Option<&[u8]> {
        let thread = self.captured.thread()?;
        Some(self.captured.working_directory(thread))
    }

    fn directory(&self, number: i64, out: &mut Vec<u8>) {
        let thread = self.captured.thread();
        let descriptor = thread.and_then(|it| self.captured.machine.descriptor(it, number));
        if let Some(directory) = descriptor.filter(|directory| !directory.name.is_empty()) {
            out.extend_from_slice(&super::with_slash(&directory.name));
        }
    }

    fn user(&self, uid: u32) -> Option<&[u8]> {
        self.captured.user(uid).map(|user| &*user.name)
    }

    fn group(&self, gid: u32) -> Option<&[u8]> {
        self.captured.group(gid).map(|group| &*group.name)
    }

    fn thread(&self, tid: i64) -> Option<&[u8]> {
        let thread = self.captured.machine.thread(tid)?;
        Some(&thread.name)
    }

    fn utc_offset_s(&self) -> i32 {
        self.utc_offset_s
    }
}

impl<'a> EventContext<'a> {
    fn names<'c>(&self, captured: &'c CapturedEvent<'a>) -> CaptureNames<'c, 'a> {
        CaptureNames {
            captured,
            utc_offset_s: self.host().utc_offset_s,
        }
    }

    /// Appends the text of a captured event's parameter; `false` for one that it does not have.
    pub(crate) fn append_parameter(
        &self,
        captured: &CapturedEvent<'a>,
        index: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        parameter_text(captured.event, index, &self.names(captured), out)
    }
}

/// The value of `evt.arg`.
pub(crate) fn text<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    let make = || {
        let captured = context.captured()?;
        let event = captured.event;
        let index = match argument? {
            FieldArgument::Key(name) => event.slot(name)?,
            FieldArgument::Index(index) => usize::try_from(*index).ok()?,
        };
        let kind = event.event_type.parameters.get(index)?.kind;
        if kind == ParameterKind::Text {
            return captured.text(index).map(FieldValue::text);
        }
        let mut text = Vec::new();
        let is_there = context.append_parameter(captured, index, &mut text);
        is_there.then(|| FieldValue::owned(text))
    };
    FieldValue::from_option(make())
}

/// The value of `evt.args`.
pub(crate) fn all<'c>(context: &'c EventContext<'_>, _: Argument<'_>) -> Value<'c> {
    let text = context.captured().and_then(|captured| {
        context.texts().event_arguments.get_or_make(|out| {
            arguments_text(captured.event, &context.names(captured), out);
            true
        })
    });
    FieldValue::of(text, FieldValue::text)
}

/// The value of `evt.rawarg`.
pub(crate) fn raw<'c>(context: &'c EventContext<'_>, argument: Argument<'_>) -> Value<'c> {
    let make = || {
        let captured = context.captured()?;
        let event = captured.event;
        let Some(FieldArgument::Key(name)) = argument else {
            return None;
        };
        let index = event.slot(name)?;
        let kind = event.event_type.parameters.get(index)?.kind;
        let value_type = raw_type(kind);
        if value_type == FieldType::String {
            return captured.text(index).map(FieldValue::text);
        }
        let bytes = event.parameter(index).filter(|bytes| !bytes.is_empty())?;
        Some(match (value_type, kind.signed(bytes)) {
            (FieldType::Bool, Some(number)) => FieldValue::Bool(number != 0),
            (FieldType::Int, Some(number)) => FieldValue::Int(number),
            (FieldType::Uint, Some(number)) => FieldValue::Uint(number.cast_unsigned()),
            (FieldType::RelTime, Some(number)) => FieldValue::RelTime(number.cast_unsigned()),
            (FieldType::AbsTime, Some(number)) => FieldValue::AbsTime(number.cast_unsigned()),
            _ => FieldValue::Bytes(Cow::Borrowed(bytes)),
        })
    };
    FieldValue::from_option(make())
}

/// The type in which `evt.rawarg` gives a parameter of this kind.
pub(crate) const fn raw_type(kind: ParameterKind) -> FieldType {
    match kind {
        ParameterKind::Text | ParameterKind::Path | ParameterKind::PathRelativeTo(_) => {
            FieldType::String
        }
        ParameterKind::Int8
        | ParameterKind::Int16
        | ParameterKind::Int32
        | ParameterKind::Int64
        | ParameterKind::Errno
        | ParameterKind::Fd
        | ParameterKind::Fd32
        | ParameterKind::Pid
        | ParameterKind::Pid32 => FieldType::Int,
        ParameterKind::Uint8
        | ParameterKind::Uint16
        | ParameterKind::Uint32
        | ParameterKind::Uint64
        | ParameterKind::SyscallId
        | ParameterKind::Signal
        | ParameterKind::Port
        | ParameterKind::L4Protocol
        | ParameterKind::SocketFamily
        | ParameterKind::Flags8
        | ParameterKind::Flags16
        | ParameterKind::Flags32
        | ParameterKind::Enum8
        | ParameterKind::Enum16
        | ParameterKind::Enum32
        | ParameterKind::Uid
        | ParameterKind::Gid
        | ParameterKind::SignalSet
        | ParameterKind::Mode => FieldType::Uint,
        ParameterKind::Bool => FieldType::Bool,
        ParameterKind::RelativeTime => FieldType::RelTime,
        ParameterKind::AbsoluteTime => FieldType::AbsTime,
        ParameterKind::Bytes
        | ParameterKind::SocketAddress
        | ParameterKind::SocketTuple
        | ParameterKind::FdList
        | ParameterKind::Ipv4Address
        | ParameterKind::Dynamic(_)
        | ParameterKind::Double
        | ParameterKind::TextArray
        | ParameterKind::TextPairArray => FieldType::Bytes,
    }
}
