//! What compiles but is probably not meant.

use super::Scope;
use crate::diagnostic::Code;
use crate::operator::Operator;
use crate::span::Span;
use crate::syntax::{Check, Expression, Function, Term};

/// A finding that does not stop the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) remedy: Option<String>,
}

/// How a missing value is shown; comparing with it looks for a missing value, and does not find it.
const NO_VALUE: &[u8] = b"<NA>";

/// Namespaces whose fields once gave `<NA>` for a missing value.
const UNSAFE_PREFIXES: [&str; 2] = ["ka.", "jevt."];

/// Warnings about the fields of an expression without macros.
pub(crate) fn warnings_of(expression: &Expression, scope: &Scope<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut pending = vec![expression];
    while let Some(expression) = pending.pop() {
        match expression {
            Expression::And(children) | Expression::Or(children) => {
                pending.extend(children.iter().rev());
            }
            Expression::Not(child) => pending.push(child),
            Expression::Macro(_) => {}
            Expression::Check(check) => {
                warnings.extend(unsafe_comparison(check));
                let right = match &check.right {
                    crate::syntax::RightSide::Term(term) => term.fields(),
                    _ => Vec::new(),
                };
                for field in check.left.fields().into_iter().chain(right) {
                    warnings.extend(scope.deprecation(&Term::Field(field.clone())));
                }
            }
        }
    }
    warnings
}

fn unsafe_comparison(check: &Check) -> Option<Warning> {
    let fields = check.left.fields();
    let field = fields.iter().find(|field| {
        UNSAFE_PREFIXES
            .iter()
            .any(|prefix| field.name.starts_with(prefix))
    })?;
    let equality = matches!(
        check.operator,
        Operator::Equal
            | Operator::NotEqual
            | Operator::In
            | Operator::Intersects
            | Operator::PMatch
    );
    let word = check
        .right
        .words()
        .iter()
        .find(|word| *word.value == *NO_VALUE)?;
    (equality && check.modifier.is_none()).then(|| Warning {
        code: Code::UnsafeNaCheck,
        message: format!("comparing '{field}' with <NA> is unsafe"),
        span: word.span,
        remedy: Some(format!("write '{field} exists' or 'not {field} exists'")),
    })
}

impl Scope<'_> {
    /// A warning if the field is deprecated.
    pub(crate) fn deprecation(&self, term: &Term) -> Option<Warning> {
        let Term::Field(used) = term else { return None };
        let (field, usage) = self.known_field(used)?;
        usage.deprecated.then(|| Warning {
            code: Code::DeprecatedItem,
            message: format!(
                "usage of deprecated field '{}' has been detected",
                field.name
            ),
            span: used.span,
            remedy: None,
        })
    }

    /// Warnings about one literal.
    pub(super) fn literal_warnings(
        &self,
        operator: Operator,
        value: &[u8],
        span: Span,
    ) -> Vec<Warning> {
        let Ok(text) = std::str::from_utf8(value) else {
            return Vec::new();
        };
        let mut warnings = Vec::new();
        let mut warn = |message: String, remedy: String| {
            warnings.push(Warning {
                code: Code::CompileCondition,
                message,
                span,
                remedy: Some(remedy),
            });
        };
        if operator == Operator::Regex && is_simple_regex(text) {
            warn(
                format!("regex check with '{text}' may be optimized"),
                "use a simpler operator: '=', 'contains', 'startswith' or 'endswith'".to_owned(),
            );
        }
        let compact: String = text.split_whitespace().collect();
        if compact.contains('.') && self.is_field(&compact) {
            warn(
                format!("'{text}' may be a valid field misused as a const string value"),
                format!("write 'val({compact})' to compare with the field"),
            );
        }
        if looks_like_call(&compact) {
            warn(
                format!(
                    "'{text}' may be a valid field transformer misused as a const string value"
                ),
                format!("write '{compact}' without quotes and blanks to use the transformer"),
            );
        }
        warnings
    }
}

fn looks_like_call(text: &str) -> bool {
    let transforms = Function::TRANSFORMS.into_iter().map(Function::Transform);
    [Function::Value]
        .into_iter()
        .chain(transforms)
        .any(|function| {
            text.strip_prefix(function.name())
                .is_some_and(|rest| rest.len() >= 2 && rest.starts_with('(') && rest.ends_with(')'))
        })
}

/// Whether the pattern has special characters only where `contains`, `startswith` or `endswith` would
/// do: anchors, and `.*` and its like at the ends.
fn is_simple_regex(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let last = bytes.len().saturating_sub(1);
    let mut index = 0;
    while let Some(byte) = bytes.get(index).copied() {
        let next = bytes.get(index.saturating_add(1)).copied();
        let anchor = (index == 0 && byte == b'^') || (index == last && byte == b'$');
        let at_end = index == 0 || index.saturating_add(1) == last;
        let any_run = at_end && byte == b'.' && matches!(next, Some(b'+' | b'*' | b'?'));
        if any_run {
            index = index.saturating_add(2);
            continue;
        }
        if !anchor && b".+*?^$()[]{}|\\".contains(&byte) {
            return false;
        }
        index = index.saturating_add(1);
    }
    true
}
