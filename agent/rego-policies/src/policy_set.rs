//! Policies that were read, checked and put together.

use crate::analysis::{FileFacts, check_call};
use crate::dependencies;
use crate::error::{LoadError, Place};
use crate::events::{DEFAULT_CALLS, EventSelection};
use crate::folder::Folder;
use crate::guards;
use crate::kubernetes::Plural;
use crate::limits::{Limits, Syntax};
use crate::nesting;
use regorus::unstable::{Module, Ref};
use regorus::{Engine, PolicyLengthConfig, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Names below `input` that policies read: `["proc", "name"]`. Empty where a policy reads `input` as a whole.
pub type InputPath = Vec<Arc<str>>;

/// The rule by which a package says which events it wants.
const EVENTS_RULE: &str = "saker_events";

/// The document that Saker fills.
const KUBERNETES: &str = "kubernetes";

/// A rule that decides about events.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As the interpreter is asked for it: `data.shop.deny`.
    pub(crate) query: String,
    /// As people name it: `shop.deny`.
    pub(crate) name: Arc<str>,
    pub(crate) weight: Weight,
    /// Which events it is evaluated for.
    pub(crate) events: Arc<EventSelection>,
}

/// What it means that a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Denial,
    Warning,
}

impl Weight {
    /// By the rule's name, as Conftest has it.
    fn of_rule(name: &str) -> Option<Self> {
        let is = |kind: &str| name == kind || name.starts_with(&format!("{kind}_"));
        if is("deny") || is("violation") || name == "violations" {
            return Some(Self::Denial);
        }
        is("warn").then_some(Self::Warning)
    }
}

/// Policies that were read, checked and put together. It does not change.
pub struct PolicySet {
    /// Never evaluates: judges have copies.
    pub(crate) engine: Engine,
    pub(crate) entries: Vec<Entry>,
    pub(crate) limits: Limits,
    /// Rules of tests, as the interpreter is asked for them.
    pub(crate) tests: Vec<(String, Place)>,
    inputs: BTreeMap<InputPath, Place>,
    kubernetes: BTreeSet<Plural>,
    files: usize,
}

impl std::fmt::Debug for PolicySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicySet")
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

impl PolicySet {
    /// Reads the policies of a folder, those of folders inside included, or of one file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong; nothing is loaded then.
    pub fn load(path: &Path, syntax: Syntax, limits: Limits) -> Result<Self, LoadError> {
        let folder = Folder::read(path, &limits)?;
        let texts = folder
            .policies
            .iter()
            .map(|(path, text)| (path.display().to_string(), text.as_str()));
        let mut engine = engine(syntax, &limits);
        for (file, data) in &folder.data {
            engine
                .add_data(data.clone())
                .map_err(|error| LoadError::Data {
                    path: file.clone(),
                    message: crate::error::one_line(&error.to_string()),
                })?;
            check_data(file, data)?;
        }
        Self::build(engine, texts, limits)
    }

    /// Policies from texts, with the names that errors show.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn of_texts<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        syntax: Syntax,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        let texts = texts
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text));
        Self::build(engine(syntax, &limits), texts, limits)
    }

    fn build<'t>(
        mut engine: Engine,
        texts: impl Iterator<Item = (String, &'t str)>,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        let mut files = 0_usize;
        for (name, text) in texts {
            nesting::check(&name, text, limits.nesting)?;
            guards::unwinding(|| engine.add_policy(name, text.to_owned()))?;
            files = files.saturating_add(1);
        }
        let facts: Vec<FileFacts> = engine
            .get_modules()
            .iter()
            .map(|module: &Ref<Module>| FileFacts::of(module))
            .collect();
        check_calls(&facts)?;
        dependencies::check(&facts, &limits)?;
        guards::install(&mut engine, &limits)?;
        let reads = Reads::of(&facts)?;
        prepare(&mut engine)?;
        let entries = entries(&mut engine, &facts)?;
        let tests = tests(&facts);
        Ok(Self {
            engine,
            entries,
            limits,
            tests,
            inputs: reads.inputs,
            kubernetes: reads.kubernetes,
            files,
        })
    }

    /// What the policies read of `input`, each with a place where they do. The rules of tests are left out.
    pub fn inputs(&self) -> impl Iterator<Item = (&InputPath, &Place)> {
        self.inputs.iter()
    }

    /// The kinds of objects below `data.kubernetes` that the policies read.
    #[must_use]
    pub const fn kubernetes(&self) -> &BTreeSet<Plural> {
        &self.kubernetes
    }

    /// The rules that decide, as `package.rule`.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// How many files of policies were read.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
    }

    /// The names of events that some package asks for; those that packages get that do not ask included. Whole
    /// sources are among them.
    #[must_use]
    pub fn event_names(&self) -> BTreeSet<Arc<str>> {
        let mut names = BTreeSet::new();
        for entry in &self.entries {
            match &*entry.events {
                EventSelection::Default => {
                    names.extend(DEFAULT_CALLS.iter().map(|name| Arc::from(*name)));
                    names.extend(["flow", "k8s_audit"].map(Arc::from));
                }
                EventSelection::Named(own) => names.extend(own.iter().cloned()),
            }
        }
        names
    }
}

