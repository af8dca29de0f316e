//! From the text of a field to the catalog's definition and an argument.

use std::sync::Arc;

use super::CheckError;
use crate::catalog::{
    ArgumentForms, ArgumentRule, FieldCatalog, FieldDefinition, FieldType, FieldUsage,
};
use crate::checked::{FieldArgument, FieldRef};
use crate::origin::MappedText;
use crate::suggestion;
use crate::syntax::{FieldUse, parse_term};

/// What may be named: a catalog, and the source whose events are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) catalog: &'a dyn FieldCatalog,
    pub(crate) source: &'a str,
}

impl<'a> Scope<'a> {
    /// Finds a field. The longest catalog name wins; what follows it after a dot is its argument.
    pub(super) fn field(&self, used: &FieldUse) -> Result<(FieldRef, FieldUsage), CheckError> {
        match self.find(used) {
            Some((definition, argument)) => self.with_argument(used, &definition, argument),
            None => Err(self.unknown(used)),
        }
    }

    /// The field, if it is one. Unlike [`field`](Self::field) this looks for no names that are like it.
    pub(super) fn known_field(&self, used: &FieldUse) -> Option<(FieldRef, FieldUsage)> {
        let (definition, argument) = self.find(used)?;
        self.with_argument(used, &definition, argument).ok()
    }

    /// Whether the catalog has a field of this name, whatever its argument.
    pub(crate) fn has_field(&self, used: &FieldUse) -> bool {
        self.find(used).is_some()
    }

    fn find<'u>(&self, used: &'u FieldUse) -> Option<(FieldDefinition<'a>, Option<&'u str>)> {
        if let Some(definition) = self.catalog.field(self.source, &used.name) {
            return Some((definition, used.argument.as_deref()));
        }
        let mut end = used.name.len();
        while let Some(dot) = used.name.get(..end).and_then(|name| name.rfind('.')) {
            let name = used.name.get(..dot).unwrap_or_default();
            let argument = used.name.get(dot.saturating_add(1)..).unwrap_or_default();
            match self.catalog.field(self.source, name) {
                Some(definition) if takes_dotted(&definition) && used.argument.is_none() => {
                    return Some((definition, Some(argument)));
                }
                _ => end = dot,
            }
        }
        None
    }

    /// Whether a text names a field exactly, without a transformer.
    pub(super) fn is_field(&self, text: &str) -> bool {
        let mapped = MappedText::standalone(text);
        match parse_term(&mapped) {
            Ok(crate::syntax::Term::Field(used)) => self.known_field(&used).is_some(),
            _ => false,
        }
    }

    /// Checks that a text is a field or transformer that may stand to the left of an operator.
    pub(crate) fn filter_field(&self, text: &MappedText) -> Result<(), CheckError> {
        let term =
            parse_term(text).map_err(|error| CheckError::mismatch(error.message, error.span))?;
        self.operand(&term).map(|_| ())
    }

    fn unknown(&self, used: &FieldUse) -> CheckError {
        let names = self.catalog.field_names(self.source);
        let nearest = suggestion::nearest(&used.name, names.into_iter());
        CheckError::unknown(format!("nonexistent field '{used}'"), used.span)
            .with_remedy(suggestion::did_you_mean(&nearest))
    }

    fn with_argument(
        &self,
        used: &FieldUse,
        definition: &FieldDefinition<'a>,
        argument: Option<&str>,
    ) -> Result<(FieldRef, FieldUsage), CheckError> {
        let name = definition.name;
        let argument = match (definition.argument, argument) {
            (ArgumentRule::None | ArgumentRule::Optional(_), None) => None,
            (ArgumentRule::None, Some(_)) => {
                let message = format!("nonexistent field '{used}': '{name}' takes no argument");
                return Err(CheckError::unknown(message, used.span));
            }
            (ArgumentRule::Required(forms), None) => {
                let message = format!("field '{name}' needs an argument");
                let remedy = format!("write {}", example(name, forms));
                return Err(CheckError::mismatch(message, used.span).with_remedy(Some(remedy)));
            }
            (ArgumentRule::Optional(forms) | ArgumentRule::Required(forms), Some(argument)) => {
                Some(self.argument(used, definition, forms, argument)?)
            }
        };
        let mut value_type = definition.value_type;
        if let (FieldType::Dynamic, Some(FieldArgument::Key(key))) = (value_type, &argument) {
            let known = self.catalog.dynamic_type(self.source, definition.id, key);
            value_type = known.unwrap_or(value_type);
        }
        let field = FieldRef {
            id: definition.id,
            name: Arc::from(used.to_string()),
            value_type,
            is_list: definition.is_list,
            argument,
        };
        Ok((field, definition.usage))
    }

    fn argument(
        &self,
        used: &FieldUse,
        definition: &FieldDefinition<'a>,
        forms: ArgumentForms,
        argument: &str,
    ) -> Result<FieldArgument, CheckError> {
        let name = definition.name;
        let digits = !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { argument.parse().ok() } else { None };
        match (forms, number) {
            (ArgumentForms::Index | ArgumentForms::IndexOrKey, Some(index)) => {
                Ok(FieldArgument::Index(index))
            }
            (ArgumentForms::Index, None) => {
                let message =
                    format!("field '{name}' takes a number as its argument, not '{argument}'");
                let remedy = format!("write {}", example(name, forms));
                Err(CheckError::mismatch(message, used.span).with_remedy(Some(remedy)))
            }
            (ArgumentForms::Key | ArgumentForms::IndexOrKey, _) => {
                if self
                    .catalog
                    .is_argument(self.source, definition.id, argument)
                {
                    return Ok(FieldArgument::Key(argument.into()));
                }
                let message = format!("nonexistent field '{used}': '{name}' has no '{argument}'");
                Err(CheckError::unknown(message, used.span))
            }
        }
    }
}

fn takes_dotted(definition: &FieldDefinition<'_>) -> bool {
    match definition.argument {
        ArgumentRule::None => false,
        ArgumentRule::Optional(forms) | ArgumentRule::Required(forms) => {
            forms != ArgumentForms::Index
        }
    }
}

fn example(name: &str, forms: ArgumentForms) -> String {
    match forms {
        ArgumentForms::Index => format!("'{name}[0]'"),
        ArgumentForms::Key => format!("'{name}[key]' or '{name}.key'"),
        ArgumentForms::IndexOrKey => format!("'{name}[0]', '{name}[key]' or '{name}.key'"),
    }
}
