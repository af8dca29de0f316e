//! The operand table: every distinct value that some condition reads, once.

use std::collections::HashMap;
use std::sync::Arc;

use saker_rule_language::{
    FieldArgument, FieldId, FieldType, Operand, Transform, TransformArgument, TransformKind,
};

use crate::program::OperandId;

/// What makes two operands the same value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Field(FieldId, Option<FieldArgument>, FieldType),
    Transform(TransformKind, Vec<ArgumentKey>, Option<Arc<str>>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ArgumentKey {
    Operand(Key),
    Text(Arc<[u8]>),
    List(Vec<ArgumentKey>),
}

fn key(operand: &Operand) -> Key {
    match operand {
        Operand::Field(field) => Key::Field(field.id, field.argument.clone(), field.value_type),
        Operand::Transform(transform) => transform_key(transform),
    }
}

fn transform_key(transform: &Transform) -> Key {
    Key::Transform(
        transform.kind,
        transform.arguments.iter().map(argument_key).collect(),
        transform.selector.clone(),
    )
}

fn argument_key(argument: &TransformArgument) -> ArgumentKey {
    match argument {
        TransformArgument::Operand(operand) => ArgumentKey::Operand(key(operand)),
        TransformArgument::Text(text) => ArgumentKey::Text(Arc::clone(text)),
        TransformArgument::List(list) => ArgumentKey::List(list.iter().map(argument_key).collect()),
    }
}

/// All operands of a rule set.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperandTable {
    operands: Vec<Operand>,
    known: HashMap<Key, OperandId>,
}

impl OperandTable {
    /// The id of an operand; nothing when there are more than can be numbered.
    pub(crate) fn intern(&mut self, operand: &Operand) -> Option<OperandId> {
        let key = key(operand);
        if let Some(id) = self.known.get(&key) {
            return Some(*id);
        }
        let id = OperandId::new(self.operands.len())?;
        self.operands.push(operand.clone());
        self.known.insert(key, id);
        Some(id)
    }

    pub(crate) fn get(&self, id: OperandId) -> Option<&Operand> {
        self.operands.get(id.index())
    }

    pub(crate) fn len(&self) -> usize {
        self.operands.len()
    }

    /// Forgets what is needed only to add operands.
    pub(crate) fn seal(&mut self) {
        self.known = HashMap::new();
        self.operands.shrink_to_fit();
    }
}
