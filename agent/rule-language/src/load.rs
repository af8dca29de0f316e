//! From files to rules: runs the stages and gathers what they say.

mod compilation;

use crate::catalog::FieldCatalog;
use crate::checked::{CheckedRule, CheckedRuleSet, LoadedFile};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::digest::Digest;
use crate::document::{Item, SchemaStatus, Unread, read_items};
use crate::options::{ErrorReporting, LoadOptions};
use crate::report::Report;
use crate::resolve::Collection;
use crate::span::{FileIndex, SourceFile};

use compilation::Compilation;

/// The outcome of a load.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The rules, unless there was an error.
    pub rules: Option<CheckedRuleSet>,
    /// Everything found, in the order of the stages and of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether each file has the strict shape that Falco publishes as a JSON schema. A file without it may
    /// load, and one with it may have errors.
    pub schemas: Vec<SchemaStatus>,
}

/// Loads rules files, in order, as one set: later files may append to and override what earlier ones
/// define. A rule may use the macros of its own file and of earlier ones, and the lists of all.
///
/// With [`ErrorReporting::All`], whatever can be read is checked, and what builds on something wrong as far
/// as it does not. With [`ErrorReporting::First`], what the files before the one with the error leave
/// unused is still reported, because Falco is done with them by then.
#[must_use]
pub fn load(sources: &[SourceFile], catalog: &dyn FieldCatalog, options: &LoadOptions) -> Loaded {
    let mut loaded = load_together(sources, catalog, options);
    if options.errors == ErrorReporting::All {
        return loaded;
    }
    let errors = loaded
        .diagnostics
        .iter()
        .filter(|it| it.severity == Severity::Error);
    let first = errors
        .filter_map(|it| usize::try_from(it.span.file.0).ok())
        .min();
    if let Some(before @ [_, ..]) = first.and_then(|first| sources.get(..first)) {
        let room = options
            .limits
            .diagnostics
            .saturating_sub(loaded.diagnostics.len());
        let earlier = load_together(before, catalog, options).diagnostics;
        let unused = earlier
            .into_iter()
            .filter(|it| matches!(it.code, Code::UnusedMacro | Code::UnusedList))
            .take(room);
        loaded.diagnostics.splice(0..0, unused);
    }
    loaded
}

fn load_together(
    sources: &[SourceFile],
    catalog: &dyn FieldCatalog,
    options: &LoadOptions,
) -> Loaded {
    let mut report = Report::new(sources, options.limits.diagnostics, options.errors);
    let mut collection = Collection::new(catalog, &options.limits);
    let mut schemas = vec![SchemaStatus::Unchecked; sources.len()];
    for ((index, source), schema) in sources.iter().enumerate().zip(&mut schemas) {
        let file = FileIndex(u32::try_from(index).unwrap_or(u32::MAX));
        let outcome = read_items(
            file,
            source,
            &options.limits,
            &mut report,
            &mut |item, report| {
                collection.take(item, report);
            },
        );
        match report.check(outcome) {
            Some(status) => *schema = status,
            None => collection.take(Item::Unread(Unread::Unnamed(file)), &mut report),
        }
        if report.is_closed() {
            break;
        }
    }
    check_plugins(&collection, options, &mut report);
    let mut rules = Vec::new();
    if !report.is_closed() {
        rules = Compilation::run(&collection, catalog, options, &mut report);
    }
    let rules = (!report.has_errors()).then(|| rule_set(rules, sources, &collection));
    Loaded {
        rules,
        diagnostics: report.finish(),
        schemas,
    }
}

fn rule_set(
    rules: Vec<CheckedRule>,
    sources: &[SourceFile],
    collection: &Collection<'_>,
) -> CheckedRuleSet {
    let files = sources.iter().map(|source| LoadedFile {
        name: source.name.clone(),
        digest: Digest::of(&source.text),
    });
    let required = collection
        .requirements
        .iter()
        .map(|(requirement, _)| requirement.clone());
    CheckedRuleSet {
        rules,
        files: files.collect(),
        digest: Digest::of_parts(sources.iter().map(|source| &*source.text)),
        required_plugins: required.collect(),
    }
}

/// Checks `required_plugin_versions` against the plugins there are.
fn check_plugins(collection: &Collection<'_>, options: &LoadOptions, report: &mut Report<'_>) {
    let Some(plugins) = &options.plugins else {
        return;
    };
    for (requirement, context) in &collection.requirements {
        if requirement.is_met(plugins) {
            continue;
        }
        let wanted: Vec<String> = requirement
            .alternatives
            .iter()
            .map(|plugin| format!("'{}' version {}", plugin.name, plugin.version))
            .collect();
        let message = format!("plugin requirement not satisfied: {}", wanted.join(" or "));
        report.add(context.finding(Code::ErrValidate, message));
    }
}
