//! Gathers what the stages find.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, ItemContext, ItemKind, Severity};
use crate::options::ErrorReporting;
use crate::span::{LineIndex, Position, SourceFile, Span};

/// The way from the file to an item.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    steps: Vec<ItemContext>,
    span: Span,
}

impl Context {
    /// The file itself.
    pub(crate) fn file(name: &Arc<str>, span: Span) -> Self {
        let step = ItemContext {
            kind: ItemKind::RulesContent,
            name: name.clone(),
            span,
        };
        Self {
            steps: vec![step],
            span,
        }
    }

    /// A condition or template that stands by itself.
    pub(crate) fn standalone(kind: ItemKind) -> Self {
        let span = Span::default();
        Self {
            steps: vec![ItemContext {
                kind,
                name: "".into(),
                span,
            }],
            span,
        }
    }

    /// One step further in.
    pub(crate) fn child(&self, kind: ItemKind, name: &str, span: Span) -> Self {
        let mut steps = self.steps.clone();
        steps.push(ItemContext {
            kind,
            name: name.into(),
            span,
        });
        Self { steps, span }
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// A finding about the item.
    pub(crate) fn finding(&self, code: Code, message: impl Into<String>) -> Box<Finding> {
        self.finding_at(code, message, self.span)
    }

    /// A finding about a part of the item.
    pub(crate) fn finding_at(
        &self,
        code: Code,
        message: impl Into<String>,
        span: Span,
    ) -> Box<Finding> {
        Box::new(Finding {
            code,
            message: message.into(),
            context: self.steps.clone(),
            span,
            remedy: None,
        })
    }
}

/// A diagnostic before its place is worked out.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) context: Vec<ItemContext>,
    pub(crate) span: Span,
    pub(crate) remedy: Option<String>,
}

impl Finding {
    pub(crate) fn with_remedy(mut self: Box<Self>, remedy: Option<String>) -> Box<Self> {
        self.remedy = remedy;
        self
    }
}

pub(crate) type Found<T> = Result<T, Box<Finding>>;

/// Several findings.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// All findings so far.
pub(crate) struct Report<'a> {
    files: &'a [SourceFile],
    lines: Vec<OnceCell<LineIndex>>,
    diagnostics: Vec<Diagnostic>,
    limit: usize,
    reporting: ErrorReporting,
    has_errors: bool,
    /// What has been said, so that a mistake in a macro is reported once, not once a rule.
    seen: HashSet<(Code, Span, String)>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(files: &'a [SourceFile], limit: usize, reporting: ErrorReporting) -> Self {
        Self {
            files,
            lines: files.iter().map(|_| OnceCell::new()).collect(),
            diagnostics: Vec::new(),
            limit,
            reporting,
            has_errors: false,
            seen: HashSet::new(),
        }
    }

    /// Whether the set cannot load.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// Whether nothing further is wanted: the set cannot load, and what else is wrong with it would
    /// not be told.
    pub(crate) fn is_closed(&self) -> bool {
        let is_full = self.diagnostics.len() >= self.limit;
        self.has_errors && (is_full || self.reporting == ErrorReporting::First)
    }

    /// Takes a finding. An error is never dropped if it is the first.
    #[expect(
        clippy::boxed_local,
        reason = "findings are boxed to keep results small"
    )]
    pub(crate) fn add(&mut self, finding: Box<Finding>) {
        if self.is_closed() {
            return;
        }
        let severity = finding.code.severity();
        let first_error = severity == Severity::Error && !self.has_errors;
        self.has_errors |= severity == Severity::Error;
        if self.diagnostics.len() >= self.limit && !first_error {
            return;
        }
        if !self
            .seen
            .insert((finding.code, finding.span, finding.message.clone()))
        {
            return;
        }
        let position = self.position(finding.span);
        let Finding {
            code,
            message,
            context,
            span,
            remedy,
        } = *finding;
        self.diagnostics.push(Diagnostic {
            severity,
            code,
            message,
            context,
            file: self
                .file(span)
                .map_or_else(|| "".into(), |file| file.name.clone()),
            span,
            position,
            remedy,
        });
    }

    /// Takes several findings.
    pub(crate) fn add_all(&mut self, findings: Findings) {
        for finding in findings.0 {
            self.add(Box::new(finding));
        }
    }

    /// Takes the error of a failed step and gives the value of a successful one.
    pub(crate) fn check<T>(&mut self, outcome: Found<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(finding) => {
                self.add(finding);
                None
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    fn file(&self, span: Span) -> Option<&'a SourceFile> {
        self.files.get(usize::try_from(span.file.0).ok()?)
    }

    fn position(&self, span: Span) -> Position {
        let index = usize::try_from(span.file.0).unwrap_or(usize::MAX);
        match (self.files.get(index), self.lines.get(index)) {
            (Some(file), Some(lines)) => lines
                .get_or_init(|| LineIndex::new(&file.text))
                .position(&file.text, span.start),
            _ => Position {
                line: 1,
                column: 1,
                offset: span.start,
            },
        }
    }
}
