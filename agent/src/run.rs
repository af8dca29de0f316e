//! `saker run`: puts the parts together and waits for the end.

mod kernel;

pub(crate) use kernel::Losses;

use crate::audit::{AuditIntake, AuditJudge};
use crate::cli::RunArgs;
use crate::config::{Config, ConfigError};
use crate::fact_sources::{FactSources, Waker};
use crate::ledger;
use crate::live::Wanted;
use crate::metrics;
use crate::output::{self, Manner, stderr_color};
use crate::pipeline::raiser::Raiser;
use crate::reload::FilesWatcher;
use crate::rules::LoadedRules;
use crate::single_instance::SingleInstance;
use crate::statistics::Statistics;
use crate::summary::summary;
use crate::this_host;
use anyhow::Context;
use arc_swap::ArcSwap;
use kernel::{AttachedSource, KernelSide, KernelSurroundings, LoadedSource};
use saker_alert_delivery::{Delivery, Report, Time, WhenFull};
use saker_kernel_source::{KernelSourceError, host};
use saker_rule_engine::RuleSet;
use saker_rule_fields::{Facts, Needs};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

/// How long alerts that are on their way may take to be delivered at the end.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(5);

/// How often policies in Rego are told what changed in the cluster.
const POLICIES_INFORMED: Duration = Duration::from_secs(2);

/// How often memory that was freed is given back to the kernel. The first time, at once, gives back what the
/// start needed.
const MEMORY_GIVEN_BACK: Duration = Duration::from_secs(30);

/// Loads everything, watches until a signal, and says what was seen.
pub(crate) fn run(arguments: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = Config::build(
        &arguments.alerts,
        arguments.metrics,
        &arguments.kube,
        &arguments.sources,
    )?;
    let needs_kernel = config.sources.need_kernel();
    if !needs_kernel && config.audit.is_empty() {
        return Err(ConfigError::NoAuditLog.into());
    }
    let loaded = LoadedRules::load(&config, stderr_color())?;
    eprint!("{}", loaded.warnings);
    // Before the lock, which an ordinary user could not take either.
    if needs_kernel && !host::may_load_programs() {
        return Err(KernelSourceError::NotPermitted.into());
    }
    // Two would report twice what the kernel tells; what is sent to one is not told to the other.
    let _instance = needs_kernel
        .then(|| SingleInstance::acquire(&arguments.pid_file))
        .transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    runtime.block_on(Agent::start(config, loaded)?.watch())
}

/// The running agent.
struct Agent {
    config: Config,
    /// What the kernel tells, where rules of its sources take part.
    kernel: Option<KernelSide>,
    audit: Option<AuditIntake>,
    rules: Arc<ArcSwap<RuleSet>>,
    statistics: Arc<Statistics>,
    delivery: Delivery,
    /// Told when nobody reads standard output any more.
    closed: oneshot::Receiver<io::Error>,
    facts: Facts,
    fact_sources: FactSources,
    /// Whether everything is there that alerts need.
    is_ready: Arc<AtomicBool>,
}

/// The signals that the agent heeds.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    user1: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            user1: listen(SignalKind::user_defined1())?,
        })
    }
}

impl Agent {
    /// Loads and attaches the programs, reads the processes that run, and starts the threads.
    fn start(config: Config, loaded: LoadedRules) -> anyhow::Result<Self> {
        let mut wanted = Wanted {
            needs: loaded.needs(),
            ..Wanted::of(&loaded.rules)
        };
        let wants_ledger = config.ledger.is_kept(wanted.has_flows);
        wanted.has_flows |= wants_ledger;
        let source = config
            .sources
            .need_kernel()
            .then(|| LoadedSource::load(&config, &wanted))
            .transpose()?;
        let statistics = Arc::new(Statistics::default());
        statistics
            .rules_enabled
            .store(loaded.enabled(), Ordering::Relaxed);
        let rules = Arc::new(ArcSwap::from_pointee(loaded.rules));
        let (tell_closed, closed) = oneshot::channel();
        let manner = Manner {
            when_full: WhenFull::DropLeastUrgent,
            time: Time::Present,
            spool_suffix: "",
        };
        let (inbox, delivery) =
            output::start_delivery(&config, config.delivery.clone(), manner, |error| {
                if tell_closed.send(error).is_err() {
                    tracing::debug!("nobody waits for the end of standard output any more");
                }
            })?;
        let attached = source.map(LoadedSource::attach).transpose()?;
        // What observes nothing must not claim to have covered anything.
        let sees_flows = attached.as_ref().is_some_and(AttachedSource::sees_flows);
        let keeps_ledger = wants_ledger && sees_flows;
        let needs = needs(wanted.needs, keeps_ledger);
        let waker = Waker::default();
        let (facts, fact_sources) = FactSources::start(config.facts.clone(), needs, &waker)?;
        facts.rego.install(loaded.rego);
        wanted.tell(&facts.cluster);
        let kernel = attached.map(|attached| {
            let inbox = inbox.clone();
            let raiser = Raiser {
                node: this_host::node(),
                alerts: Box::new(move |alert| output::raise(&inbox, alert)),
                statistics: Arc::clone(&statistics),
            };
            let surroundings = KernelSurroundings {
                config: &config,
                facts: &facts,
                rules: &rules,
                waker: &waker,
                keeps_ledger,
            };
            attached.watch(raiser, &surroundings)
        });
        let kernel = kernel.transpose()?;
        let audit = if config.audit.is_empty() {
            None
        } else {
            let judge = AuditJudge::new(
                Arc::clone(&rules),
                facts.clone(),
                inbox,
                Arc::clone(&statistics),
            );
            Some(AuditIntake::start(&config.audit, judge)?)
        };
        Ok(Self {
            config,
            kernel,
            audit,
            rules,
            statistics,
            delivery,
            closed,
            facts,
            fact_sources,
            is_ready: Arc::default(),
        })
    }

