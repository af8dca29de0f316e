//! Macros: put into conditions as parts of the tree.

use std::collections::HashMap;
use std::sync::Arc;

use super::collection::{Macro, Named};
use super::lists::Lists;
use super::missing::Missing;
use crate::diagnostic::Code;
use crate::options::Limits;
use crate::origin::MappedText;
use crate::report::{Context, Finding, Findings, Found, Report};
use crate::suggestion;
use crate::syntax::{Expression, MacroUse, parse};

/// Macros that cannot be put into one condition and are told.
const WRONG_MAX: usize = 100;

/// A condition without macros, and what it costs.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    pub(crate) expression: Expression,
    pub(crate) size: Size,
    /// Whether no macro is missing from it. One that is, because it is wrong or undefined, has been
    /// reported; nothing stands in its place, so that the rest can be checked.
    pub(crate) is_whole: bool,
}

/// What a condition holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) tests: usize,
    pub(crate) literals: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.tests = self.tests.saturating_add(other.tests);
        self.literals = self.literals.saturating_add(other.literals);
    }

    /// Tests and literals together.
    pub(crate) fn total(self) -> usize {
        self.tests.saturating_add(self.literals)
    }
}

/// A macro on its way from text to a condition without macros.
enum State {
    /// It does not parse, which has been reported.
    Broken,
    /// It grows too large, which has been reported.
    TooLarge,
    Parsed(Expression),
    Expanded(Expansion),
}

/// A condition grows too large.
enum TooLarge {
    /// Because of a macro of which that has been reported.
    Reported,
    Finding(Box<Finding>),
}

/// All macros, ready to be put into conditions.
pub(crate) struct Macros<'a> {
    definitions: &'a Named<Macro>,
    limits: &'a Limits,
    missing: &'a Missing,
    states: HashMap<Arc<str>, State>,
    used: HashMap<Arc<str>, bool>,
    /// Whether the uses of macros and lists in all of them are known.
    are_parsed: bool,
}

impl<'a> Macros<'a> {
    /// Parses all macros and puts those into each that it sees.
    pub(crate) fn new(
        definitions: &'a Named<Macro>,
        missing: &'a Missing,
        lists: &mut Lists,
        limits: &'a Limits,
        report: &mut Report<'_>,
    ) -> Self {
        let mut macros = Self {
            definitions,
            limits,
            missing,
            states: HashMap::new(),
            used: HashMap::new(),
            are_parsed: true,
        };
        for definition in definitions.iter() {
            let context = &definition.context;
            let parsed = parse_condition(&definition.condition, lists, limits, context);
            let state = report.check(parsed).map_or(State::Broken, State::Parsed);
            macros.are_parsed &= !matches!(state, State::Broken);
            macros.states.insert(definition.name.clone(), state);
            macros.used.insert(definition.name.clone(), false);
        }
        let mut total = 0usize;
        for definition in definitions.iter() {
            let Some(State::Parsed(expression)) = macros.states.get(&definition.name) else {
                continue;
            };
            let expression = expression.clone();
            let context = &definition.context;
            let expanded = macros.expand_for(&expression, Some(definition), lists, context, report);
            let state = expanded.map_or(State::TooLarge, |expansion| {
                total = total.saturating_add(expansion.size.total());
                State::Expanded(expansion)
            });
            macros.states.insert(definition.name.clone(), state);
            if total > limits.set_size {
                let message = "the macros are too large together";
                let finding = definition.context.finding(Code::ErrValidate, message);
                report.add(finding.with_remedy(limits.remedy("set_size")));
                break;
            }
        }
        macros
    }

    /// Puts macros into a rule's condition; a rule sees all of them. Nothing comes of one that grows too
    /// large.
    pub(crate) fn expand(
        &mut self,
        expression: &Expression,
        lists: &Lists,
        context: &Context,
        report: &mut Report<'_>,
    ) -> Option<Expansion> {
        self.expand_for(expression, None, lists, context, report)
    }

