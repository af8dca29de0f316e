//! Statements and expressions.

use super::token::{Token, tokens};

/// Deepest nesting of an expression.
const DEPTH_MAX: usize = 64;

/// Names of types that a cast may have.
const INTEGER_TYPES: &[&str] = &[
    "int", "char", "short", "long", "unsigned", "signed", "bool", "size_t", "ssize_t", "int8_t",
    "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
];

/// One statement: a value, and the variable that takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) target: Option<String>,
    pub(crate) value: Expression,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Integer(i128),
    Text(Vec<u8>),
    Name(String),
    /// A call of a function; casts in words are calls too, without their type.
    Call {
        function: String,
        arguments: Vec<Self>,
    },
    /// A call of a method.
    Method {
        object: Box<Self>,
        method: String,
    },
    /// A value in braces, perhaps of a named type.
    Braces {
        type_name: Option<String>,
        elements: Vec<Self>,
    },
    /// A cast to a type of integers.
    Cast {
        type_name: String,
        value: Box<Self>,
    },
    Binary {
        operation: Operation,
        left: Box<Self>,
        right: Box<Self>,
    },
    Negative(Box<Self>),
    Inverted(Box<Self>),
}

/// What joins two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Or,
    And,
    Add,
    Subtract,
    Multiply,
    ShiftLeft,
}

/// Parses statements; the last may lack its semicolon.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, String> {
    let tokens = tokens(text)?;
    tokens
        .split(|token| *token == Token::Mark(";"))
        .filter(|statement| !statement.is_empty())
        .flat_map(declarations)
        .map(statement)
        .collect()
}

/// The parts of a statement that declares several variables, else the statement.
fn declarations(tokens: &[Token]) -> Vec<&[Token]> {
    if assignment(tokens).is_none() {
        return vec![tokens];
    }
    let mut depth: usize = 0;
    tokens
        .split(|token| {
            depth = nested(depth, token);
            depth == 0 && *token == Token::Mark(",")
        })
        .collect()
}

/// How deep in brackets the tokens after this one stand.
fn nested(depth: usize, token: &Token) -> usize {
    match token {
        Token::Mark("(" | "{" | "[") => depth.saturating_add(1),
        Token::Mark(")" | "}" | "]") => depth.saturating_sub(1),
        _ => depth,
    }
}

fn statement(tokens: &[Token]) -> Result<Statement, String> {
    let (target, value) = match assignment(tokens) {
        Some(position) => {
            let (before, after) = tokens.split_at(position);
            let target = before.iter().rev().find_map(|token| match token {
                Token::Name(name) => Some(name.clone()),
                _ => None,
            });
            let target = target.ok_or("an assignment to nothing")?;
            (Some(target), after.get(1..).unwrap_or_default())
        }
        None => (None, tokens),
    };
    let mut parser = Parser { tokens: value };
    let value = parser.expression(0)?;
    match parser.tokens.first() {
        None => Ok(Statement { target, value }),
        Some(token) => Err(format!("unexpected {token:?}")),
    }
}

/// Where a statement assigns: an equals sign outside of every bracket.
fn assignment(tokens: &[Token]) -> Option<usize> {
    let mut depth: usize = 0;
    tokens.iter().position(|token| {
        depth = nested(depth, token);
        depth == 0 && *token == Token::Mark("=")
    })
}

struct Parser<'t> {
    tokens: &'t [Token],
}

