//! A desk whose judge writes down what it sees, and a client that is no more polite than it has to be.

use saker_alert_delivery::Receipt;
use saker_audit_intake::{
    AuditCounters, Desk, DeskThread, Judge, Refused, Webhook, WebhookSettings,
};
use saker_audit_source::{AuditEvent, Limits};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What a judge has seen.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) ids: Arc<Mutex<Vec<String>>>,
    /// Receipts of events whose alerts are not in safe hands yet: of those whose verb is `hold`.
    pub(crate) held: Arc<Mutex<Vec<Receipt>>>,
}

impl Seen {
    pub(crate) fn ids(&self) -> Vec<String> {
        self.ids.lock().expect("no panic").clone()
    }
}

impl Judge for Seen {
    fn judge(&mut self, event: &AuditEvent, receipt: &Receipt) {
        let verb = event.json()["verb"].as_str();
        if verb == Some("hold") {
            self.held.lock().expect("no panic").push(receipt.clone());
        }
        if verb == Some("slow") {
            std::thread::sleep(Duration::from_millis(300));
        }
        let id = event.audit_id().unwrap_or_default().to_owned();
        self.ids.lock().expect("no panic").push(id);
    }
}

pub(crate) struct Rig {
    pub(crate) webhook: Option<Webhook>,
    pub(crate) seen: Seen,
    pub(crate) counters: Arc<AuditCounters>,
    pub(crate) thread: DeskThread,
}

pub(crate) fn desk() -> (Desk, DeskThread, Seen) {
    let seen = Seen::default();
    let window = Duration::from_secs(60);
    let limits = Limits::default();
    let (desk, thread) =
        Desk::start(seen.clone(), limits, window, Arc::default()).expect("a thread");
    (desk, thread, seen)
}

impl Rig {
    pub(crate) fn start(settings: WebhookSettings) -> Self {
        let (desk, thread, seen) = desk();
        let counters = Arc::clone(desk.counters());
        let settings = WebhookSettings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..settings
        };
        Self {
            webhook: Some(Webhook::start(&settings, desk).expect("it listens")),
            seen,
            counters,
            thread,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.webhook.as_ref().expect("it listens").address()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Sends a body and gives the answer's status.
    pub(crate) fn post(&self, body: &str) -> u16 {
        self.post_with("", body)
    }

    pub(crate) fn post_with(&self, headers: &str, body: &str) -> u16 {
        let mut stream = self.connect();
        send(&mut stream, headers, body);
        status(&answer(&mut stream))
    }

    pub(crate) fn refused(&self, reason: Refused) -> u64 {
        self.counters.refused().get(&reason).copied().unwrap_or(0)
    }

    pub(crate) fn end(mut self) -> Seen {
        drop(self.webhook.take());
        assert!(self.thread.join(), "the desk panicked");
        self.seen
    }
}

pub(crate) fn send(stream: &mut impl Write, headers: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "POST /k8s-audit HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    // The server may have answered and gone.
    drop(stream.write_all(body.as_bytes()));
}

pub(crate) fn answer(stream: &mut impl Read) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => text.extend_from_slice(&buffer[..count]),
            // A server that does not read all of a body resets the connection after its answer.
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

pub(crate) fn status(answer: &str) -> u16 {
    let code = answer.split(' ').nth(1).unwrap_or_default();
    code.parse().unwrap_or(0)
}

pub(crate) fn event(id: &str, verb: &str) -> String {
    format!(
        r#"{{"kind":"Event","auditID":"{id}","stage":"ResponseComplete","verb":"{verb}","stageTimestamp":"2026-11-22T00:00:00Z"}}"#
    )
}

pub(crate) fn list(events: &[String]) -> String {
    format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{}]}}"#,
        events.join(",")
    )
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
