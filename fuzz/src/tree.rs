//! Syntax trees, compared by what they mean and not by where they stood.

use std::sync::Arc;

use saker_rule_language::Span;
use saker_rule_language::syntax::{Argument, Call, Check, Expression, RightSide, Term, Word};

/// Deepest nesting whose canonical text is sure to stay within the parser's limit: each level costs
/// a pair of parentheses there, which the text it came from did not need.
const NESTING_MAX: usize = 100;

/// The tree without places, and without double negations, which canonical text does not keep.
#[must_use]
pub fn meaning(expression: &Expression) -> Expression {
    let all = |children: &[Expression]| children.iter().map(meaning).collect();
    match expression {
        Expression::And(children) => Expression::And(all(children)),
        Expression::Or(children) => Expression::Or(all(children)),
        Expression::Not(child) => match meaning(child) {
            Expression::Not(inner) => *inner,
            other => Expression::Not(Box::new(other)),
        },
        Expression::Macro(used) => {
            let mut used = used.clone();
            used.span = Span::default();
            Expression::Macro(used)
        }
        Expression::Check(check) => Expression::Check(Arc::new(Check {
            left: term(&check.left),
            operator: check.operator,
            modifier: check.modifier,
            right: match &check.right {
                RightSide::None => RightSide::None,
                RightSide::Value(value) => RightSide::Value(word(value)),
                RightSide::List(values) => RightSide::List(values.iter().map(word).collect()),
                RightSide::Term(right) => RightSide::Term(term(right)),
            },
            span: Span::default(),
        })),
    }
}

fn word(word: &Word) -> Word {
    Word {
        value: Arc::clone(&word.value),
        span: Span::default(),
    }
}

fn term(term: &Term) -> Term {
    let mut term = term.clone();
    match &mut term {
        Term::Field(field) => field.span = Span::default(),
        Term::Call(call) => {
            call.span = Span::default();
            call.arguments = call.arguments.iter().map(argument).collect();
        }
    }
    term
}

fn argument(value: &Argument) -> Argument {
    match value {
        Argument::Term(inner) => Argument::Term(term(inner)),
        Argument::Constant(constant) => Argument::Constant(word(constant)),
        Argument::List(items, _) => {
            Argument::List(items.iter().map(argument).collect(), Span::default())
        }
    }
}

/// Whether the canonical text means the same as the tree. It has Falco's form, which leaves out
/// quotes that some texts need.
#[must_use]
pub fn prints_exactly(expression: &Expression) -> bool {
    fn walk(expression: &Expression, depth: usize) -> bool {
        match expression {
            _ if depth > NESTING_MAX => false,
            Expression::And(children) | Expression::Or(children) => {
                children.iter().all(|child| walk(child, depth + 1))
            }
            Expression::Not(child) => walk(child, depth),
            Expression::Macro(used) => !matches!(&*used.name, "and" | "or" | "not"),
            Expression::Check(check) => {
                is_exact_term(&check.left)
                    && check.right.words().iter().all(is_exact_word)
                    && match &check.right {
                        RightSide::Term(term) => is_exact_term(term),
                        _ => true,
                    }
            }
        }
    }
    walk(expression, 0)
}

fn is_exact_word(word: &Word) -> bool {
    as_text(&word.value).is_some_and(|text| {
        gets_quotes(text) || (!text.is_empty() && !text.contains(['(', ')', ',', '\u{b}']))
    })
}

/// The text, unless it is lost in print: no text at all, or a backslash before the closing quote.
fn as_text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value)
        .ok()
        .filter(|text| !text.ends_with('\\'))
}

fn gets_quotes(text: &str) -> bool {
    text.contains([
        ' ', '=', '\'', '"', '\\', '\0', '\u{8}', '\u{c}', '\n', '\r', '\t',
    ])
}

fn is_exact_term(term: &Term) -> bool {
    match term {
        Term::Field(field) => is_exact_selector(field.argument.as_deref()),
        Term::Call(Call {
            arguments,
            selector,
            ..
        }) => is_exact_selector(selector.as_deref()) && arguments.iter().all(is_exact_argument),
    }
}

fn is_exact_selector(selector: Option<&str>) -> bool {
    selector.is_none_or(|text| {
        !text.ends_with('\\') && (gets_quotes(text) || !text.contains(['[', ']', '\u{b}']))
    })
}

fn is_exact_argument(argument: &Argument) -> bool {
    match argument {
        Argument::Term(term) => is_exact_term(term),
        Argument::Constant(word) => as_text(&word.value).is_some_and(|text| {
            gets_quotes(text) || text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty()
        }),
        Argument::List(items, _) => items.iter().all(is_exact_argument),
    }
}
