//! The audit log of Kubernetes: what brings its events, and who judges them.

use crate::output;
use crate::statistics::Statistics;
use crate::this_host;
use anyhow::Context;
use arc_swap::ArcSwap;
use saker_alert::{Alert, Node, Occurrence};
use saker_alert_delivery::{Inbox, Receipt};
use saker_audit_intake::{
    AuditCounters, AuditSettings, Desk, DeskThread, Follower, Judge, Webhook,
};
use saker_audit_source::{AuditEvent, Limits};
use saker_event_decode::WallClock;
use saker_rule_engine::{Evaluation, RuleSet};
use saker_rule_fields::{EventContext, Facts, Host, Patience, Payload, Scratch, Surroundings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long events are remembered: longer than an API server tries to send a batch.
const DUPLICATE_WINDOW_MS: u32 = 15 * 60 * 1_000;

/// What brings events, and the thread that judges them.
pub(crate) struct AuditIntake {
    webhook: Option<Webhook>,
    follower: Option<Follower>,
    thread: DeskThread,
    counters: Arc<AuditCounters>,
}

impl AuditIntake {
    /// Starts what the configuration names.
    pub(crate) fn start(settings: &AuditSettings, judge: AuditJudge) -> anyhow::Result<Self> {
        let window = settings.duplicate_window_ms.unwrap_or(DUPLICATE_WINDOW_MS);
        let counters = Arc::<AuditCounters>::default();
        let limits = Limits {
            input_bytes_max: settings
                .webhook
                .as_ref()
                .map_or(0, |webhook| webhook.body_bytes_max.get())
                .max(Limits::default().input_bytes_max),
            ..Limits::default()
        };
        let window = Duration::from_millis(window.into());
        let (desk, thread) = Desk::start(judge, limits, window, Arc::clone(&counters))
            .context("cannot start the thread that judges audit events")?;
        let follower = match &settings.positions_file {
            Some(positions) if !settings.files.is_empty() => {
                Some(Follower::start(&settings.files, positions, desk.clone())?)
            }
            _ => None,
        };
        let webhook = match &settings.webhook {
            Some(settings) => Some(Webhook::start(settings, desk)?),
            None => None,
        };
        Ok(Self {
            webhook,
            follower,
            thread,
            counters,
        })
    }

    /// Where the webhook listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.webhook.as_ref().map(Webhook::address)
    }

    /// What is counted.
    pub(crate) fn counters(&self) -> &Arc<AuditCounters> {
        &self.counters
    }

    /// Takes nothing any more, and waits until what was taken is judged.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        drop((self.webhook, self.follower));
        anyhow::ensure!(self.thread.join(), "the thread of audit events panicked");
        Ok(())
    }
}

/// Judges audit events by the rules in force.
pub(crate) struct AuditJudge {
    rules: Arc<ArcSwap<RuleSet>>,
    /// Those that were in force when the batch began.
    current: Arc<RuleSet>,
    facts: Facts,
    host: Host,
    node: Node,
    scratch: Scratch,
    evaluation: Evaluation,
    /// Number of the last event.
    number: u64,
    inbox: Inbox<Alert>,
    statistics: Arc<Statistics>,
}

impl AuditJudge {
    /// A judge by these rules, which a reload replaces.
    pub(crate) fn new(
        rules: Arc<ArcSwap<RuleSet>>,
        facts: Facts,
        inbox: Inbox<Alert>,
        statistics: Arc<Statistics>,
    ) -> Self {
        Self {
            current: rules.load_full(),
            rules,
            facts,
            host: this_host::facts(),
            node: this_host::node(),
            scratch: Scratch::new(),
            evaluation: Evaluation::new(),
            number: 0,
            inbox,
            statistics,
        }
    }
}

impl Judge for AuditJudge {
    fn begin(&mut self) {
        self.current = self.rules.load_full();
    }

    fn judge(&mut self, audit: &AuditEvent, receipt: &Receipt) {
        self.number += 1;
        let surroundings = Surroundings {
            processes: None,
            clock: &WallClock::default(),
            host: &self.host,
            scratch: &self.scratch,
        };
        let payload = Payload::K8sAudit(audit);
        let context = EventContext::new(payload, None, surroundings, self.number)
            .with_facts(&self.facts, Patience::Ended);
        let event = self.current.event(&context);
        for found in self.current.evaluate(&event, &mut self.evaluation) {
            let Some(rule) = self.current.rule(found.rule) else {
                continue;
            };
            let occurrence = Occurrence::of(&context);
            let alert = Alert::compose(&self.node, rule, &event, found.view, &occurrence)
                .with_details(context.subject(), self.current.digest());
            self.statistics.count_alert(&alert);
            output::raise_with(&self.inbox, alert, receipt);
        }
    }
}
