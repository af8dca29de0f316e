//! `saker replay`: captures in, the alerts that rules raise on them out.

mod bar;
mod summary;

use super::InputError;
use crate::cli::{KubeArgs, ReplayArgs, TimeText};
use crate::config::Config;
use crate::output::{Printer, stderr_color};
use crate::rules::{CheckedRules, RulesError};
use anyhow::Context;
use bar::Bar;
use saker_alert::{Alert, Node, Occurrence};
use saker_capture_replay::{Options, Replay, ReplayError};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::EventContext;
use saker_rule_language::{CheckedRuleSet, Selection, SelectionAction, SelectionTarget};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use summary::Summary;

/// Events between two looks at how far the capture is read.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 14;

/// Plays the captures, prints the alerts and says what was counted.
pub(crate) fn run(arguments: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let mut config = Config::build(&arguments.alerts, None, &KubeArgs::default())?;
    if let Some(time) = arguments.time {
        config.iso_8601 = time == TimeText::Iso8601;
    }
    let rules = load(&config, arguments)?;
    let options = Options {
        hostname: arguments.hostname.clone().filter(|name| !name.is_empty()),
        zone: jiff::tz::TimeZone::system(),
        ..Options::default()
    };
    let mut player = Player {
        rules,
        evaluation: Evaluation::new(),
        printer: Printer::new(&config),
        out: BufWriter::new(io::stdout().lock()),
        node: None,
        boot_id: None,
        summary: Summary::default(),
    };
    let began = Instant::now();
    let mut outcome = Ok(ControlFlow::Continue(()));
    for path in &arguments.captures {
        outcome = player.play(path, &options);
        if !matches!(outcome, Ok(ControlFlow::Continue(()))) {
            break;
        }
    }
    // A reader that has seen enough is no error.
    let flushed = ignore_closed(player.out.flush());
    if !arguments.quiet {
        eprint!("{}", player.summary.text(began.elapsed()));
    }
    flushed.and(outcome).map(|_| ExitCode::SUCCESS)
}

/// Loads the rules that take part.
fn load(config: &Config, arguments: &ReplayArgs) -> anyhow::Result<RuleSet> {
    let loaded = CheckedRules::of_alerts(config, stderr_color())?;
    eprint!("{}", loaded.warnings);
    let mut checked = loaded.rules;
    select(&mut checked, arguments)?;
    let rules = RuleSet::compile(&checked, &config.compile_options());
    Ok(rules.map_err(RulesError::from)?)
}

/// Turns rules off that were not asked for.
fn select(rules: &mut CheckedRuleSet, arguments: &ReplayArgs) -> Result<(), InputError> {
    let entry = |action, target| Selection { action, target };
    let tagged = |tag: &String| SelectionTarget::Tag(tag.as_str().into());
    let named = |name: &String| SelectionTarget::Rule(name.as_str().into());
    let mut selections = Vec::new();
    if !arguments.tag.is_empty() {
        let all = SelectionTarget::Rule("*".into());
        selections.push(entry(SelectionAction::Disable, all));
    }
    let wanted = arguments.tag.iter().map(tagged);
    selections.extend(wanted.map(|target| entry(SelectionAction::Enable, target)));
    let tags = arguments.disable_tag.iter().map(tagged);
    let names = arguments.disable_rule.iter().map(named);
    let unwanted = tags.chain(names);
    selections.extend(unwanted.map(|target| entry(SelectionAction::Disable, target)));
    let unused = rules.select(&selections).into_iter().next().cloned();
    match unused.map(|selection| selection.target) {
        Some(SelectionTarget::Tag(tag)) => {
            let known = rules.rules.iter().flat_map(|rule| &rule.tags);
            Err(InputError::no_such_name(
                "tag",
                &tag,
                known.map(|tag| &**tag),
            ))
        }
        Some(SelectionTarget::Rule(name)) if !rules.rules.is_empty() => {
            let known = rules.rules.iter().map(|rule| &*rule.name);
            Err(InputError::no_such_name("rule", &name, known))
        }
        _ => Ok(()),
    }
}

/// What captures are played with.
struct Player {
    rules: RuleSet,
    evaluation: Evaluation,
    printer: Printer,
    out: BufWriter<StdoutLock<'static>>,
    /// The host of the capture, once it raised an alert.
    node: Option<Node>,
    /// The boot that the capture is of, if it says.
    boot_id: Option<Arc<str>>,
    summary: Summary,
}

impl Player {
    /// Plays one capture; breaks when nobody reads the alerts any more.
    fn play(&mut self, path: &Path, options: &Options) -> anyhow::Result<ControlFlow<()>> {
        let mut replay = open(path, options)?;
        let bar = Bar::new(replay.name(), replay.progress());
        self.boot_id = replay.boot_id().map(Arc::from);
        self.node = None;
        let played = self.play_all(&mut replay, &bar);
        bar.finish();
        super::warn_of_damage(&replay);
        self.summary.add(&replay.stats());
        played
    }

    fn play_all(&mut self, replay: &mut Replay, bar: &Bar) -> anyhow::Result<ControlFlow<()>> {
        loop {
            for _ in 0..EVENTS_BETWEEN_LOOKS {
                match replay.next(|context| self.look_at(context))? {
                    None => return Ok(ControlFlow::Continue(())),
                    Some(printed) => match ignore_closed(printed)? {
                        ControlFlow::Continue(()) => {}
                        closed => return Ok(closed),
                    },
                }
            }
            bar.show(replay.progress());
        }
    }

    /// Prints the alerts that an event raises.
    #[inline]
    fn look_at(&mut self, context: &EventContext<'_>) -> io::Result<()> {
        let event = self.rules.event(context);
        for found in self.rules.evaluate(&event, &mut self.evaluation) {
            let Some(rule) = self.rules.rule(found.rule) else {
                continue;
            };
            let node = node(
                &mut self.node,
                &context.host().hostname,
                self.boot_id.as_ref(),
            );
            let occurrence = Occurrence::of(context);
            let alert = Alert::compose(node, rule, &event, found.view, &occurrence)
                .with_details(context.subject(), self.rules.digest());
            self.summary.count(&alert);
            writeln!(self.out, "{}", self.printer.line(&alert)?)?;
        }
        Ok(())
    }
}

fn open(path: &Path, options: &Options) -> Result<Replay, ReplayError> {
    if path == Path::new("-") {
        Replay::read("from standard input", io::stdin(), options)
    } else {
        Replay::open(path, options)
    }
}

/// The host that alerts come from. A capture of Falco does not say when its host booted, so its name
/// stands for both: the same capture gives the same ids again.
fn node<'n>(known: &'n mut Option<Node>, hostname: &str, boot_id: Option<&Arc<str>>) -> &'n Node {
    if known
        .as_ref()
        .is_some_and(|node| &*node.hostname != hostname)
    {
        *known = None;
    }
    known.get_or_insert_with(|| Node {
        hostname: hostname.into(),
        boot_id: boot_id.map_or_else(|| hostname.into(), Arc::clone),
    })
}

/// Breaks where nobody reads any more, which is no error.
fn ignore_closed(written: io::Result<()>) -> anyhow::Result<ControlFlow<()>> {
    match written {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}
