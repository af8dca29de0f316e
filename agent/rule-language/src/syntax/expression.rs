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

/// Levels of depth between the start of a group and what stands in it, as Falco counts them: one for
/// `or`, one for `and`, one for `not`, one for a test, and one for an opening parenthesis.
const LEVELS_OR: usize = 1;
const LEVELS_AND: usize = 2;
const LEVELS_NOT: usize = 3;
const LEVELS_TEST: usize = 4;

/// The depth of a field or transformer that stands by itself is as limited as in Falco.
const TERM_DEPTH_MAX: usize = 100;

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
    let mut parser = Parser {
        depth_max: limits.condition_depth,
        depth_remedy: limits.remedy("condition_depth"),
        ..Parser::new(text)
    };
    if text.len() == 0 {
        return parser.fail("the condition is empty");
    }
    let expression = parser.condition()?;
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
    /// How deep the current place is, in Falco's count.
    depth: usize,
    depth_max: usize,
    /// What to do where that is too deep.
    depth_remedy: Option<String>,
}

/// What is between an opening parenthesis (or the start) and the current place.
#[derive(Default)]
struct Group {
    /// How deep its start is.
    depth: usize,
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
            depth: 0,
            depth_max: TERM_DEPTH_MAX,
            depth_remedy: None,
        }
    }

    /// Goes on at a depth, if the limit lets it.
    fn at_depth(&mut self, depth: usize) -> Parsed<()> {
        self.depth = depth;
        if depth < self.depth_max {
            return Ok(());
        }
        let limit = self.depth_max;
        Err(SyntaxError {
            message: format!("exceeded max depth limit of {limit}"),
            span: self.cursor.span_ahead(),
            remedy: self.depth_remedy.clone(),
        })
    }

    /// Parses something one level deeper.
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let depth = self.depth;
        self.at_depth(depth.saturating_add(1))?;
        let parsed = parse(self)?;
        self.depth = depth;
        Ok(parsed)
    }

    /// An error about what comes next.
    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxError {
            message: message.into(),
            span: self.cursor.span_ahead(),
            remedy: None,
        })
    }

    fn condition(&mut self) -> Parsed<Expression> {
        let mut groups = vec![Group {
            depth: 1,
            ..Group::default()
        }];
        loop {
            let operand = self.operand(&mut groups)?;
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
    fn operand(&mut self, groups: &mut Vec<Group>) -> Parsed<Expression> {
        loop {
            let start = groups.last().map_or(0, |group| group.depth);
            self.at_depth(start.saturating_add(LEVELS_AND))?;
            self.cursor.blank();
            let mut negated = false;
            while self.cursor.not() {
                negated = !negated;
            }
            if self.cursor.symbol("not(") {
                let group = self.group(start.saturating_add(LEVELS_NOT))?;
                groups.push(Group {
                    negated: !negated,
                    ..group
                });
                continue;
            }
            self.at_depth(start.saturating_add(LEVELS_NOT))?;
            self.cursor.blank();
            if self.cursor.symbol("(") {
                let group = self.group(start.saturating_add(LEVELS_TEST))?;
                groups.push(Group { negated, ..group });
                continue;
            }
            let operand = self.test_or_macro()?;
            return Ok(negate(operand, negated));
        }
    }

    /// The group whose opening parenthesis, at this depth, has been read.
    fn group(&mut self, depth: usize) -> Parsed<Group> {
        self.at_depth(depth)?;
        Ok(Group {
            depth: depth.saturating_add(1),
            ..Group::default()
        })
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
                return self.next_operand(groups, "and", LEVELS_AND);
            }
            group.close_conjunction();
            if self.cursor.symbol("or") {
                return self.next_operand(groups, "or", LEVELS_OR);
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
    fn next_operand(
        &mut self,
        groups: &mut Vec<Group>,
        keyword: &str,
        levels: usize,
    ) -> Parsed<Next> {
        if self.cursor.blank() {
            return Ok(Next::Operand);
        }
        if !self.cursor.symbol("(") {
            return self.fail(format!("expected blank or '(' after '{keyword}'"));
        }
        let start = groups.last().map_or(0, |group| group.depth);
        let group = self.group(start.saturating_add(levels))?;
        groups.push(Group {
            after_or: keyword == "or",
            ..group
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
