//! From YAML events to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::indentation::Relaxed;
use super::lookahead::{BoundedInput, Lookahead};
use super::{Mapping, Node, Scalar, Sequence};
use crate::options::Limits;
use crate::span::{FileIndex, SourceFile, Span};

/// Why a file is not readable as YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) remedy: Option<String>,
}

/// The scanner may look ahead by one token for so many nodes of a file: what stands between one pair of
/// brackets may fill a quarter of a file that is as large as may be.
const NODES_PER_LOOKAHEAD_TOKEN: usize = 2;

/// It may always look ahead so far.
const LOOKAHEAD_TOKENS_MIN: usize = 1024;

/// What the scanner says of collections that are nested too deep for it (255).
const TOO_DEEP: &str = "recursion limit exceeded";

/// Message and remedy for collections that are nested too deep.
fn too_deep(limits: &Limits) -> (String, Option<String>) {
    let message = format!("YAML nested deeper than {}", limits.yaml_depth);
    (message, limits.remedy("yaml_depth"))
}

/// Reads all documents of a file; an empty document is a null node.
pub(crate) fn read(
    file: FileIndex,
    source: &SourceFile,
    limits: &Limits,
) -> Result<Vec<Node>, YamlError> {
    // A byte order mark is no content; offsets still count it.
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let skipped = source.text.len().saturating_sub(text.len());
    let mut relaxed = Relaxed::new(text);
    loop {
        let error = match attempt(file, &relaxed, skipped, limits)? {
            Ok(documents) => return Ok(documents),
            Err(error) => error,
        };
        let offsets = Offsets::new(&relaxed, file, skipped);
        let span = offsets.span(*error.marker(), *error.marker());
        let offset = offsets.byte(*error.marker());
        drop(offsets);
        if !relaxed.relax(&error, offset) {
            // The scanner looks ahead, and gives up at a depth of its own that no setting exceeds.
            let (message, remedy) = if error.info() == TOO_DEEP {
                too_deep(limits)
            } else {
                (error.info().to_owned(), None)
            };
            return Err(YamlError {
                message,
                span,
                remedy,
            });
        }
    }
}

/// Reads the text as it is now. The inner error is one of the scanner.
fn attempt(
    file: FileIndex,
    relaxed: &Relaxed<'_>,
    skipped: usize,
    limits: &Limits,
) -> Result<Result<Vec<Node>, ScanError>, YamlError> {
    let mut tree = Tree {
        offsets: Offsets::new(relaxed, file, skipped),
        limits,
        anchors: HashMap::new(),
        nodes: 0,
        last: Span::new(file, 0, 0),
        open: Vec::new(),
        documents: Vec::new(),
    };
    let lookahead = Lookahead::default();
    let tokens_max = limits.yaml_nodes / NODES_PER_LOOKAHEAD_TOKEN;
    let tokens_max = tokens_max.max(LOOKAHEAD_TOKENS_MIN);
    let input = BoundedInput::new(relaxed.text(), &lookahead, tokens_max);
    let mut parser = Parser::new(input);
    while let Some(event) = parser.next_event() {
        if lookahead.is_over() {
            return Err(tree.too_long(tokens_max));
        }
        let (event, span) = match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        lookahead.restart();
        let span = tree.offsets.span(span.start, span.end);
        tree.last = span;
        tree.take(event, span)?;
    }
    Ok(Ok(tree.documents))
}

/// Character indices of the text that is read to byte offsets of the file.
struct Offsets<'a> {
    relaxed: &'a Relaxed<'a>,
    file: FileIndex,
    skipped: usize,
    /// Byte offset of every character; none where the text is ASCII.
    table: Option<Vec<usize>>,
}

impl<'a> Offsets<'a> {
    fn new(relaxed: &'a Relaxed<'a>, file: FileIndex, skipped: usize) -> Self {
        let text = relaxed.text();
        let table = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self {
            relaxed,
            file,
            skipped,
            table,
        }
    }

