//! From an expression without macros to a typed condition.

use std::collections::HashMap;
use std::sync::Arc;

use super::operand::Typed;
use super::warning::Warning;
use super::{CheckError, Scope, compatibility, literal};
use crate::catalog::FieldType;
use crate::checked::{Condition, Literal, Operand, Right, Test};
use crate::diagnostic::Code;
use crate::operator::Operator;
use crate::suggestion;
use crate::syntax::{Argument, Check, Expression, RightSide, Term, Word};

/// Errors of one condition that are told; those after them are most often the same again.
const ERRORS_MAX: usize = 100;

/// What the check of one expression gives: a condition unless there are errors.
pub(crate) struct CheckedParts {
    pub(crate) condition: Option<Condition>,
    pub(crate) errors: Vec<CheckError>,
    pub(crate) warnings: Vec<Warning>,
}

/// Checks an expression; errors are gathered over its tests, up to a bound.
pub(crate) fn check_expression(expression: &Expression, scope: Scope<'_>) -> CheckedParts {
    let mut run = Run {
        scope,
        errors: Vec::new(),
        warnings: Vec::new(),
        event_types: HashMap::new(),
    };
    let condition = run.expression(expression);
    let Run {
        errors, warnings, ..
    } = run;
    CheckedParts {
        condition: condition.filter(|_| errors.is_empty()),
        errors,
        warnings,
    }
}

struct Run<'a> {
    scope: Scope<'a>,
    errors: Vec<CheckError>,
    warnings: Vec<Warning>,
    /// Event type names that have been looked up.
    event_types: HashMap<Arc<[u8]>, bool>,
}

