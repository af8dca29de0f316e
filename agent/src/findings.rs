//! Everything there is to say about rules: errors, warnings and hints in one shape, whatever found
//! them, for `saker rules check`.

mod falco;
mod json;
mod sarif;
mod text;

use crate::commands::chain;
use crate::config::RulesConfig;
use crate::rules::{RulesError, load_options, read_all, setting_of};
use saker_rule_engine::{CompileError, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{
    CheckedRuleSet, Code, Diagnostic, ItemKind, LineIndex, Position, SchemaStatus, SourceFile,
    Span, load,
};
use saker_rule_lint::{Hint, LintOptions, lint};
use serde::Serialize;

pub(crate) use falco::FalcoReport;
pub(crate) use json::JsonReport;
pub(crate) use sarif::sarif;
pub(crate) use text::text;

/// Characters of a pattern in a message.
const PATTERN_CHARACTERS_SHOWN: usize = 80;

/// How urgent a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The rules do not load.
    Error,
    /// Falco would warn of it.
    Warning,
    /// Saker's own advice.
    Hint,
}

/// One step on the way from the file to what a finding is about.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kind: ItemKind,
    pub(crate) name: String,
    pub(crate) start: Position,
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The place in bytes.
    pub(crate) span: Span,
    /// Its first character.
    pub(crate) start: Position,
    /// What follows its last character.
    pub(crate) end: Position,
}

/// One thing there is to say.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// Falco's code, or one of the linter.
    pub(crate) code: &'static str,
    /// What the code means.
    pub(crate) description: &'static str,
    pub(crate) message: String,
    /// Position in [`Findings::files`].
    pub(crate) file: usize,
    /// Where; `None` for a file that could not be read.
    pub(crate) place: Option<Place>,
    /// From the file to the item.
    pub(crate) context: Vec<Step>,
    pub(crate) remedy: Option<String>,
}

impl Finding {
    /// The innermost item with a name.
    pub(crate) fn item(&self) -> Option<&Step> {
        let mut inner = self.context.iter().rev();
        inner.find(|step| step.kind != ItemKind::RulesContent && !step.name.is_empty())
    }
}

/// A file that was to be checked.
pub(crate) struct CheckedFile {
    /// Its name and text; no text if it could not be read.
    pub(crate) source: SourceFile,
    lines: LineIndex,
    pub(crate) schema: SchemaStatus,
}

/// Everything there is to say about a set of rules.
pub(crate) struct Findings {
    /// The files, in load order.
    pub(crate) files: Vec<CheckedFile>,
    /// What there is to say: errors first, then by file and place.
    pub(crate) all: Vec<Finding>,
    /// Rules in the set, if it loads.
    pub(crate) rules: Option<usize>,
    /// Whether the linter had the time to compare all rules.
    pub(crate) hints_complete: bool,
}

impl Findings {
    /// Reads, checks, compiles and lints rules.
    pub(crate) fn gather(config: &RulesConfig) -> Self {
        let mut gathering = Gathering::default();
        gathering.read(config);
        let sources: Vec<SourceFile> = gathering
            .loaded
            .iter()
            .filter_map(|index| gathering.files.get(*index))
            .map(|file| file.source.clone())
            .collect();
        let fields = Fields::new();
        let outcome = load(&sources, &fields, &load_options(&config.limits.language));
        for diagnostic in &outcome.diagnostics {
            gathering.add_diagnostic(diagnostic);
        }
        for (index, schema) in gathering.loaded.iter().zip(outcome.schemas) {
            if let Some(file) = gathering.files.get_mut(*index) {
                file.schema = schema;
            }
        }
        let mut findings = Self {
            files: Vec::new(),
            all: Vec::new(),
            rules: None,
            hints_complete: true,
        };
        if let Some(checked) = &outcome.rules {
            gathering.compile(checked, config);
            let options = LintOptions {
                matching: config.matching,
            };
            let lints = lint(checked, &sources, &fields, &options);
            for hint in &lints.hints {
                gathering.add_hint(hint);
            }
            findings.hints_complete = lints.complete;
            findings.rules = Some(checked.rules.len());
        }
        findings.files = gathering.files;
        findings.all = gathering.all;
        findings.all.sort_by_key(|finding| {
            let start = finding.place.map(|place| place.span.start);
            (finding.severity, finding.file, start)
        });
        if findings.count(Severity::Error) > 0 {
            findings.rules = None;
        }
        findings
    }

    /// How many findings are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let same = |finding: &&Finding| finding.severity == severity;
        self.all.iter().filter(same).count()
    }

    /// The name of a finding's file.
    pub(crate) fn file_name(&self, finding: &Finding) -> &str {
        self.files
            .get(finding.file)
            .map_or("", |file| &file.source.name)
    }
}

#[derive(Default)]
struct Gathering {
    files: Vec<CheckedFile>,
    /// For each file that could be read, its position in `files`.
    loaded: Vec<usize>,
    all: Vec<Finding>,
}

