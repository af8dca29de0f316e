//! What tells alerts of one rule apart.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

use saker_proto::v1;
use saker_proto::v1::value::Kind;

/// The names of keys that are no fields of the output.
pub const KEY_NAMES: [&str; 7] = [
    "output",
    "process",
    "program",
    "user",
    "container",
    "pod",
    "namespace",
];

/// 128 bits of two hashes whose seeds nobody knows: who chooses values cannot make two keys meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u64, u64);

/// A key names nothing that alerts have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{setting}: `{name}` is neither one of {names} nor a field such as fd.name",
    names = KEY_NAMES.join(", ")
)]
pub struct InvalidKey {
    /// The setting.
    pub setting: &'static str,
    /// What it says.
    pub name: String,
}

/// The parts of a key.
pub(super) struct Keys {
    parts: Vec<Part>,
    seeds: (RandomState, RandomState),
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
enum Part {
    Output,
    Process,
    Program,
    User,
    Container,
    Pod,
    Namespace,
    Field(String),
}

impl Keys {
    pub(super) fn parse(setting: &'static str, names: &[String]) -> Result<Self, InvalidKey> {
        let parts = names.iter().map(|name| {
            Ok(match name.as_str() {
                "output" => Part::Output,
                "process" => Part::Process,
                "program" => Part::Program,
                "user" => Part::User,
                "container" => Part::Container,
                "pod" => Part::Pod,
                "namespace" => Part::Namespace,
                field if field.contains('.') => Part::Field(field.to_owned()),
                _ => {
                    return Err(InvalidKey {
                        setting,
                        name: name.clone(),
                    });
                }
            })
        });
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
            seeds: (RandomState::new(), RandomState::new()),
        })
    }

    /// The key of an alert; its rule is always part of it.
    pub(super) fn of(&self, alert: &v1::Alert) -> Key {
        let hash = |seed: &RandomState| {
            let mut hasher = seed.build_hasher();
            alert.rule.hash(&mut hasher);
            alert.priority.hash(&mut hasher);
            for part in &self.parts {
                part.hash(alert, &mut hasher);
            }
            hasher.finish()
        };
        Key(hash(&self.seeds.0), hash(&self.seeds.1))
    }
}

impl Part {
    fn hash(&self, alert: &v1::Alert, hasher: &mut impl Hasher) {
        let process = alert.process.as_ref();
        let pod = alert.pod.as_ref();
        match self {
            Self::Output => alert.output.hash(hasher),
            Self::Process => process
                .map(|process| (process.pid, process.start_boot_ns))
                .hash(hasher),
            Self::Program => process.map(|process| &process.executable).hash(hasher),
            Self::User => process.map(|process| process.user_id).hash(hasher),
            Self::Container => {
                let container = alert.container.as_ref();
                container.map(|container| &container.full_id).hash(hasher);
            }
            Self::Pod => pod
                .map(|pod| (&pod.namespace, &pod.name, &pod.uid))
                .hash(hasher),
            Self::Namespace => pod.map(|pod| &pod.namespace).hash(hasher),
            Self::Field(name) => {
                let field = alert.fields.iter().find(|field| field.name == *name);
                hash_value(field.and_then(|field| field.value.as_ref()), hasher);
            }
        }
    }
}

fn hash_value(value: Option<&v1::Value>, hasher: &mut impl Hasher) {
    let kind = value.and_then(|value| value.kind.as_ref());
    kind.map(std::mem::discriminant).hash(hasher);
    match kind {
        None => {}
        Some(Kind::Text(text)) => text.hash(hasher),
        Some(Kind::Boolean(value)) => value.hash(hasher),
        Some(Kind::Unsigned(number)) => number.hash(hasher),
        Some(Kind::Signed(number)) => number.hash(hasher),
        Some(Kind::Float(number)) => number.to_bits().hash(hasher),
        Some(Kind::List(list)) => {
            list.values.len().hash(hasher);
            for value in &list.values {
                hash_value(Some(value), hasher);
            }
        }
    }
}
