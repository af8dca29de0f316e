//! What a file of policies declares, reads and calls, from its syntax tree.

use crate::error::{LoadError, Place};
use crate::reference::{Imports, Reference, beginning, place};
use regorus::unstable::{BUILTINS, Expr, Literal, Module, Query, Rule, RuleAssign, RuleHead};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One file.
#[derive(Debug)]
pub(crate) struct FileFacts {
    /// The package, without `data`.
    pub(crate) package: Vec<Arc<str>>,
    /// What it declares.
    pub(crate) rules: Vec<RuleFacts>,
}

/// One rule or function, or a part of one: several parts have the same name.
#[derive(Debug)]
pub(crate) struct RuleFacts {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Where it is.
    pub(crate) place: Place,
    /// Whether it takes arguments.
    pub(crate) is_function: bool,
    /// What it refers to outside of itself, imports resolved.
    pub(crate) references: Vec<(Reference, Place)>,
    /// The functions that it calls, and the variable or document that the first argument is, if it is one.
    pub(crate) calls: Vec<Call>,
}

/// A call of a function.
#[derive(Debug)]
pub(crate) struct Call {
    /// The function.
    pub(crate) function: Reference,
    /// The first argument, where it is a reference.
    pub(crate) first: Option<Reference>,
    /// Where it is.
    pub(crate) place: Place,
}

impl Call {
    /// The function's name as it is written.
    pub(crate) fn name(&self) -> String {
        self.function.path().join(".")
    }
}

impl FileFacts {
    /// Looks through a file.
    pub(crate) fn of(module: &Module) -> Self {
        let imports = Imports::of(module);
        // `package a.b` is `data.a.b` without the first word.
        let package = Reference::of(&module.package.refr).map_or_else(Vec::new, |name| name.path());
        let rules = module.policy.iter().filter_map(|rule| {
            let mut walk = Walk {
                imports: &imports,
                references: Vec::new(),
                calls: Vec::new(),
            };
            let (name, is_function) = walk.rule(rule)?;
            Some(RuleFacts {
                name,
                place: place(rule.span()),
                is_function,
                references: walk.references,
                calls: walk.calls,
            })
        });
        Self {
            package,
            rules: rules.collect(),
        }
    }
}

/// Collects what one rule refers to. Nesting of expressions is bounded by the parser.
struct Walk<'a> {
    imports: &'a Imports,
    references: Vec<(Reference, Place)>,
    calls: Vec<Call>,
}

impl Walk<'_> {
    /// The rule's name, and whether it is a function.
    fn rule(&mut self, rule: &Rule) -> Option<(Arc<str>, bool)> {
        match rule {
            Rule::Default {
                refr, args, value, ..
            } => {
                self.expression(value);
                Some((Reference::of(refr)?.root, !args.is_empty()))
            }
            Rule::Spec { head, bodies, .. } => {
                let named = self.head(head)?;
                for body in bodies {
                    self.assigned(body.assign.as_ref());
                    self.query(&body.query);
                }
                Some(named)
            }
        }
    }

    fn head(&mut self, head: &RuleHead) -> Option<(Arc<str>, bool)> {
        let (refr, is_function) = match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.assigned(assign.as_ref());
                (refr, false)
            }
            RuleHead::Set { refr, key, .. } => {
                if let Some(key) = key {
                    self.expression(key);
                }
                (refr, false)
            }
            RuleHead::Func {
                refr, args, assign, ..
            } => {
                args.iter().for_each(|argument| self.expression(argument));
                self.assigned(assign.as_ref());
                (refr, true)
            }
        };
        // Keys of `deny[input.x] := …` are read as well.
        self.indices(refr);
        Some((Reference::of(refr)?.root, is_function))
    }

    fn assigned(&mut self, assign: Option<&RuleAssign>) {
        if let Some(assign) = assign {
            self.expression(&assign.value);
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn {
                    key,
                    value,
                    collection,
                    ..
                } => {
                    if let Some(key) = key {
                        self.expression(key);
                    }
                    self.expression(value);
                    self.expression(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expression(expr),
                Literal::Every { domain, query, .. } => {
                    self.expression(domain);
                    self.query(query);
                }
            }
            // What is replaced is not read.
            for with in &statement.with_mods {
                self.expression(&with.r#as);
            }
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.reference(expression);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.expression(item));
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expression(key);
                    self.expression(value);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expression(term);
                self.query(query);
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => {
                self.expression(key);
                self.expression(value);
                self.query(query);
            }
            Expr::Call { fcn, params, .. } => self.call(fcn, params.iter().map(|param| &**param)),
            Expr::UnaryExpr { expr, .. } => self.expression(expr),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expression(lhs);
                self.expression(rhs);
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                if let Some(key) = key {
                    self.expression(key);
                }
                self.expression(value);
                self.expression(collection);
            }
        }
    }

    fn call<'e>(&mut self, function: &Expr, arguments: impl Iterator<Item = &'e Expr>) {
        let mut first = None;
        for (position, argument) in arguments.enumerate() {
            if position == 0 {
                first = Reference::of(argument).map(|found| found.through(self.imports));
            }
            self.expression(argument);
        }
        if let Some(name) = Reference::of(function) {
            self.calls.push(Call {
                function: name.through(self.imports),
                first,
                place: beginning(function),
            });
        }
    }

    fn reference(&mut self, expression: &Expr) {
        if let Some(found) = Reference::of(expression) {
            let place = beginning(expression);
            self.references.push((found.through(self.imports), place));
        }
        self.indices(expression);
    }

    /// What stands in the brackets of a reference, and in front of them where that is no name.
    fn indices(&mut self, expression: &Expr) {
        let mut rest = expression;
        loop {
            match rest {
                Expr::RefDot { refr, .. } => rest = refr,
                Expr::RefBrack { refr, index, .. } => {
                    self.expression(index);
                    rest = refr;
                }
                Expr::Var { .. } => return,
                other => return self.expression(other),
            }
        }
    }
}

/// Functions that must not be called, and why.
const REFUSED: &[(&str, &str)] = &[
    ("rand.intn", "the same event must give the same result"),
    (
        "http.send",
        "policies ask nobody; put what they need into data.json",
    ),
    ("opa.runtime", "policies do not see the agent's environment"),
];

/// Checks that a call is of a function that there is, and that it can be bounded.
pub(crate) fn check_call(call: &Call, declared: &BTreeSet<Arc<str>>) -> Result<(), LoadError> {
    let name = call.name();
    let refused = |what: String, remedy: &str| {
        Err(LoadError::Refused {
            place: call.place.clone(),
            what,
            remedy: remedy.to_owned(),
        })
    };
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return refused(format!("the function `{name}` is not available"), why);
    }
    if name == "walk" {
        let is_document = |first: &Reference| matches!(&*first.root, "input" | "data");
        return match call.first.as_ref().is_some_and(is_document) {
            true => Ok(()),
            false => refused(
                "`walk` goes through something that the policy made".to_owned(),
                "call it with a part of `input` or `data`, as in `walk(input.audit, [path, value])`",
            ),
        };
    }
    let is_known = &*call.function.root == "data"
        || declared.contains(&call.function.root)
        || name == "print"
        || BUILTINS.contains_key(name.as_str());
    match is_known {
        true => Ok(()),
        false => refused(
            format!("there is no function `{name}`"),
            "docs/rego.md lists what is available",
        ),
    }
}