impl Gathering {
    fn read(&mut self, config: &RulesConfig) {
        for outcome in read_all(&config.rules, &config.limits.language) {
            let source = match outcome {
                Ok(source) => {
                    self.loaded.push(self.files.len());
                    source
                }
                Err(error) => {
                    let path = error.path().map(|path| path.display().to_string());
                    let source = SourceFile::new(&path.unwrap_or_default(), "");
                    self.add_unreadable(&error, &source);
                    source
                }
            };
            let lines = LineIndex::new(&source.text);
            self.files.push(CheckedFile {
                source,
                lines,
                schema: SchemaStatus::Unchecked,
            });
        }
    }

    fn add_unreadable(&mut self, error: &RulesError, source: &SourceFile) {
        self.all.push(Finding {
            severity: Severity::Error,
            code: Code::ErrFileRead.name(),
            description: Code::ErrFileRead.description(),
            message: chain(error),
            file: self.files.len(),
            place: None,
            context: vec![Step {
                kind: ItemKind::RulesContent,
                name: source.name.to_string(),
                start: Position::default(),
            }],
            remedy: None,
        });
    }

    fn add_diagnostic(&mut self, diagnostic: &Diagnostic) {
        let context = diagnostic
            .context
            .iter()
            .map(|step| self.step(step.kind, &step.name, step.span))
            .collect();
        self.all.push(Finding {
            severity: match diagnostic.severity {
                saker_rule_language::Severity::Warning => Severity::Warning,
                saker_rule_language::Severity::Error => Severity::Error,
            },
            code: diagnostic.code.name(),
            description: diagnostic.code.description(),
            message: diagnostic.message.clone(),
            file: self.file(diagnostic.span),
            place: Some(self.place(diagnostic.span)),
            context,
            remedy: diagnostic.remedy.clone(),
        });
    }

    fn add_hint(&mut self, hint: &Hint) {
        let rule = self.step(ItemKind::Rule, &hint.rule, hint.rule_span);
        self.all.push(Finding {
            severity: Severity::Hint,
            code: hint.code.name(),
            description: hint.code.description(),
            message: hint.message.clone(),
            file: self.file(hint.span),
            place: Some(self.place(hint.span)),
            context: vec![rule],
            remedy: hint.remedy.clone(),
        });
    }

    /// Compiles the rules, and each of them by itself if they do not compile: all errors are wanted.
    fn compile(&mut self, checked: &CheckedRuleSet, config: &RulesConfig) {
        let options = config.compile_options();
        let Err(error) = RuleSet::compile(checked, &options) else {
            return;
        };
        let before = self.all.len();
        for rule in &checked.rules {
            let alone = CheckedRuleSet {
                rules: vec![rule.clone()],
                files: Vec::new(),
                digest: checked.digest,
                required_plugins: Vec::new(),
            };
            if let Err(error) = RuleSet::compile(&alone, &options) {
                self.add_uncompiled(&error, &rule.name, rule.span);
            }
        }
        if self.all.len() == before {
            self.add_uncompiled(&error, "", Span::default());
        }
    }

    fn add_uncompiled(&mut self, error: &CompileError, rule: &str, span: Span) {
        let remedy = setting_of(error)
            .map(|name| format!("if this is meant, raise 'limits.{name}' in the configuration"));
        self.all.push(Finding {
            severity: Severity::Error,
            code: Code::ErrCompileCondition.name(),
            description: Code::ErrCompileCondition.description(),
            message: uncompiled(error),
            file: self.file(span),
            place: Some(self.place(span)),
            context: vec![self.step(ItemKind::Rule, rule, span)],
            remedy,
        });
    }

    /// The file of a span: spans count the files that could be read.
    fn file(&self, span: Span) -> usize {
        let index = usize::try_from(span.file.0).unwrap_or(usize::MAX);
        self.loaded.get(index).copied().unwrap_or_default()
    }

    fn step(&self, kind: ItemKind, name: &str, span: Span) -> Step {
        Step {
            kind,
            name: name.to_owned(),
            start: self.place(span).start,
        }
    }

    fn place(&self, span: Span) -> Place {
        let position = |offset| {
            self.files
                .get(self.file(span))
                .map(|file| file.lines.position(&file.source.text, offset))
                .unwrap_or_default()
        };
        Place {
            span,
            start: position(span.start),
            end: position(span.end),
        }
    }
}

/// Why a rule does not compile, with as much of a pattern as helps to find it.
fn uncompiled(error: &CompileError) -> String {
    let CompileError::Pattern {
        field,
        pattern,
        source,
        ..
    } = error
    else {
        return chain(error);
    };
    let shown: String = pattern.chars().take(PATTERN_CHARACTERS_SHOWN).collect();
    let more = if shown.len() < pattern.len() {
        "…"
    } else {
        ""
    };
    format!(
        "the pattern '{shown}{more}' of '{field}' cannot be compiled: {}",
        chain(source)
    )
}