impl Run<'_> {
    /// Recurses by one small frame a level.
    fn expression(&mut self, expression: &Expression) -> Option<Condition> {
        match expression {
            Expression::And(children) => self.all(children).map(Condition::And),
            Expression::Or(children) => self.all(children).map(Condition::Or),
            Expression::Not(child) => self
                .expression(child)
                .map(|child| Condition::Not(Box::new(child))),
            Expression::Macro(used) => {
                let message = format!("unexpected identifier '{}'", used.name);
                self.errors.push(CheckError::mismatch(message, used.span));
                None
            }
            Expression::Check(check) => match self.test(check) {
                Ok(test) => Some(Condition::Test(test)),
                Err(error) => {
                    self.errors.push(error);
                    None
                }
            },
        }
    }

    fn all(&mut self, children: &[Expression]) -> Option<Vec<Condition>> {
        let mut conditions = Vec::with_capacity(children.len());
        let mut complete = true;
        for child in children {
            if self.errors.len() >= ERRORS_MAX {
                return None;
            }
            match self.expression(child) {
                Some(condition) => conditions.push(condition),
                None => complete = false,
            }
        }
        complete.then_some(conditions)
    }

    /// Kept out of [`expression`](Self::expression), whose frame is paid once a level.
    #[inline(never)]
    fn test(&mut self, check: &Check) -> Result<Test, CheckError> {
        let left = self.scope.operand(&check.left)?;
        if left.usage.print_only {
            let message = format!(
                "field '{}' can be used in outputs only",
                left.operand.text()
            );
            return Err(CheckError::mismatch(message, check.left.span()));
        }
        self.check_operator(check, &left.operand)?;
        let right = match &check.right {
            RightSide::None => Right::None,
            RightSide::Term(term) => Right::Operand(self.right_operand(check, &left, term)?),
            RightSide::Value(_) | RightSide::List(_) => {
                Right::Values(self.literals(check, &left.operand)?)
            }
        };
        Ok(Test {
            left: left.operand,
            operator: check.operator,
            modifier: check.modifier,
            right,
            span: check.span,
        })
    }

    fn check_operator(&self, check: &Check, left: &Operand) -> Result<(), CheckError> {
        let (value_type, is_list) = (left.value_type(), left.is_list());
        compatibility::fits(check.operator, value_type, is_list).map_err(|kind| {
            let operator = check.operator;
            let message = format!(
                "'{operator}' operator not supported for {kind} such as '{}'",
                left.text()
            );
            let operators = compatibility::fitting(value_type, is_list);
            CheckError::mismatch(message, check.span)
                .with_remedy(Some(format!("use one of: {operators}")))
        })
    }

    fn literals(&mut self, check: &Check, left: &Operand) -> Result<Vec<Literal>, CheckError> {
        let is_event_type = gives_event_type(&check.left);
        let words = check.right.words();
        let bits = self.scope.integer_bits(left);
        let mut literals = Vec::with_capacity(words.len());
        for word in words {
            let warnings = self
                .scope
                .literal_warnings(check.operator, &word.value, word.span);
            self.warnings.extend(warnings);
            let literal = literal::convert(&word.value, check.operator, left.value_type(), bits)
                .map_err(|message| CheckError::mismatch(message, word.span))?;
            if is_event_type {
                self.check_event_type(word)?;
            }
            self.warnings.extend(cut_port(word, &literal));
            literals.push(literal);
        }
        Ok(literals)
    }

    fn check_event_type(&mut self, word: &Word) -> Result<(), CheckError> {
        let Scope { catalog, source } = self.scope;
        let name = String::from_utf8_lossy(&word.value);
        let known = *self
            .event_types
            .entry(word.value.clone())
            .or_insert_with(|| catalog.is_event_type(source, &name));
        if known {
            return Ok(());
        }
        let types = catalog.event_types(source);
        if types.is_empty() {
            return Ok(());
        }
        let nearest = suggestion::nearest(&name, types.into_iter());
        Err(
            CheckError::unknown(format!("unknown event type '{name}'"), word.span)
                .with_remedy(suggestion::did_you_mean(&nearest)),
        )
    }

    /// Checks a field or transformer on the right-hand side.
    fn right_operand(
        &self,
        check: &Check,
        left: &Typed,
        term: &Term,
    ) -> Result<Operand, CheckError> {
        let right = self.scope.operand(term)?;
        let mismatch = |message: String, span| -> Result<Operand, CheckError> {
            Err(CheckError::mismatch(message, span))
        };
        let (left_text, right_text) = (left.operand.text(), right.operand.text());
        if matches!(check.operator, Operator::PMatch | Operator::Regex) {
            let operator = check.operator;
            let message = format!("operator '{operator}' doesn't support right-hand side fields");
            return mismatch(message, term.span());
        }
        if left.operand.value_type() == FieldType::IpNet || left.usage.no_rhs {
            let message = format!("field '{left_text}' doesn't support right-hand side fields");
            return mismatch(message, check.left.span());
        }
        if right.usage.no_rhs || right.usage.print_only {
            let message = format!("field '{right_text}' can't be used as a right-hand side field");
            return mismatch(message, term.span());
        }
        let shape = |operand: &Operand| {
            let list = if operand.is_list() { " (list)" } else { "" };
            format!("{:?}{list}", operand.value_type())
        };
        let (left_shape, right_shape) = (shape(&left.operand), shape(&right.operand));
        if left_shape != right_shape {
            return mismatch(
                format!(
                    "'{left_text}' has type {left_shape} while the right-hand side '{right_text}' has \
                     incompatible type {right_shape}"
                ),
                term.span(),
            );
        }
        Ok(right.operand)
    }
}

/// Whether a term is the event type, also through transformers of one value; those of several make a
/// value of their own.
fn gives_event_type(term: &Term) -> bool {
    let mut term = term;
    loop {
        match term {
            Term::Field(field) => return &*field.name == "evt.type" && field.argument.is_none(),
            Term::Call(call) => match call.arguments.as_slice() {
                [Argument::Term(inner)] => term = inner,
                _ => return false,
            },
        }
    }
}

/// A warning if a port is too large a number, of which Falco compares the lowest bits.
fn cut_port(word: &Word, literal: &Literal) -> Option<Warning> {
    let Literal::Port(port) = literal else {
        return None;
    };
    let number: u32 = std::str::from_utf8(&word.value).ok()?.parse().ok()?;
    (number != u32::from(*port)).then(|| Warning {
        code: Code::CompileCondition,
        message: format!("there is no port {number}, port {port} is compared"),
        span: word.span,
        remedy: None,
    })
}