    fn expand_for(
        &mut self,
        expression: &Expression,
        viewer: Option<&Macro>,
        lists: &Lists,
        context: &Context,
        report: &mut Report<'_>,
    ) -> Option<Expansion> {
        let mut run = Run {
            macros: self,
            viewer,
            lists,
            context,
            path: Vec::new(),
            named: Vec::new(),
            wrong: Findings::default(),
            is_whole: true,
            size: Size::default(),
        };
        let outcome = run.expand(expression, 0);
        let Run {
            named,
            wrong,
            is_whole,
            size,
            ..
        } = run;
        for name in named {
            self.used.insert(name, true);
        }
        report.add_all(wrong);
        let expression = match outcome {
            Ok(expression) => expression,
            Err(TooLarge::Reported) => return None,
            Err(TooLarge::Finding(finding)) => {
                report.add(finding);
                return None;
            }
        };
        Some(Expansion {
            expression,
            size,
            is_whole,
        })
    }

    /// Whether the uses of macros and lists in all macros are known.
    pub(crate) fn are_parsed(&self) -> bool {
        self.are_parsed
    }

    /// Reports the macros that nothing refers to.
    pub(crate) fn report_unused(&self, report: &mut Report<'_>) {
        for definition in self.definitions.iter() {
            if self.used.get(&definition.name) == Some(&false) {
                let message = format!(
                    "macro '{}' not referred to by any other rule/macro",
                    definition.name
                );
                report.add(definition.context.finding(Code::UnusedMacro, message));
            }
        }
    }
}

/// Puts the lists into a condition and parses it.
pub(crate) fn parse_condition(
    condition: &MappedText,
    lists: &mut Lists,
    limits: &Limits,
    context: &Context,
) -> Found<Expression> {
    let text = lists.put_into(condition).map_err(|_| {
        let message = format!(
            "the condition has more than {} bytes after lists are put in",
            limits.condition_bytes
        );
        context
            .finding(Code::ErrCompileCondition, message)
            .with_remedy(limits.remedy("condition_bytes"))
    })?;
    parse(&text, limits).map_err(|error| {
        context
            .finding_at(Code::ErrCompileCondition, error.message, error.span)
            .with_remedy(error.remedy)
    })
}

/// One expansion.
struct Run<'r, 'a> {
    macros: &'r Macros<'a>,
    viewer: Option<&'r Macro>,
    lists: &'r Lists,
    context: &'r Context,
    /// Macros that are being expanded.
    path: Vec<Arc<str>>,
    /// Macros that the condition names.
    named: Vec<Arc<str>>,
    /// Macros that cannot be put in.
    wrong: Findings,
    is_whole: bool,
    size: Size,
}

impl Run<'_, '_> {
    /// Recurses by one small frame a level, and no deeper than the limit on depth.
    fn expand(&mut self, expression: &Expression, depth: usize) -> Result<Expression, TooLarge> {
        let limit = self.macros.limits.tree_depth;
        if depth >= limit {
            let message =
                format!("'and', 'or' and 'not' are nested deeper than {limit} with macros put in");
            return self.fail("tree_depth", message);
        }
        let deeper = depth.saturating_add(1);
        Ok(match expression {
            Expression::And(children) => Expression::And(self.expand_all(children, deeper)?),
            Expression::Or(children) => Expression::Or(self.expand_all(children, deeper)?),
            Expression::Not(child) => Expression::Not(Box::new(self.expand(child, deeper)?)),
            Expression::Macro(used) => self.expand_macro(used, deeper)?,
            Expression::Check(check) => {
                let literals = check.right.words().len();
                self.charge(Size { tests: 1, literals })?;
                Expression::Check(check.clone())
            }
        })
    }

    fn expand_all(
        &mut self,
        children: &[Expression],
        depth: usize,
    ) -> Result<Vec<Expression>, TooLarge> {
        // A loop: an iterator chain would cost several frames a level.
        let mut expanded = Vec::with_capacity(children.len());
        for child in children {
            expanded.push(self.expand(child, depth)?);
        }
        Ok(expanded)
    }

