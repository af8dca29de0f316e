//! Fields and transformers with their types.

use std::sync::Arc;

use super::{CheckError, Scope};
use crate::catalog::{FieldType, FieldUsage};
use crate::checked::{FieldArgument, Operand, Transform, TransformArgument, TransformKind};
use crate::span::Span;
use crate::syntax::{Argument, Call, Function, Term};

/// A checked operand, and how it may be used.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) operand: Operand,
    pub(crate) usage: FieldUsage,
}

/// An argument with its type; `None` for an empty list, which fits all.
struct TypedArgument {
    argument: TransformArgument,
    value_type: FieldType,
    is_list: bool,
    usage: FieldUsage,
}

impl Scope<'_> {
    /// Checks a field or transformer. Recurses no deeper than transformers may be inside one another.
    pub(crate) fn operand(&self, term: &Term) -> Result<Typed, CheckError> {
        match term {
            Term::Field(used) => {
                let (field, usage) = self.field(used)?;
                Ok(Typed {
                    operand: Operand::Field(field),
                    usage,
                })
            }
            Term::Call(call) => self.call(call),
        }
    }

    /// How many bits a number of an operand has.
    pub(super) fn integer_bits(&self, operand: &Operand) -> u32 {
        let Operand::Field(field) = operand else {
            return u64::BITS;
        };
        let argument = match &field.argument {
            Some(FieldArgument::Key(key)) => Some(&**key),
            Some(FieldArgument::Index(_)) | None => None,
        };
        self.catalog.integer_bits(self.source, field.id, argument)
    }

    fn call(&self, call: &Call) -> Result<Typed, CheckError> {
        let kind = match call.function {
            Function::Value => return self.value(call),
            Function::Transform(kind) => kind,
        };
        if call.selector.is_some() && kind != TransformKind::Getopt {
            return Err(no_selector(call));
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.transform_argument(argument)?);
        }
        let (value_type, is_list) = result_type(kind, call, &arguments)?;
        // A transform of one value inherits the restrictions of the field; others make a new value.
        let usage = match arguments.as_slice() {
            [single] => single.usage,
            _ => FieldUsage::default(),
        };
        let transform = Transform {
            kind,
            arguments: arguments.into_iter().map(|typed| typed.argument).collect(),
            selector: call.selector.clone(),
            value_type,
            is_list,
            text: Arc::from(call.to_string()),
        };
        Ok(Typed {
            operand: Operand::Transform(transform),
            usage,
        })
    }

    /// `val(field)` is the field.
    fn value(&self, call: &Call) -> Result<Typed, CheckError> {
        match call.arguments.as_slice() {
            _ if call.selector.is_some() => Err(no_selector(call)),
            [Argument::Term(term @ Term::Field(_))] => self.operand(term),
            _ => Err(CheckError::mismatch(
                "'val' takes one field".to_owned(),
                call.span,
            )),
        }
    }

    fn transform_argument(&self, argument: &Argument) -> Result<TypedArgument, CheckError> {
        match argument {
            Argument::Term(term) => {
                let Typed { operand, usage } = self.operand(term)?;
                Ok(TypedArgument {
                    value_type: operand.value_type(),
                    is_list: operand.is_list(),
                    argument: TransformArgument::Operand(operand),
                    usage,
                })
            }
            Argument::Constant(word) => {
                Ok(constant(TransformArgument::Text(word.value.clone()), false))
            }
            Argument::List(items, _) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(self.transform_argument(item)?.argument);
                }
                Ok(constant(TransformArgument::List(list), true))
            }
        }
    }
}

fn constant(argument: TransformArgument, is_list: bool) -> TypedArgument {
    let usage = FieldUsage::default();
    TypedArgument {
        argument,
        value_type: FieldType::String,
        is_list,
        usage,
    }
}

fn no_selector(call: &Call) -> CheckError {
    let name = call.function.name();
    let message = format!("transformer '{name}' does not support field arguments");
    CheckError::mismatch(message, call.span)
}

/// The type of a transform's value, if its arguments fit.
fn result_type(
    kind: TransformKind,
    call: &Call,
    arguments: &[TypedArgument],
) -> Result<(FieldType, bool), CheckError> {
    let mismatch = |message: String| Err(CheckError::mismatch(message, call.span));
    let name = kind.name();
    match (kind, arguments) {
        (TransformKind::Join, [separator, list]) => {
            if separator.is_list {
                return mismatch(
                    "join() takes a single value as its separator, not a list".to_owned(),
                );
            }
            if !list.is_list {
                return mismatch("join() takes a list as its second argument".to_owned());
            }
            Ok((FieldType::String, false))
        }
        (TransformKind::Join, _) => {
            mismatch("join() takes exactly 2 arguments: separator and list".to_owned())
        }
        (TransformKind::Concat, [_, _, ..]) => {
            if arguments
                .iter()
                .any(|it| it.value_type != FieldType::String || it.is_list)
            {
                return mismatch("concat() takes single strings only".to_owned());
            }
            Ok((FieldType::String, false))
        }
        (TransformKind::Concat, _) => mismatch("concat() takes at least 2 arguments".to_owned()),
        (TransformKind::Getopt, [list, options]) => getopt_type(call, list, options),
        (TransformKind::Getopt, _) => {
            mismatch("getopt() takes exactly 2 arguments: a list and an option string".to_owned())
        }
        (_, [single]) => single_type(kind, single, call.span),
        _ => mismatch(format!("{name}() takes exactly 1 argument")),
    }
}

fn getopt_type(
    call: &Call,
    list: &TypedArgument,
    options: &TypedArgument,
) -> Result<(FieldType, bool), CheckError> {
    let mismatch = |message: &str| Err(CheckError::mismatch(message.to_owned(), call.span));
    if !list.is_list || list.value_type != FieldType::String {
        return mismatch("getopt() takes a list of strings as its first argument");
    }
    if options.is_list || options.value_type != FieldType::String {
        return mismatch("getopt() takes a single option string as its second argument");
    }
    match &call.selector {
        None => Ok((FieldType::String, true)),
        Some(option) if option.len() == 1 => Ok((FieldType::String, false)),
        Some(_) => mismatch("getopt() field argument must be a single option character"),
    }
}

/// The type of a transform of one value.
fn single_type(
    kind: TransformKind,
    single: &TypedArgument,
    span: Span,
) -> Result<(FieldType, bool), CheckError> {
    let name = kind.name();
    if single.usage.no_transformer {
        let message = match &single.argument {
            TransformArgument::Operand(operand) => {
                format!(
                    "field '{}' does not support transformer '{name}'",
                    operand.text()
                )
            }
            _ => format!("transformer '{name}' does not fit"),
        };
        return Err(CheckError::mismatch(message, span));
    }
    let fits = match kind {
        TransformKind::Length if single.is_list => true,
        TransformKind::Length | TransformKind::Base64Decode => {
            matches!(single.value_type, FieldType::String | FieldType::Bytes)
        }
        _ => single.value_type == FieldType::String,
    };
    if !fits {
        let message = format!(
            "transformer '{name}' does not fit a value of type {:?}",
            single.value_type
        );
        return Err(CheckError::mismatch(message, span));
    }
    Ok(match kind {
        TransformKind::Length => (FieldType::Uint, false),
        _ => (single.value_type, single.is_list),
    })
}
