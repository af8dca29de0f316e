//! YAML as a tree of nodes with spans.
//!
//! Depth and number of nodes are bounded; an alias counts as all it stands for, so a file cannot grow
//! by naming the same anchor over and over. Merge keys and tags mean nothing here, as in Falco.

mod indentation;
mod lookahead;
mod reader;
mod scalar;

use std::sync::Arc;

use crate::span::Span;

pub(crate) use reader::read;
pub(crate) use scalar::Scalar;

/// A YAML node.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Scalar(Scalar),
    Sequence(Sequence),
    Mapping(Mapping),
}

/// A sequence.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    pub(crate) items: Vec<Node>,
    pub(crate) span: Span,
}

/// A mapping in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    pub(crate) entries: Vec<(Node, Node)>,
    pub(crate) span: Span,
}

impl Node {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Scalar(scalar) => scalar.span,
            Self::Sequence(sequence) => sequence.span,
            Self::Mapping(mapping) => mapping.span,
        }
    }

    /// Whether it is empty, `~` or `null`, unquoted.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.is_null())
    }
}

impl Mapping {
    /// The value of a key; the first one if the key is repeated.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(name, _)| matches!(name, Node::Scalar(scalar) if &*scalar.value == key))
            .map(|(_, value)| value)
    }

    /// The keys that are scalars.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&Arc<str>, Span)> {
        self.entries.iter().filter_map(|(key, _)| match key {
            Node::Scalar(scalar) => Some((&scalar.value, scalar.span)),
            Node::Sequence(_) | Node::Mapping(_) => None,
        })
    }

    /// Where the entry's key stands, or the mapping if there is no such key.
    pub(crate) fn key_span(&self, key: &str) -> Span {
        self.keys()
            .find(|(name, _)| &***name == key)
            .map_or(self.span, |(_, span)| span)
    }
}

#[cfg(test)]
mod tests;
