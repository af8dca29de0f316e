//! Runs statements.

use super::World;
use super::constants;
use super::settings;
use super::value::Value;
use crate::cpp::{Expression, Operation, parse};

/// Names that begin so are codes of events.
const EVENT_CODE: &str = "PPME_";

impl World<'_> {
    /// Runs statements in order.
    pub(super) fn run(&mut self, text: &str) -> Result<(), String> {
        for statement in parse(text)? {
            if let Expression::Name(name) = &statement.value
                && let Some(block) = settings::block(name)?
            {
                self.run(block)?;
                continue;
            }
            let value = self.evaluate(&statement.value)?;
            if let Some(target) = statement.target {
                self.variables.insert(target, value);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<Value, String> {
        match expression {
            Expression::Integer(value) => Ok(Value::int(*value)),
            Expression::Text(bytes) => Ok(Value::text(bytes)),
            Expression::Name(name) => self.named(name),
            Expression::Call {
                function,
                arguments,
            } if function == "SCAP_EMPTY_PARAMS_SET" => self.declare_set(arguments),
            Expression::Call {
                function,
                arguments,
            } => {
                let arguments = self.all(arguments)?;
                self.call(function, &arguments)
            }
            Expression::Method { object, method } => {
                let object = self.evaluate(object)?;
                method_of(object, method)
            }
            Expression::Braces {
                type_name,
                elements,
            } => {
                let elements = self.all(elements)?;
                match type_name {
                    Some(name) => self.call(name, &elements),
                    None => Ok(Value::List(elements)),
                }
            }
            Expression::Cast { type_name, value } => Ok(self.evaluate(value)?.cast(type_name)),
            Expression::Negative(value) => self.unary(value, |value| value.checked_neg()),
            Expression::Inverted(value) => self.unary(value, |value| Some(!value)),
            Expression::Binary {
                operation,
                left,
                right,
            } => {
                let (left, right) = (self.evaluate(left)?, self.evaluate(right)?);
                combined(*operation, &left, &right)
            }
        }
    }

    fn all(&mut self, expressions: &[Expression]) -> Result<Vec<Value>, String> {
        expressions.iter().map(|it| self.evaluate(it)).collect()
    }

    fn named(&self, name: &str) -> Result<Value, String> {
        if let Some(value) = self.variables.get(name) {
            return Ok(value.clone());
        }
        if name.starts_with(EVENT_CODE) {
            return Ok(Value::EventCode(name.to_owned()));
        }
        if let Some(text) = constants::text(name) {
            return Ok(Value::text(text));
        }
        constants::number(name)
            .map(Value::int)
            .ok_or_else(|| format!("the name {name} is neither a constant nor set by the test"))
    }

    /// `SCAP_EMPTY_PARAMS_SET(name, 18, 19)` declares a set.
    fn declare_set(&mut self, arguments: &[Expression]) -> Result<Value, String> {
        let [Expression::Name(name), indexes @ ..] = arguments else {
            return Err("a set of parameters needs a name".to_owned());
        };
        let indexes = self.all(indexes)?;
        self.variables.insert(name.clone(), Value::List(indexes));
        Ok(Value::Nothing)
    }

    fn unary(
        &mut self,
        value: &Expression,
        operation: impl Fn(i128) -> Option<i128>,
    ) -> Result<Value, String> {
        match self.evaluate(value)? {
            Value::Number { value, is_signed } => operation(value)
                .map(|value| Value::Number { value, is_signed })
                .ok_or_else(|| "a number out of range".to_owned()),
            other => Err(format!("no number: {other:?}")),
        }
    }
}

fn combined(operation: Operation, left: &Value, right: &Value) -> Result<Value, String> {
    if let (Operation::Add, Value::Text(left), Some(right)) = (operation, left, right.bytes()) {
        return Ok(Value::Text([left, right].concat()));
    }
    let (
        Value::Number {
            value: left,
            is_signed,
        },
        Some(right),
    ) = (left, right.number())
    else {
        return Err(format!("no numbers: {left:?}, {right:?}"));
    };
    let value = match operation {
        Operation::Or => Some(left | right),
        Operation::And => Some(left & right),
        Operation::Add => left.checked_add(right),
        Operation::Subtract => left.checked_sub(right),
        Operation::Multiply => left.checked_mul(right),
        Operation::ShiftLeft => u32::try_from(right)
            .ok()
            .and_then(|by| left.checked_shl(by)),
    };
    value
        .map(|value| Value::Number {
            value,
            is_signed: *is_signed,
        })
        .ok_or_else(|| "a number out of range".to_owned())
}

/// What accessors of strings and buffers give: the size, or the thing itself.
fn method_of(object: Value, method: &str) -> Result<Value, String> {
    match (method, &object) {
        ("size" | "length", Value::Text(bytes) | Value::Buffer(bytes)) => {
            Ok(Value::int(i128::try_from(bytes.len()).unwrap_or(i128::MAX)))
        }
        ("size" | "length", Value::List(values)) => Ok(Value::int(
            i128::try_from(values.len()).unwrap_or(i128::MAX),
        )),
        // Addresses are never cut: whatever size is asked for is theirs.
        ("size", Value::Address(_) | Value::Tuple { .. }) => Ok(Value::Nothing),
        ("data" | "c_str" | "get", _) => Ok(object),
        (field, Value::Parameters(fields)) if fields.contains_key(field) => {
            Ok(fields.get(field).cloned().unwrap_or(Value::Nothing))
        }
        _ => Err(format!("unknown method {method}")),
    }
}
