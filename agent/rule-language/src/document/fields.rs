//! Typed access to the keys of an item.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, ItemKind};
use crate::origin::MappedText;
use crate::priority::Priority;
use crate::report::{Context, Finding, Found, Report};
use crate::span::{SourceFile, Span};
use crate::suggestion;
use crate::yaml::{Mapping, Node, Scalar, Sequence};

/// An item's mapping, with what is needed to speak of it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) context: &'a Context,
    pub(super) source: &'a SourceFile,
}

impl<'a> Fields<'a> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.mapping.get(key).is_some()
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Box<Finding> {
        self.context.finding(Code::ErrYamlValidate, message)
    }

    /// The context of the value of a key.
    pub(super) fn value_context(&self, key: &str, span: Span) -> Context {
        self.context.child(ItemKind::ValueFor, key, span)
    }

    fn missing(&self, key: &str) -> Box<Finding> {
        let nearest = suggestion::nearest(key, self.mapping.keys().map(|(name, _)| &**name));
        let remedy = nearest
            .first()
            .map(|found| format!("'{found}' is there: a mistyped '{key}'?"));
        self.error(format!("item has no mapping for key '{key}'"))
            .with_remedy(remedy)
    }

    /// A scalar that is there and not empty.
    pub(super) fn scalar(&self, key: &str) -> Found<&'a Scalar> {
        match self.optional_scalar(key)? {
            Some(scalar) => Ok(scalar),
            None => Err(self.missing(key)),
        }
    }

    /// A scalar that may be left out, but not empty.
    pub(super) fn optional_scalar(&self, key: &str) -> Found<Option<&'a Scalar>> {
        let Some(node) = self.mapping.get(key) else {
            return Ok(None);
        };
        if node.is_null() {
            let message = format!("mapping for key '{key}' is empty");
            let span = self.mapping.key_span(key);
            return Err(self
                .context
                .finding_at(Code::ErrYamlValidate, message, span));
        }
        let context = self.value_context(key, node.span());
        match node {
            Node::Scalar(scalar) if scalar.value.is_empty() => {
                Err(context.finding(Code::ErrYamlValidate, "value must be non-empty"))
            }
            Node::Scalar(scalar) => Ok(Some(scalar)),
            Node::Sequence(_) | Node::Mapping(_) => {
                Err(context.finding(Code::ErrYamlValidate, "value is not a scalar value"))
            }
        }
    }

    /// A scalar that may be left out or empty.
    pub(super) fn optional_empty_scalar(&self, key: &str) -> Found<Option<&'a Scalar>> {
        match self.mapping.get(key) {
            Some(node) if node.is_null() => Ok(None),
            Some(Node::Scalar(scalar)) if scalar.value.is_empty() => Ok(None),
            _ => self.optional_scalar(key),
        }
    }

    pub(super) fn text(&self, key: &str) -> Found<MappedText> {
        Ok(self.scalar(key)?.mapped(self.source))
    }

    pub(super) fn string(&self, key: &str) -> Found<Arc<str>> {
        Ok(self.scalar(key)?.value.clone())
    }

    fn decode<T>(
        &self,
        key: &str,
        scalar: &Scalar,
        expected: &str,
        decode: impl FnOnce(&Scalar) -> Option<T>,
    ) -> Found<T> {
        decode(scalar).ok_or_else(|| {
            let message = format!(
                "cannot decode '{}' for key '{key}': expected {expected}",
                scalar.value
            );
            self.value_context(key, scalar.span)
                .finding(Code::ErrYamlValidate, message)
        })
    }

    pub(super) fn boolean(&self, key: &str) -> Found<bool> {
        self.decode(key, self.scalar(key)?, "true or false", Scalar::as_bool)
    }

    pub(super) fn boolean_or(&self, key: &str, default: bool) -> Found<bool> {
        if self.has(key) {
            self.boolean(key)
        } else {
            Ok(default)
        }
    }

    pub(super) fn number(&self, key: &str) -> Found<u32> {
        self.decode(
            key,
            self.scalar(key)?,
            "a number that is not negative",
            |scalar| scalar.value.parse().ok(),
        )
    }

    pub(super) fn number_or(&self, key: &str, default: u32) -> Found<u32> {
        if self.has(key) {
            self.number(key)
        } else {
            Ok(default)
        }
    }

    pub(super) fn priority(&self) -> Found<Priority> {
        let scalar = self.scalar("priority")?;
        scalar.value.parse().map_err(|_| {
            let context = self.context.child(ItemKind::RulePriority, "", scalar.span);
            let remedy = format!("use one of {}", Priority::NAMES.join(", "));
            context
                .finding(
                    Code::ErrYamlValidate,
                    format!("invalid priority '{}'", scalar.value),
                )
                .with_remedy(Some(remedy))
        })
    }

    pub(super) fn sequence(&self, key: &str) -> Found<Option<&'a Sequence>> {
        match self.mapping.get(key) {
            None => Ok(None),
            Some(Node::Sequence(sequence)) => Ok(Some(sequence)),
            Some(other) => {
                let context = self.value_context(key, other.span());
                Err(context.finding(Code::ErrYamlValidate, "value is not a sequence"))
            }
        }
    }

    /// A sequence of scalars.
    pub(super) fn strings(&self, key: &str) -> Found<Vec<Arc<str>>> {
        let Some(sequence) = self.sequence(key)? else {
            return Err(self.missing(key));
        };
        sequence
            .items
            .iter()
            .map(|item| match item {
                Node::Scalar(scalar) if !scalar.is_null() => Ok(scalar.value.clone()),
                other => Err(self
                    .value_context(key, sequence.span)
                    .child(ItemKind::ListItem, "", other.span())
                    .finding(Code::ErrYamlValidate, "sequence value is not scalar")),
            })
            .collect()
    }

    pub(super) fn tags(&self) -> Found<BTreeSet<Arc<str>>> {
        if self.has("tags") {
            Ok(self.strings("tags")?.into_iter().collect())
        } else {
            Ok(BTreeSet::new())
        }
    }

    /// Warns of keys that the item does not have.
    pub(super) fn warn_unknown_keys(&self, expected: &[&str], report: &mut Report<'_>) {
        for (key, span) in self.mapping.keys() {
            if expected.contains(&&**key) {
                continue;
            }
            let nearest = suggestion::nearest(key, expected.iter().copied());
            let message = format!("unknown key '{key}', the key will be ignored");
            let finding = self.context.finding_at(Code::UnknownKey, message, span);
            report.add(finding.with_remedy(suggestion::did_you_mean(&nearest)));
        }
    }
}
