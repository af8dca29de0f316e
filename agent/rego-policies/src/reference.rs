//! References in the syntax tree: `input.proc.name`, `data.kubernetes.pods`.

use crate::error::Place;
use regorus::unstable::{Expr, Module, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A chain of names, as far as they are written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The first name: a variable, `input` or `data`.
    pub(crate) root: Arc<str>,
    /// The names after it, up to the first that is computed.
    pub(crate) names: Vec<Arc<str>>,
    /// Whether a name is computed: everything below may be meant.
    pub(crate) is_open: bool,
}

impl Reference {
    /// The reference that an expression is; `None` where it is another expression. Chains may be long, so no
    /// recursion.
    pub(crate) fn of(expression: &Expr) -> Option<Self> {
        let mut reversed = Vec::new();
        let mut rest = expression;
        let root = loop {
            match rest {
                Expr::Var { span, .. } => break span.text(),
                Expr::RefDot { refr, field, .. } => {
                    reversed.push(Some(Arc::from(field.0.text())));
                    rest = refr;
                }
                Expr::RefBrack { refr, index, .. } => {
                    reversed.push(written(index));
                    rest = refr;
                }
                _ => return None,
            }
        };
        let count = reversed.len();
        let names: Vec<Arc<str>> = reversed.into_iter().rev().map_while(|name| name).collect();
        Some(Self {
            root: root.into(),
            is_open: names.len() < count,
            names,
        })
    }

    /// The whole chain: root and names.
    pub(crate) fn path(&self) -> Vec<Arc<str>> {
        let root = std::iter::once(&self.root);
        root.chain(&self.names).cloned().collect()
    }

    /// The same reference with the name of an import replaced by what is imported.
    pub(crate) fn through(mut self, imports: &Imports) -> Self {
        if let Some(target) = imports.0.get(&self.root) {
            let rest = std::mem::take(&mut self.names);
            self.root = Arc::clone(&target.root);
            self.names = target.names.iter().cloned().chain(rest).collect();
        }
        self
    }
}

/// The name in brackets, if it is written down.
fn written(index: &Expr) -> Option<Arc<str>> {
    match index {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().cloned()
        }
        Expr::Number { span, .. } => Some(span.text().into()),
        _ => None,
    }
}

/// What a file imports, by the names that it uses for it.
#[derive(Debug, Default)]
pub(crate) struct Imports(BTreeMap<Arc<str>, Reference>);

impl Imports {
    pub(crate) fn of(module: &Module) -> Self {
        let imports = module.imports.iter().filter_map(|import| {
            let reference = Reference::of(&import.refr)?;
            if !matches!(&*reference.root, "input" | "data") {
                return None;
            }
            let last = reference.names.last();
            let name = match &import.r#as {
                Some(name) => name.text().into(),
                None => Arc::clone(last?),
            };
            Some((name, reference))
        });
        Self(imports.collect())
    }
}

/// Where a reference begins.
pub(crate) fn beginning(expression: &Expr) -> Place {
    let mut first = expression;
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = first {
        first = refr;
    }
    place(first.span())
}

/// Where a span begins.
pub(crate) fn place(span: &Span) -> Place {
    Place {
        file: span.source.file().as_str().into(),
        line: span.line,
        column: span.col,
    }
}
