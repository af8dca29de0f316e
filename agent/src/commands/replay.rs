//! `saker replay`: captures in, the alerts that rules raise on them out.

mod audit;
mod bar;
mod summary;

use super::InputError;
use crate::cli::{KubeArgs, ReplayArgs, ReplaySource, SourceArgs, TimeText};
use crate::config::Config;
use crate::output::{self, Manner, stderr_color};
use crate::rules::{CheckedRules, RulesError};
pub(crate) use audit::AuditFileError;
use bar::Bar;
use saker_alert::{Alert, Node, Occurrence};
use saker_alert_delivery::{Inbox, Report, Time, WhenFull};
use saker_capture_replay::{Options, Replay, ReplayError};
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::{EventContext, RegoHandle, RegoPolicies};
use saker_rule_language::{CheckedRuleSet, Selection, SelectionAction, SelectionTarget};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use summary::Summary;

/// Events between two looks at how far the capture is read.
const EVENTS_BETWEEN_LOOKS: u64 = 1 << 14;

/// How long the outputs may take for what is on its way when the last capture was played.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(60);

/// Plays the captures, prints the alerts and says what was counted.
pub(crate) fn run(arguments: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let mut config = Config::build(
        &arguments.alerts,
        None,
        &KubeArgs::default(),
        &SourceArgs::default(),
    )?;
    if let Some(time) = arguments.time {
        config.iso_8601 = time == TimeText::Iso8601;
    }
    let (rules, policies) = load(&config, arguments)?;
    let rego = RegoHandle::none();
    rego.install(policies);
    let options = Options {
        rego,
        hostname: arguments.hostname.clone().filter(|name| !name.is_empty()),
        zone: jiff::tz::TimeZone::system(),
        ..Options::default()
    };
    let delivery = if arguments.deliver {
        config.delivery.clone()
    } else {
        config.delivery.clone().stdout_only(config.output)
    };
    let manner = Manner {
        // Nothing is lost: who plays can wait.
        when_full: WhenFull::Wait,
        time: Time::OfEvents,
        // An agent may run beside.
        spool_suffix: ".replay",
    };
    let closed = Arc::<AtomicBool>::default();
    let (inbox, delivery) = output::start_delivery(&config, delivery, manner, {
        let closed = Arc::clone(&closed);
        move |_| closed.store(true, Relaxed)
    })?;
    let mut player = Player {
        rules,
        evaluation: Evaluation::new(),
        inbox,
        closed,
        node: None,
        boot_id: None,
        summary: Summary::default(),
    };
    let began = Instant::now();
    let mut outcome = Ok(ControlFlow::Continue(()));
    for path in &arguments.captures {
        outcome = match arguments.source {
            ReplaySource::Syscall => player.play(path, &options),
            ReplaySource::K8sAudit => player.play_audit(path, arguments.hostname.as_deref()),
        };
        if !matches!(outcome, Ok(ControlFlow::Continue(()))) {
            break;
        }
    }
    let Player {
        inbox,
        summary,
        closed,
        ..
    } = player;
    drop(inbox);
    let report = delivery.finish(DELIVERY_PATIENCE);
    if !arguments.quiet {
        eprint!("{}", summary.text(began.elapsed()));
        if arguments.deliver {
            eprint!("{report}");
        }
    }
    outcome.map(drop)?;
    // A reader that has seen enough is no error.
    if !closed.load(Relaxed) {
        check(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether every alert was delivered.
fn check(report: &Report) -> anyhow::Result<()> {
    if report.is_complete() {
        return Ok(());
    }
    let stdout = report.outputs.iter().find(|output| output.kind == "stdout");
    if stdout.is_some_and(|output| output.lost_total() > 0) {
        anyhow::bail!("cannot write to standard output: alerts were left unprinted");
    }
    let undelivered = report.outputs.iter().filter_map(|output| {
        let alerts = output.left.saturating_add(output.lost_total());
        (alerts > 0).then(|| format!("{} ({alerts})", output.name))
    });
    let undelivered: Vec<String> = undelivered.collect();
    anyhow::bail!("alerts were not delivered: {}", undelivered.join(", "))
}

/// Loads the rules that take part.
fn load(
    config: &Config,
    arguments: &ReplayArgs,
) -> anyhow::Result<(RuleSet, Option<Arc<RegoPolicies>>)> {
    let loaded = CheckedRules::of_alerts(config, stderr_color())?;
    eprint!("{}", loaded.warnings);
    let mut checked = loaded.rules;
    select(&mut checked, arguments)?;
    let rules = RuleSet::compile(&checked, &config.compile_options());
    Ok((rules.map_err(RulesError::from)?, loaded.rego))
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
    inbox: Inbox<Alert>,
    /// Whether nobody reads the alerts any more.
    closed: Arc<AtomicBool>,
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
                if replay.next(|context| self.look_at(context))?.is_none() {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            if self.closed.load(Relaxed) {
                return Ok(ControlFlow::Break(()));
            }
            bar.show(replay.progress());
        }
    }

    /// Hands over the alerts that an event raises.
    #[inline]
    fn look_at(&mut self, context: &EventContext<'_>) {
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
            output::raise(&self.inbox, alert);
        }
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
