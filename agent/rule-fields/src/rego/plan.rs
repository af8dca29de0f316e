//! Which fields policies read, and where they stand below `input`.

use crate::context::EventContext;
use crate::facts::Needs;
use crate::fields::{FLOW_SOURCE, Fields, K8S_AUDIT_SOURCE, SYSCALL_SOURCE};
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_rego_policies::{InputPath, LoadError, Place, PolicySet};
use saker_rule_language::{
    ArgumentRule, FieldArgument, FieldCatalog as _, Operand, Template, TemplatePart,
    check_template, nearest,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name below `input` that holds the source.
pub(super) const SOURCE: &str = "source";
/// The name below `input` that holds the whole event of the audit log.
pub(super) const AUDIT: &str = "audit";
/// What policies say is not read by policies.
const OWN_NAMESPACE: &str = "rego";
/// The sources, as the plans of [`Plan::of_source`].
const SOURCES: [&str; 3] = [SYSCALL_SOURCE, FLOW_SOURCE, K8S_AUDIT_SOURCE];

/// A value below `input`.
#[derive(Debug)]
pub(super) enum Node {
    /// A field.
    Field(&'static FieldRow, Option<FieldArgument>),
    /// Names below it.
    Names(BTreeMap<Arc<str>, Node>),
    /// The source.
    Source,
    /// The whole event of the audit log.
    Audit,
}

/// What stands below `input`, for each source.
#[derive(Debug, Default)]
pub(super) struct Plan {
    sources: [BTreeMap<Arc<str>, Node>; 3],
    needs: Needs,
    event_type: Option<&'static FieldRow>,
}

impl Plan {
    /// Resolves what policies read.
    ///
    /// # Errors
    ///
    /// [`LoadError::Refused`] where there is no such field, with the place.
    pub(super) fn new(set: &PolicySet, fields: &Fields) -> Result<Self, LoadError> {
        let mut plan = Self {
            event_type: fields.id("evt.type").and_then(|id| fields.row(id)),
            ..Self::default()
        };
        for (path, place) in set.inputs() {
            plan.add(path, place, fields)?;
        }
        plan.needs = set
            .kubernetes()
            .iter()
            .map(|plural| Needs::cluster(plural.scope()))
            .fold(plan.needs, Needs::with);
        Ok(plan)
    }

    /// What stands below `input` for events of a source.
    pub(super) fn of_source(&self, source: &str) -> Option<&BTreeMap<Arc<str>, Node>> {
        let position = SOURCES.iter().position(|known| *known == source)?;
        self.sources.get(position)
    }

    /// What kind of event it is, where its source tells kinds apart.
    pub(super) fn event_type<'c>(&self, context: &'c EventContext<'_>) -> FieldValue<'c> {
        let row = self.event_type;
        row.map_or(FieldValue::Missing, |row| row.extract(context, None))
    }

    /// Whom the fields ask.
    pub(super) const fn needs(&self) -> Needs {
        self.needs
    }

    fn add(&mut self, path: &InputPath, place: &Place, fields: &Fields) -> Result<(), LoadError> {
        let mut is_known = false;
        for (position, source) in SOURCES.into_iter().enumerate() {
            let Some(tree) = self.sources.get_mut(position) else {
                continue;
            };
            for (names, node) in resolve(path, source, fields) {
                is_known = true;
                if let Node::Field(row, _) = &node {
                    self.needs = self.needs.with(row.needs());
                }
                if !insert(tree, &names, node) && names.len() == path.len() {
                    return Err(clash(path, place));
                }
            }
        }
        match is_known {
            true => Ok(()),
            false => Err(unknown(path, place, fields)),
        }
    }
}

/// The values that a path means for one source, with the names under which they stand.
fn resolve(path: &[Arc<str>], source: &str, fields: &Fields) -> Vec<(Vec<Arc<str>>, Node)> {
    let Some(first) = path.first() else {
        return everything(source, fields);
    };
    match &**first {
        SOURCE => return vec![(vec![Arc::clone(first)], Node::Source)],
        AUDIT if source == K8S_AUDIT_SOURCE => {
            return vec![(vec![Arc::clone(first)], Node::Audit)];
        }
        // Events of other sources have none.
        AUDIT => return Vec::new(),
        OWN_NAMESPACE => return Vec::new(),
        _ => {}
    }
    if first.contains(['.', '[']) {
        let found = field(first, source, fields);
        return found
            .map(|node| (vec![Arc::clone(first)], node))
            .into_iter()
            .collect();
    }
    for length in (1..=path.len()).rev() {
        let Some(names) = path.get(..length) else {
            continue;
        };
        let name = names.join(".");
        let Some(definition) = fields.field(source, &name) else {
            continue;
        };
        let argument = path.get(length);
        if definition.argument != ArgumentRule::None
            && let Some(argument) = argument
            && let Some(node) = field(&format!("{name}[{argument}]"), source, fields)
        {
            let names = names.iter().chain([argument]).cloned().collect();
            return vec![(names, node)];
        }
        if let Some(node) = field(&name, source, fields) {
            return vec![(names.to_vec(), node)];
        }
    }
    below(path, source, fields)
}

/// A field by its name as in outputs of rules, with an argument if there is one.
fn field(name: &str, source: &str, fields: &Fields) -> Option<Node> {
    let template: Template = check_template(&format!("%{name}"), source, fields).ok()?;
    let [TemplatePart::Token(token)] = &*template.parts else {
        return None;
    };
    let Operand::Field(reference) = &token.operand else {
        return None;
    };
    let row = fields.row(reference.id)?;
    Some(Node::Field(row, reference.argument.clone()))
}

/// All fields whose names begin so, those that need an argument left out.
fn below(path: &[Arc<str>], source: &str, fields: &Fields) -> Vec<(Vec<Arc<str>>, Node)> {
    let begin = format!("{}.", path.join("."));
    let rows = fields.iter().filter(|(_, row)| {
        row.name.starts_with(&begin)
            && row.sources.contains(source)
            && !row.usage.deprecated
            && !matches!(row.argument, ArgumentRule::Required(_))
    });
    rows.map(|(_, row)| {
        let names = row.name.split('.').map(Arc::from).collect();
        (names, Node::Field(row, None))
    })
    .collect()
}

/// All fields of a source, for policies that read `input` as a whole.
fn everything(source: &str, fields: &Fields) -> Vec<(Vec<Arc<str>>, Node)> {
    let mut namespaces: Vec<&str> = fields.iter().map(|(_, row)| row.namespace()).collect();
    namespaces.dedup();
    let mut all = vec![(vec![Arc::from(SOURCE)], Node::Source)];
    if source == K8S_AUDIT_SOURCE {
        all.push((vec![Arc::from(AUDIT)], Node::Audit));
    }
    for namespace in namespaces.into_iter().filter(|name| *name != OWN_NAMESPACE) {
        all.extend(below(&[Arc::from(namespace)], source, fields));
    }
    all
}

/// Puts a value where its names lead; `false` where another value stands in the way.
fn insert(tree: &mut BTreeMap<Arc<str>, Node>, names: &[Arc<str>], node: Node) -> bool {
    let Some((first, rest)) = names.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return match tree.get(first) {
            None => {
                tree.insert(Arc::clone(first), node);
                true
            }
            Some(Node::Names(_)) => false,
            Some(_) => true,
        };
    }
    let next = tree
        .entry(Arc::clone(first))
        .or_insert_with(|| Node::Names(BTreeMap::new()));
    match next {
        Node::Names(inside) => insert(inside, rest, node),
        _ => false,
    }
}

fn clash(path: &[Arc<str>], place: &Place) -> LoadError {
    let name = path.join(".");
    LoadError::Refused {
        place: place.clone(),
        what: format!("`input.{name}` and a field whose name begins so are both read"),
        remedy: format!("write one of them with its whole name, as in `input[\"{name}\"]`"),
    }
}

fn unknown(path: &[Arc<str>], place: &Place, fields: &Fields) -> LoadError {
    let name = path.join(".");
    if path.first().is_some_and(|first| &**first == OWN_NAMESPACE) {
        return LoadError::Refused {
            place: place.clone(),
            what: format!("`input.{name}` is what policies say themselves"),
            remedy: "refer to the rule instead".to_owned(),
        };
    }
    let names = SOURCES.iter().flat_map(|source| fields.field_names(source));
    let remedy = match nearest(&name, names).first() {
        Some(near) => format!("did you mean `input.{near}`?"),
        None => "`saker fields` lists the fields".to_owned(),
    };
    LoadError::Refused {
        place: place.clone(),
        what: format!("there is no field `{name}` for `input.{name}`"),
        remedy,
    }
}