    /// The offset in the text that is read.
    fn byte(&self, marker: Marker) -> usize {
        let length = self.relaxed.text().len();
        match &self.table {
            None => marker.index().min(length),
            Some(table) => table.get(marker.index()).copied().unwrap_or(length),
        }
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let place = |marker| {
            let byte = self
                .relaxed
                .original(self.byte(marker))
                .saturating_add(self.skipped);
            u32::try_from(byte).unwrap_or(u32::MAX)
        };
        Span::new(self.file, place(start), place(end))
    }
}

/// A collection whose end has not come yet.
struct Open {
    anchor: usize,
    span: Span,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Node>),
    /// Entries, and a key whose value has not come yet.
    Mapping(Vec<(Node, Node)>, Option<Node>),
}

struct Tree<'a> {
    offsets: Offsets<'a>,
    limits: &'a Limits,
    /// Anchored nodes with their sizes.
    anchors: HashMap<usize, (Node, usize)>,
    /// Nodes so far.
    nodes: usize,
    /// What was read last.
    last: Span,
    open: Vec<(Open, usize)>,
    documents: Vec<Node>,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let size = 1;
                self.count(size, span)?;
                let scalar = Scalar {
                    value: Arc::from(&*value),
                    style: style.into(),
                    span,
                };
                self.close(Node::Scalar(scalar), anchor, size);
            }
            Event::SequenceStart(anchor, _) => {
                self.open(anchor, span, OpenKind::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, _) => {
                self.open(anchor, span, OpenKind::Mapping(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((open, nodes_before)) = self.open.pop() {
                    let size = self.nodes.saturating_sub(nodes_before);
                    let anchor = open.anchor;
                    self.close(open.finish(span), anchor, size);
                }
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    let message = "an alias names an anchor that is not complete".to_owned();
                    return Err(YamlError {
                        message,
                        span,
                        remedy: None,
                    });
                };
                self.count(size, span)?;
                self.close(node, 0, size);
            }
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn count(&mut self, size: usize, span: Span) -> Result<(), YamlError> {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes <= self.limits.yaml_nodes {
            return Ok(());
        }
        Err(YamlError {
            message: format!("more than {} YAML nodes", self.limits.yaml_nodes),
            span,
            remedy: self.limits.remedy("yaml_nodes"),
        })
    }

    /// The error of what follows the last event.
    fn too_long(&self, tokens_max: usize) -> YamlError {
        YamlError {
            message: format!("more than {tokens_max} YAML tokens between one pair of brackets"),
            span: Span::new(self.last.file, self.last.end, self.last.end),
            remedy: self.limits.remedy("yaml_nodes"),
        }
    }

    fn open(&mut self, anchor: usize, span: Span, kind: OpenKind) -> Result<(), YamlError> {
        if self.open.len() >= self.limits.yaml_depth {
            let (message, remedy) = too_deep(self.limits);
            return Err(YamlError {
                message,
                span,
                remedy,
            });
        }
        let nodes_before = self.nodes;
        self.count(1, span)?;
        self.open.push((Open { anchor, span, kind }, nodes_before));
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn close(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|(open, _)| &mut open.kind) {
            None => self.documents.push(node),
            Some(OpenKind::Sequence(items)) => items.push(node),
            Some(OpenKind::Mapping(entries, key)) => match key.take() {
                None => *key = Some(node),
                Some(name) => entries.push((name, node)),
            },
        }
    }
}

impl Open {
    fn finish(self, end: Span) -> Node {
        let span = self.span.join(end);
        match self.kind {
            OpenKind::Sequence(items) => Node::Sequence(Sequence { items, span }),
            OpenKind::Mapping(entries, _) => Node::Mapping(Mapping { entries, span }),
        }
    }
}

impl From<ScalarStyle> for super::scalar::Style {
    fn from(style: ScalarStyle) -> Self {
        match style {
            ScalarStyle::Plain => Self::Plain,
            ScalarStyle::SingleQuoted => Self::SingleQuoted,
            ScalarStyle::DoubleQuoted => Self::DoubleQuoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Self::Block,
        }
    }
}