    fn expand_macro(&mut self, used: &MacroUse, depth: usize) -> Result<Expression, TooLarge> {
        let macros = self.macros;
        let found = macros.definitions.get(&used.name);
        self.named.extend(found.map(|found| found.name.clone()));
        // Files are loaded one by one: what is written in one cannot use what a later one defines.
        let seen = found.filter(|found| {
            found.file <= used.span.file
                && self
                    .viewer
                    .is_none_or(|viewer| viewer.order.sees(found.order))
        });
        let Some(definition) = seen else {
            let is_missing =
                found.is_none() && macros.missing.has_macro(&used.name, used.span.file);
            if !is_missing && self.wrong.len() < WRONG_MAX {
                self.wrong.add(*self.undefined(used));
            }
            return Ok(self.nothing());
        };
        if self.path.contains(&definition.name) {
            let message = format!("reference loop in macro '{}'", used.name);
            let finding = self
                .context
                .finding_at(Code::ErrValidate, message, used.span);
            if self.wrong.len() < WRONG_MAX {
                self.wrong.add(*finding);
            }
            return Ok(self.nothing());
        }
        let expression = match macros.states.get(&definition.name) {
            None | Some(State::Broken) => return Ok(self.nothing()),
            Some(State::TooLarge) => return Err(TooLarge::Reported),
            Some(State::Parsed(expression)) => expression,
            Some(State::Expanded(expansion)) => {
                // Refuse before walking through it: it may be large.
                let mut size = self.size;
                size.add(expansion.size);
                self.check_size(size)?;
                self.is_whole &= expansion.is_whole;
                &expansion.expression
            }
        };
        self.path.push(definition.name.clone());
        let expanded = self.expand(expression, depth)?;
        self.path.pop();
        Ok(expanded)
    }

    /// Stands in place of a macro that cannot be put in.
    fn nothing(&mut self) -> Expression {
        self.is_whole = false;
        Expression::And(Vec::new())
    }

    fn undefined(&self, used: &MacroUse) -> Box<Finding> {
        let name = &*used.name;
        let message = format!("undefined macro '{name}' used in filter");
        let remedy = if self.lists.contains(name) {
            Some(format!(
                "'{name}' is a list: compare a field with it, as in 'proc.name in ({name})'"
            ))
        } else if let Some(found) = self.macros.definitions.get(name) {
            Some(if found.file > used.span.file {
                format!("load the file that defines macro '{name}' first")
            } else {
                format!("define macro '{name}' before the macro that uses it")
            })
        } else {
            let nearest = suggestion::nearest(name, self.macros.definitions.names());
            suggestion::did_you_mean(&nearest)
        };
        let finding = self
            .context
            .finding_at(Code::ErrValidate, message, used.span);
        finding.with_remedy(remedy)
    }

    fn charge(&mut self, size: Size) -> Result<(), TooLarge> {
        self.size.add(size);
        self.check_size(self.size)
    }

    fn check_size(&self, size: Size) -> Result<(), TooLarge> {
        let limits = self.macros.limits;
        if size.tests > limits.condition_tests {
            let limit = limits.condition_tests;
            let message = format!("more than {limit} tests with macros put in");
            return self.fail("condition_tests", message);
        }
        if size.literals > limits.condition_literals {
            let limit = limits.condition_literals;
            let message = format!("more than {limit} literals with macros put in");
            return self.fail("condition_literals", message);
        }
        Ok(())
    }

    /// Fails for the bound of this name.
    fn fail<T>(&self, limit: &str, message: String) -> Result<T, TooLarge> {
        let finding = self.context.finding(Code::ErrCompileCondition, message);
        Err(TooLarge::Finding(
            finding.with_remedy(self.macros.limits.remedy(limit)),
        ))
    }
}