fn engine(syntax: Syntax, limits: &Limits) -> Engine {
    let mut engine = Engine::new();
    engine.set_rego_v0(syntax == Syntax::V0);
    engine.set_gather_prints(true);
    let defaults = PolicyLengthConfig::default();
    engine.set_policy_length_config(PolicyLengthConfig {
        max_file_bytes: NonZeroUsize::new(limits.file_bytes).unwrap_or(defaults.max_file_bytes),
        ..defaults
    });
    engine
}

fn check_data(path: &Path, data: &Value) -> Result<(), LoadError> {
    let Value::Object(object) = data else {
        return Ok(());
    };
    if object.get(&Value::from(KUBERNETES)).is_none() {
        return Ok(());
    }
    Err(LoadError::Data {
        path: path.to_owned(),
        message: "`kubernetes` is what Saker knows of the cluster; choose another name".to_owned(),
    })
}

fn check_calls(files: &[FileFacts]) -> Result<(), LoadError> {
    let rules = |file: &FileFacts| file.rules.iter().map(|rule| rule.name.clone()).collect();
    // A package may be spread over files.
    let mut declared: BTreeMap<&[Arc<str>], BTreeSet<Arc<str>>> = BTreeMap::new();
    for file in files {
        let names: Vec<Arc<str>> = rules(file);
        declared.entry(&file.package).or_default().extend(names);
    }
    let none = BTreeSet::new();
    for file in files {
        let own = declared.get(&*file.package).unwrap_or(&none);
        for call in file.rules.iter().flat_map(|rule| &rule.calls) {
            check_call(call, own)?;
        }
    }
    Ok(())
}

/// Lets the interpreter look at everything once, so that what it finds wrong is found now.
fn prepare(engine: &mut Engine) -> Result<(), LoadError> {
    guards::unwinding(|| engine.eval_query("true".to_owned(), false)).map(drop)
}

/// What policies read.
#[derive(Default)]
struct Reads {
    inputs: BTreeMap<InputPath, Place>,
    kubernetes: BTreeSet<Plural>,
}

impl Reads {
    fn of(files: &[FileFacts]) -> Result<Self, LoadError> {
        let mut reads = Self::default();
        let rules = files.iter().flat_map(|file| &file.rules);
        for rule in rules.filter(|rule| !is_test(&rule.name)) {
            for (reference, place) in &rule.references {
                match (&*reference.root, reference.names.first()) {
                    ("input", _) => {
                        let names = reference.names.clone();
                        reads.inputs.entry(names).or_insert_with(|| place.clone());
                    }
                    ("data", None) => reads.kubernetes.extend(Plural::ALL),
                    ("data", Some(name)) if &**name == KUBERNETES => {
                        reads.object(reference.names.get(1), place)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(reads)
    }

    fn object(&mut self, plural: Option<&Arc<str>>, place: &Place) -> Result<(), LoadError> {
        let Some(name) = plural else {
            self.kubernetes.extend(Plural::ALL);
            return Ok(());
        };
        let Some(plural) = Plural::of_name(name) else {
            let known = Plural::ALL.map(Plural::name).join(", ");
            return Err(LoadError::Refused {
                place: place.clone(),
                what: format!("`data.kubernetes.{name}` is not known"),
                remedy: format!("there are {known}"),
            });
        };
        self.kubernetes.insert(plural);
        Ok(())
    }
}

/// The rules that decide, those of one package with the events that it wants.
fn entries(engine: &mut Engine, files: &[FileFacts]) -> Result<Vec<Entry>, LoadError> {
    let mut events: BTreeMap<&[Arc<str>], Arc<EventSelection>> = BTreeMap::new();
    for file in files {
        let Some(rule) = file.rules.iter().find(|rule| &*rule.name == EVENTS_RULE) else {
            continue;
        };
        let query = query(&file.package, EVENTS_RULE);
        let value = guards::unwinding(|| engine.eval_rule(query))?;
        let selection = EventSelection::of_value(&value, &rule.place)?;
        events.insert(&file.package, Arc::new(selection));
    }
    let default = Arc::new(EventSelection::Default);
    let mut found = BTreeMap::new();
    for file in files {
        let rules = file.rules.iter().filter(|rule| !rule.is_function);
        for rule in rules {
            let Some(weight) = Weight::of_rule(&rule.name) else {
                continue;
            };
            let events = events.get(&*file.package).unwrap_or(&default);
            let name = file.package.iter().chain([&rule.name]);
            let name: Vec<&str> = name.map(|part| &**part).collect();
            found.insert(
                name.join("."),
                Entry {
                    query: query(&file.package, &rule.name),
                    name: name.join(".").into(),
                    weight,
                    events: Arc::clone(events),
                },
            );
        }
    }
    Ok(found.into_values().collect())
}

fn is_test(name: &str) -> bool {
    name.starts_with("test_") || name.starts_with("todo_test_")
}

fn tests(files: &[FileFacts]) -> Vec<(String, Place)> {
    let mut found = BTreeMap::new();
    for file in files {
        for rule in file.rules.iter().filter(|rule| is_test(&rule.name)) {
            let query = query(&file.package, &rule.name);
            found.entry(query).or_insert_with(|| rule.place.clone());
        }
    }
    found.into_iter().collect()
}

/// `data.a.b.rule`, with names that are no identifiers in brackets.
fn query(package: &[Arc<str>], rule: &str) -> String {
    let mut query = "data".to_owned();
    for name in package.iter().map(|name| &**name).chain([rule]) {
        let is_plain = name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if is_plain {
            query.push('.');
            query.push_str(name);
        } else {
            query.push_str(&format!("[{name:?}]"));
        }
    }
    query
}
