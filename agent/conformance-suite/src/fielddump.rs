//! Compares the fields of every event of captures with what Falco gave for them.
//!
//! The data hold a rules file that prints many fields of every event, and for each capture a dump: the
//! `output_fields` of Falco's alerts, one event a line. The same rules file goes through Saker's loader,
//! engine and JSON, so what is compared is what a user sees.
//!
//! Events are told apart by their numbers: one that Saker does not show, or shows though Falco does not,
//! is a difference as well.

mod comparison;
mod dump;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use saker_alert::{Alert, Clock, JsonKeys, JsonRenderer, Node, Occurrence, TimeFormat};
use saker_capture_replay::{Options, Replay};
use saker_rule_engine::{CompileOptions, Evaluation, RuleSet};
use saker_rule_fields::{EventContext, Fields};
use saker_rule_language::{LoadOptions, SourceFile, load};
use serde_json::{Map, Value};

use crate::declined::Decline;
use comparison::Comparison;
pub use report::{CaptureReport, Difference, FieldCount, FieldReport};

/// The rules file below the folder of the data.
const RULES: &str = "fielddump/fielddump.yaml";

/// What the rows of `docs/CONFORMANCE.md` call this comparison.
const KIND: &str = "fielddump";

/// The fields of one event.
pub(crate) type Object = Map<String, Value>;

/// Where captures and dumps lie.
#[derive(Clone, Debug)]
pub struct Places {
    /// The rules file that prints the fields.
    pub rules: PathBuf,
    /// Folder of captures: files whose name ends in `.scap`.
    pub captures: PathBuf,
    /// Folder of dumps: for `NAME.scap` either `NAME.jsonl.gz` or `NAME.jsonl`.
    pub dumps: PathBuf,
}

impl Places {
    /// Those of the data.
    #[must_use]
    pub fn of_data(folder: &Path) -> Self {
        Self {
            rules: folder.join(RULES),
            captures: folder.join("scap"),
            dumps: folder.join("fielddump"),
        }
    }
}

/// Compares every capture that has a dump, or the one of this name.
///
/// # Errors
///
/// A file cannot be read, or there is nothing to compare.
pub fn run(places: &Places, only: Option<&str>, declined: &[Decline]) -> Result<FieldReport> {
    let mut report = FieldReport::default();
    let mut printer = FieldPrinter::load(&places.rules)?;
    for capture in dump::captures(&places.captures)? {
        if only.is_some_and(|name| name != capture.name) {
            continue;
        }
        match dump::read(&places.dumps, &capture.name)? {
            Some(wanted) => {
                let mut comparison = Comparison::new(&capture.name, wanted, declined);
                printer.play(&capture.path, |found| comparison.add(found))?;
                report.captures.push(comparison.finish());
            }
            None => report.without_dump.push(capture.name),
        }
    }
    if report.captures.is_empty() {
        bail!(
            "no capture in {} has a dump in {}",
            places.captures.display(),
            places.dumps.display()
        );
    }
    Ok(report)
}

/// The rules file, compiled, and what makes JSON of its alerts.
struct FieldPrinter {
    rules: RuleSet,
    evaluation: Evaluation,
    node: Node,
    renderer: JsonRenderer,
}

impl FieldPrinter {
    fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let source = SourceFile::new(&name, &text);
        let loaded = load(&[source], &Fields::new(), &LoadOptions::default());
        let Some(checked) = loaded.rules else {
            bail!("{name}: {}", crate::kinds::listing(&loaded.diagnostics));
        };
        let clock = Clock::new(TimeZone::UTC, TimeFormat::TimeOfDay);
        Ok(Self {
            rules: RuleSet::compile(&checked, &CompileOptions::default())?,
            evaluation: Evaluation::new(),
            node: Node {
                hostname: "".into(),
                boot_id: "".into(),
            },
            renderer: JsonRenderer::new(clock, JsonKeys::default()),
        })
    }

    /// Shows the fields of each event of a capture.
    fn play(&mut self, path: &Path, mut look: impl FnMut(Object)) -> Result<()> {
        let mut replay = Replay::open(path, &Options::default())?;
        while let Some(found) = replay.next(|context| self.fields(context))? {
            found?.into_iter().for_each(&mut look);
        }
        Ok(())
    }

    fn fields(&mut self, context: &EventContext<'_>) -> Result<Option<Object>> {
        let event = self.rules.event(context);
        let Some(found) = self.rules.evaluate(&event, &mut self.evaluation).first() else {
            return Ok(None);
        };
        let rule = self.rules.rule(found.rule).context("the rule is there")?;
        let occurrence = Occurrence::of(context);
        let alert = Alert::compose(&self.node, rule, &event, found.view, &occurrence);
        let mut alert: Value = serde_json::from_str(&self.renderer.line(&alert))?;
        match alert["output_fields"].take() {
            Value::Object(fields) => Ok(Some(fields)),
            other => bail!("output_fields is no object: {other}"),
        }
    }
}
