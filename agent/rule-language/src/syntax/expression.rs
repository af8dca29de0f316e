//! The parser for conditions.
//!
//! Parentheses go on an explicit stack, so their nesting costs no call depth. The grammar is Falco's
//! with its oddities: after `or(…)` another `or` may follow but no `and`, keywords after `exists` need
//! no blank before them, and a name is a macro wherever no field fits.

use super::ast::{Expression, MacroUse, Word};
use super::cursor::Cursor;
use crate::options::Limits;
use crate::origin::MappedText;
use crate::span::Span;

/// Levels of depth that one pair of parentheses counts for, as in Falco.
const LEVELS_PER_PARENTHESIS: usize = 5;

/// Why a condition does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) remedy: Option<String>,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// Parses a condition, no deeper than the limits on its nesting.
pub(crate) fn parse(text: &MappedText, limits: &Limits) -> Result<Expression, SyntaxError> {
    let mut parser = Parser::new(text);
    if text.len() == 0 {
        return parser.fail("the condition is empty");
    }
    let expression = parser.condition(limits.condition_depth)?;
    check_tree_depth(&expression, text, limits.tree_depth)?;
    Ok(expression)
}

fn check_tree_depth(expression: &Expression, text: &MappedText, limit: usize) -> Parsed<()> {
    let mut pending = vec![(expression, 1usize)];
    while let Some((expression, depth)) = pending.pop() {
        if depth > limit {
            return Err(SyntaxError {
                message: format!("'and', 'or' and 'not' are nested deeper than {limit}"),
                span: text.span(0..text.len()),
                remedy: Some(
                    "flatten the condition, or raise 'limits.tree_depth' in the configuration"
                        .to_owned(),
                ),
            });
        }
        let deeper = depth.saturating_add(1);
        match expression {
            Expression::And(children) | Expression::Or(children) => {
                pending.extend(children.iter().map(|child| (child, deeper)));
            }
            Expression::Not(child) => pending.push((child, deeper)),
            Expression::Macro(_) | Expression::Check(_) => {}
        }
    }
    Ok(())
}

pub(super) struct Parser<'t> {
    pub(super) cursor: Cursor<'t>,
    /// Transformers that are open.
    pub(super) call_depth: usize,
}

/// What is between an opening parenthesis (or the start) and the current place.
#[derive(Default)]
struct Group {
    /// Closed parts of an `or`.
    alternatives: Vec<Expression>,
    /// Parts of the `and` that is being read.
    conjuncts: Vec<Expression>,
    /// A `not` stands before the parenthesis.
    negated: bool,
    /// The parenthesis stands right after `or`.
    after_or: bool,
}

/// What follows an operand.
enum Next {
    Operand,
    End(Expression),
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t MappedText) -> Self {
        Self {
            cursor: Cursor::new(text),
            call_depth: 0,
        }
    }

    /// An error about what comes next.
    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError {
            message: message.into(),
            span: self.cursor.span_ahead(),
            remedy: None,
        })
    }

    fn condition(&mut self, depth: usize) -> Parsed<Expression> {
        let mut groups = vec![Group::default()];
        loop {
            let operand = self.operand(&mut groups, depth)?;
            match self.after_operand(&mut groups, operand)? {
                Next::Operand => {}
                Next::End(expression) if self.cursor.at_end() => return Ok(expression),
                Next::End(_) => {
                    let last = self.cursor.last_token();
                    return self.fail(format!(
                        "unexpected token after '{last}', expecting 'or', 'and'"
                    ));
                }
            }
        }
    }

    /// Reads `not` and opening parentheses up to the first test or macro, and that.
    fn operand(&mut self, groups: &mut Vec<Group>, depth: usize) -> Parsed<Expression> {
        loop {
            if groups.len().saturating_mul(LEVELS_PER_PARENTHESIS) > depth {
                return Err(SyntaxError {
                    message: format!("exceeded max depth limit of {depth}"),
                    span: self.cursor.span_ahead(),
                    remedy: Limits::remedy("condition_depth"),
                });
            }
            self.cursor.blank();
            let mut negated = false;
            while self.cursor.not() {
                negated = !negated;
            }
            if self.cursor.symbol("not(") {
                groups.push(Group {
                    negated: !negated,
                    ..Group::default()
                });
                continue;
            }
            self.cursor.blank();
            if self.cursor.symbol("(") {
                groups.push(Group {
                    negated,
                    ..Group::default()
                });
                continue;
            }
            let operand = self.test_or_macro()?;
            return Ok(negate(operand, negated));
        }
    }

    /// Reads `and`, `or` and closing parentheses after an operand.
    fn after_operand(&mut self, groups: &mut Vec<Group>, operand: Expression) -> Parsed<Next> {
        let mut operand = operand;
        let mut after_or = false;
        loop {
            let Some(group) = groups.last_mut() else {
                return self.fail("the parentheses are not balanced");
            };
            group.conjuncts.push(operand);
            self.cursor.blank();
            if !after_or && self.cursor.symbol("and") {
                return self.next_operand(groups, "and");
            }
            group.close_conjunction();
            if self.cursor.symbol("or") {
                return self.next_operand(groups, "or");
            }
            let expression = group.finish();
            if groups.len() == 1 {
                return Ok(Next::End(expression));
            }
            if !self.cursor.symbol(")") {
                return self.fail("expected a ')' token");
            }
            let closed = groups.pop().unwrap_or_default();
            operand = negate(expression, closed.negated);
            after_or = closed.after_or;
        }
    }

    /// What must stand after `and` and `or`: a blank or a parenthesis.
    fn next_operand(&mut self, groups: &mut Vec<Group>, keyword: &str) -> Parsed<Next> {
        if self.cursor.blank() {
            return Ok(Next::Operand);
        }
        if !self.cursor.symbol("(") {
            return self.fail(format!("expected blank or '(' after '{keyword}'"));
        }
        groups.push(Group {
            after_or: keyword == "or",
            ..Group::default()
        });
        Ok(Next::Operand)
    }

    fn test_or_macro(&mut self) -> Parsed<Expression> {
        let start = self.cursor.position();
        if let Some(left) = self.field()? {
            return self.comparison(left, start);
        }
        if let Some(left) = self.transformer()? {
            return self.comparison(left, start);
        }
        match self.cursor.identifier() {
            Some(name) => Ok(Expression::Macro(MacroUse {
                name: name.into(),
                span: self.cursor.span_from(start),
            })),
            None => self.fail("expected a '(' token, a field check, or an identifier"),
        }
    }

    /// A quoted text.
    pub(super) fn quoted(&mut self) -> Parsed<Option<Word>> {
        let start = self.cursor.position();
        match self.cursor.quoted() {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(Word {
                value,
                span: self.cursor.span_from(start),
            })),
            Some(Err(error)) => self.fail(error.to_string()),
        }
    }
}

impl Group {
    fn close_conjunction(&mut self) {
        let mut conjuncts = std::mem::take(&mut self.conjuncts);
        let single = if conjuncts.len() == 1 {
            conjuncts.pop()
        } else {
            None
        };
        self.alternatives
            .push(single.unwrap_or(Expression::And(conjuncts)));
    }

    fn finish(&mut self) -> Expression {
        let mut alternatives = std::mem::take(&mut self.alternatives);
        let single = if alternatives.len() == 1 {
            alternatives.pop()
        } else {
            None
        };
        single.unwrap_or(Expression::Or(alternatives))
    }
}

fn negate(expression: Expression, negated: bool) -> Expression {
    if negated {
        Expression::Not(Box::new(expression))
    } else {
        expression
    }
}