    /// Prints alerts, serves metrics and reloads rules until a signal ends it.
    async fn watch(mut self) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::new()?;
        self.serve_metrics().await?;
        let watched: &[PathBuf] = if self.config.watch {
            &self.config.rules
        } else {
            &[]
        };
        let mut watcher = FilesWatcher::rules(watched);
        let manifests = self.config.facts.manifests().filter(|_| self.config.watch);
        let mut manifests = FilesWatcher::manifests(manifests);
        let policies = self.config.rego.as_ref().filter(|_| self.config.watch);
        let mut policies = FilesWatcher::policies(policies.map(|rego| &*rego.policies));
        let mut known = tokio::time::interval(POLICIES_INFORMED);
        known.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut memory = tokio::time::interval(MEMORY_GIVEN_BACK);
        let synced = self.fact_sources.synced();
        tokio::pin!(synced);
        let mut has_stdout = true;
        let closed = loop {
            let is_ready = self.is_ready.load(Ordering::Relaxed);
            tokio::select! {
                biased;
                () = &mut synced, if !is_ready => self.say_ready(),
                _ = signals.interrupt.recv() => break None,
                _ = signals.terminate.recv() => break None,
                _ = signals.hangup.recv() => {
                    self.read_manifests_again();
                    self.reload();
                }
                _ = signals.user1.recv() => self.delivery.reopen(),
                () = watcher.changed() => self.reload(),
                () = policies.changed() => self.reload(),
                () = manifests.changed() => self.read_manifests_again(),
                _ = known.tick() => self.inform_policies().await,
                _ = memory.tick() => host::give_back_memory(),
                closed = &mut self.closed, if has_stdout => match closed {
                    Ok(error) => break Some(error),
                    // Standard output is no output.
                    Err(_) => has_stdout = false,
                },
            }
        };
        self.end(closed).await
    }

    /// Tells policies in Rego what changed in the cluster.
    async fn inform_policies(&self) {
        let rego = self.facts.rego.clone();
        if tokio::task::spawn_blocking(move || rego.refresh())
            .await
            .is_err()
        {
            tracing::warn!("policies in Rego do not get what changed in the cluster");
        }
    }

    /// Says that everything is there that alerts need. They were raised before as well.
    fn say_ready(&self) {
        self.is_ready.store(true, Ordering::Relaxed);
        let attached = self.kernel.as_ref().map_or(0, KernelSide::attached);
        eprintln!(
            "ready: {attached} programs attached, {} rules",
            self.statistics.rules_enabled.load(Ordering::Relaxed)
        );
        if let Some(address) = self.audit.as_ref().and_then(AuditIntake::address) {
            eprintln!("audit log: {address}");
        }
    }

    async fn serve_metrics(&self) -> anyhow::Result<()> {
        let Some(address) = self.config.metrics else {
            return Ok(());
        };
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot serve metrics on {address}: choose another address with --metrics, or `off`"
            )
        })?;
        let registry = metrics::registry(
            Arc::clone(&self.statistics),
            self.kernel
                .as_ref()
                .map(|kernel| Arc::clone(kernel.losses())),
            self.audit
                .as_ref()
                .map(|audit| Arc::clone(audit.counters())),
            self.facts.clone(),
            self.fact_sources.kube().cloned(),
            &self.delivery,
        );
        let routes = metrics::routes(registry, Arc::clone(&self.is_ready));
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the metrics server ended");
            }
        });
        Ok(())
    }

    /// Loads the rules again. A set with an error is rejected whole and the old one stays; processes
    /// are kept in any case.
    fn reload(&mut self) {
        if let Err(error) = self.try_reload() {
            self.statistics
                .reloads_rejected
                .fetch_add(1, Ordering::Relaxed);
            eprintln!("reload rejected, the rules in force stay: {error:#}");
        }
    }

    /// Reads the files again that tell about the cluster, if there are any. If one has an error, what is known
    /// stays.
    fn read_manifests_again(&mut self) {
        match self.fact_sources.read_files_again() {
            Ok(None) => {}
            Ok(Some(summary)) => eprintln!("manifests read again: {summary}"),
            Err(error) => eprintln!("manifests rejected, what is known stays: {error:#}"),
        }
    }

    fn try_reload(&mut self) -> anyhow::Result<()> {
        let loaded = LoadedRules::load(&self.config, stderr_color())?;
        eprint!("{}", loaded.warnings);
        let enabled = loaded.enabled();
        // What either set needs, then the rules, then what the new set needs: no gap.
        let mut wanted = Wanted {
            needs: loaded.needs(),
            ..Wanted::of(&loaded.rules)
        };
        let sees_flows = self.kernel.as_ref().is_some_and(KernelSide::sees_flows);
        if wanted.has_flows && !sees_flows {
            eprintln!(
                "warning: no connections are seen, because no rule of the source flow was loaded at the start, or \
                 this host cannot: such rules match nothing until the agent is started again with them"
            );
        }
        wanted.has_flows = sees_flows;
        let new = wanted.reported();
        let both = new
            .iter()
            .copied()
            .chain(self.rules.load().event_ids())
            .collect();
        let keeps_ledger = self.kernel.as_ref().is_some_and(KernelSide::keeps_ledger);
        let needs = needs(wanted.needs, keeps_ledger);
        if let Some(kernel) = &mut self.kernel {
            kernel.select(both)?;
        }
        self.fact_sources
            .need(self.rules.load().needs().with(needs));
        self.facts.rego.install(loaded.rego);
        self.rules.store(Arc::new(loaded.rules));
        wanted.tell(&self.facts.cluster);
        if let Some(kernel) = &mut self.kernel {
            kernel.select(new)?;
        }
        self.fact_sources.need(needs);
        self.statistics
            .rules_enabled
            .store(enabled, Ordering::Relaxed);
        self.statistics.reloads.fetch_add(1, Ordering::Relaxed);
        eprintln!(
            "reloaded: {enabled} rules from {} files",
            loaded.files.len()
        );
        Ok(())
    }

    /// Detaches, lets everything that is on its way arrive, and prints the summary. `closed` is why standard
    /// output ended, if it was the first to end.
    async fn end(self, closed: Option<io::Error>) -> anyhow::Result<ExitCode> {
        let audit = self
            .audit
            .as_ref()
            .map(|audit| Arc::clone(audit.counters()));
        let judged = self.audit.map_or(Ok(()), AuditIntake::finish);
        let kernel = self.kernel.map(KernelSide::end).transpose()?;
        let (read, losses) = match kernel {
            Some(ended) => (ended.read, Some(ended.losses)),
            None => (Ok(()), None),
        };
        // It has a runtime of its own, and may wait.
        let delivery = self.delivery;
        let report = tokio::task::spawn_blocking(move || delivery.finish(DELIVERY_PATIENCE))
            .await
            .context("the delivery of alerts panicked")?;
        eprint!(
            "{}",
            summary(&self.statistics, losses.as_ref(), audit.as_deref(), &report)
        );
        read?;
        judged?;
        if let Some(error) = closed {
            return Err(error)
                .context("standard output is closed: nobody reads the alerts any more");
        }
        if is_stdout_blocked(&report) {
            anyhow::bail!("standard output is blocked: alerts were left unprinted");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What has to be asked for rules that need this, and for the ledger.
fn needs(of_rules: Needs, keeps_ledger: bool) -> Needs {
    if keeps_ledger {
        of_rules.with(ledger::needs())
    } else {
        of_rules
    }
}

fn is_stdout_blocked(report: &Report) -> bool {
    let mut outputs = report.outputs.iter();
    outputs.any(|output| output.kind == "stdout" && output.lost.contains_key("shutdown"))
}
