//! One parameter that is printed.

use super::{AT_FDCWD, MISSING, Names};
use crate::event::Event;
use crate::event_type::{Parameter, ParameterKind};

/// A value with its kind; that of a dynamic parameter is the one that the value chose.
pub(super) struct Value<'e, 'a> {
    pub(super) event: &'e Event<'a>,
    pub(super) parameter: &'static Parameter,
    pub(super) kind: ParameterKind,
    pub(super) bytes: &'a [u8],
}

impl<'e, 'a> Value<'e, 'a> {
    /// The value behind the index of a dynamic parameter.
    pub(super) fn chosen(self) -> Value<'e, 'a> {
        let ParameterKind::Dynamic(choices) = self.kind else {
            return self;
        };
        let Some((index, bytes)) = self.bytes.split_first() else {
            return self;
        };
        match choices.get(usize::from(*index)) {
            Some(choice) => Value {
                kind: choice.kind,
                bytes,
                ..self
            },
            None => self,
        }
    }

    pub(super) fn signed(&self) -> i64 {
        self.kind.signed(self.bytes).unwrap_or_default()
    }

    pub(super) fn unsigned(&self) -> u64 {
        self.signed().cast_unsigned()
    }

    /// The text without its NUL; what Falco prints for one that is missing.
    pub(super) fn text(&self) -> &'a [u8] {
        let is_dynamic = matches!(self.parameter.kind, ParameterKind::Dynamic(_));
        match self.bytes {
            // What C prints for a text that is nowhere.
            b"" if is_dynamic => b"(null)",
            b"" | b"(NULL)\0" if !is_dynamic => MISSING,
            bytes => bytes.split(|byte| *byte == 0).next().unwrap_or_default(),
        }
    }

    /// The directory that a relative path starts from, with a slash at its end.
    pub(super) fn base(&self, names: &dyn Names, out: &mut Vec<u8>) {
        if let ParameterKind::PathRelativeTo(index) = self.kind {
            let index = usize::from(index);
            let parameter = self.event.event_type.parameters.get(index);
            let is_fd = parameter.is_some_and(|it| it.kind == ParameterKind::Fd);
            let number = self.event.signed(index).unwrap_or_default();
            if is_fd && number != AT_FDCWD {
                names.directory(number, out);
                return;
            }
        }
        out.extend_from_slice(names.working_directory().unwrap_or_default());
    }
}