impl Parser<'_> {
    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn takes(&mut self, mark: &str) -> bool {
        let is_next = self.is_next(mark);
        if is_next {
            self.next();
        }
        is_next
    }

    fn is_next(&self, mark: &str) -> bool {
        matches!(self.tokens.first(), Some(Token::Mark(found)) if *found == mark)
    }

    fn expect(&mut self, mark: &str) -> Result<(), String> {
        match self.takes(mark) {
            true => Ok(()),
            false => Err(format!("{mark} expected before {:?}", self.tokens.first())),
        }
    }

    /// Operations from left to right: mixtures whose order matters stand in parentheses.
    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err("too deep".to_owned());
        }
        let mut left = self.operand(depth)?;
        while let Some(operation) = self.operation() {
            self.next();
            let right = self.operand(depth)?;
            left = Expression::Binary {
                operation,
                left: Box::new(left),
                right: Box::new(right),
            };
        }
        Ok(left)
    }

    fn operation(&self) -> Option<Operation> {
        match self.tokens.first()? {
            Token::Mark("|") => Some(Operation::Or),
            Token::Mark("&") => Some(Operation::And),
            Token::Mark("+") => Some(Operation::Add),
            Token::Mark("-") => Some(Operation::Subtract),
            Token::Mark("*") => Some(Operation::Multiply),
            Token::Mark("<<") => Some(Operation::ShiftLeft),
            _ => None,
        }
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, String> {
        let deeper = depth + 1;
        if deeper > DEPTH_MAX {
            return Err("too deep".to_owned());
        }
        if self.takes("-") {
            return Ok(Expression::Negative(Box::new(self.operand(deeper)?)));
        }
        if self.takes("~") {
            return Ok(Expression::Inverted(Box::new(self.operand(deeper)?)));
        }
        // The address of a value, or what a pointer leads to: the value itself serves for both.
        if self.takes("&") || self.takes("*") {
            return self.operand(deeper);
        }
        if let Some(type_name) = self.cast() {
            let value = self.operand(deeper)?;
            return Ok(match INTEGER_TYPES.contains(&&*type_name) {
                true => Expression::Cast {
                    type_name,
                    value: Box::new(value),
                },
                false => value,
            });
        }
        let mut value = self.primary(deeper)?;
        while self.takes(".") || self.takes("->") {
            let Some(Token::Name(method)) = self.next().cloned() else {
                return Err("the name of a method expected".to_owned());
            };
            if self.takes("(") {
                self.expect(")")?;
            }
            value = Expression::Method {
                object: Box::new(value),
                method,
            };
        }
        Ok(value)
    }

    /// A type in parentheses with something to cast behind it.
    fn cast(&mut self) -> Option<String> {
        let [Token::Mark("("), rest @ ..] = self.tokens else {
            return None;
        };
        let end = rest.iter().position(|token| *token == Token::Mark(")"))?;
        let (inside, after) = rest.split_at(end);
        let after = after.get(1..)?;
        let is_pointer = inside.last() == Some(&Token::Mark("*"));
        let names: Vec<&str> = inside
            .iter()
            .filter_map(|token| match token {
                Token::Name(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let last = *names.last()?;
        let is_type = INTEGER_TYPES.contains(&last) || is_pointer || last.ends_with("_t");
        let plain = inside.len() == names.len() + usize::from(is_pointer);
        if !is_type || !plain || after.is_empty() {
            return None;
        }
        self.tokens = after;
        Some(if is_pointer { "pointer" } else { last }.to_owned())
    }

    fn primary(&mut self, depth: usize) -> Result<Expression, String> {
        match self.next().cloned() {
            Some(Token::Integer(value)) => Ok(Expression::Integer(value)),
            Some(Token::Text(bytes)) => Ok(Expression::Text(bytes)),
            Some(Token::Mark("(")) => {
                let inner = self.expression(depth)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Token::Mark("{")) => Ok(Expression::Braces {
                type_name: None,
                elements: self.list("}", depth)?,
            }),
            Some(Token::Name(name)) => self.named(name, depth),
            found => Err(format!("a value expected before {found:?}")),
        }
    }

    fn named(&mut self, name: String, depth: usize) -> Result<Expression, String> {
        // `static_cast<int>(x)`, `empty_value<uint32_t>()`: the call follows its type.
        let type_name = self.template_argument();
        if self.takes("(") {
            let mut arguments = self.list(")", depth)?;
            let cast = name.ends_with("_cast").then(|| arguments.pop()).flatten();
            return Ok(match (cast, type_name) {
                (Some(value), Some(type_name)) if INTEGER_TYPES.contains(&&*type_name) => {
                    Expression::Cast {
                        type_name,
                        value: Box::new(value),
                    }
                }
                (Some(value), _) => value,
                (None, _) => Expression::Call {
                    function: name,
                    arguments,
                },
            });
        }
        if self.takes("{") {
            return Ok(Expression::Braces {
                type_name: Some(name),
                elements: self.list("}", depth)?,
            });
        }
        Ok(Expression::Name(name))
    }

    fn template_argument(&mut self) -> Option<String> {
        let [Token::Mark("<"), rest @ ..] = self.tokens else {
            return None;
        };
        let end = rest.iter().position(|token| *token == Token::Mark(">"))?;
        let (inside, after) = rest.split_at(end);
        self.tokens = after.get(1..)?;
        inside.iter().rev().find_map(|token| match token {
            Token::Name(name) => Some(name.clone()),
            _ => None,
        })
    }

    /// Values up to a closing mark.
    fn list(&mut self, close: &str, depth: usize) -> Result<Vec<Expression>, String> {
        let mut values = Vec::new();
        while !self.takes(close) {
            values.push(self.expression(depth + 1)?);
            if !self.is_next(close) {
                self.expect(",")?;
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::{Expression, Operation, parse};

    fn value(text: &str) -> Expression {
        let mut statements = parse(text).unwrap();
        assert_eq!(statements.len(), 1);
        statements.remove(0).value
    }

    #[test]
    fn declarations_name_their_variable() {
        let text = "uint8_t buffer[] = {'a', 1}; const char* path = \"/p\"; auto *evt = make();";
        let statements = parse(text).unwrap();
        let targets: Vec<_> = statements.iter().map(|it| it.target.as_deref()).collect();
        assert_eq!(targets, [Some("buffer"), Some("path"), Some("evt")]);
        let Expression::Braces { elements, .. } = &statements[0].value else {
            panic!("{:?}", statements[0]);
        };
        assert_eq!(elements.len(), 2);
    }

    #[test]
    fn a_statement_may_declare_several_variables() {
        let statements = parse("int64_t a = f(1, 2), b = {3, 4}, c = 5;").unwrap();
        let targets: Vec<_> = statements.iter().map(|it| it.target.as_deref()).collect();
        assert_eq!(targets, [Some("a"), Some("b"), Some("c")]);
    }

    #[test]
    fn casts_differ_from_parentheses() {
        assert!(matches!(value("(int64_t)-22"), Expression::Cast { .. }));
        assert!(matches!(value("(uint64_t)(x)"), Expression::Cast { .. }));
        assert!(matches!(
            value("static_cast<uint8_t>(3)"),
            Expression::Cast { .. }
        ));
        assert_eq!(value("(name)"), Expression::Name("name".into()));
        assert_eq!(
            value("reinterpret_cast<sockaddr*>(&x)"),
            Expression::Name("x".into())
        );
        let sum = value("A | B");
        assert!(matches!(
            sum,
            Expression::Binary {
                operation: Operation::Or,
                ..
            }
        ));
    }

    #[test]
    fn what_is_no_statement_is_an_error() {
        for text in ["f(", "f(a,,b)", "a b", "= 1", "f(a", "{1 2}", "x.()"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"-".repeat(100_000)).is_err());
    }
}
