//! Common Event Format, version 0 (ArcSight Common Event Format Implementation Standard, version 25).
//!
//! `CEF:0|vendor|product|version|signature|name|severity|key=value key=value …`. A backslash escapes `|` and
//! itself before the extension, `=` and itself in it. Texts are cut where the standard has no room.

use std::net::IpAddr;

use saker_proto::v1::{Enrichment, PathView, Priority, Process, Request};

use crate::escape::safe;
use crate::facts::{self, command_line};
use crate::notification::Notification;
use crate::text_line::LISTED_MAX;

/// Characters of a text that the standard has room for.
const TEXT_MAX: usize = 1023;

/// Characters of a custom text.
const CUSTOM_TEXT_MAX: usize = 4000;

/// Characters of a part of the header. The standard sets no bound; one line of syslog must hold it.
const HEADER_MAX: usize = 512;

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

pub(crate) fn line(notification: &Notification) -> String {
    let alert = &*notification.alert;
    let version = alert.engine.as_ref().map_or("", |engine| &engine.version);
    let mut line = String::from("CEF:0|Saker|Saker|");
    for part in [version, &alert.rule, &alert.rule] {
        push_escaped(&mut line, part, '|', HEADER_MAX);
        line.push('|');
    }
    line.push_str(severity(alert.priority()));
    line.push('|');
    let mut extension = Extension {
        line,
        is_empty: true,
    };
    add_event(&mut extension, notification);
    add_place(&mut extension, notification);
    extension.line
}

/// What happened, and how often.
fn add_event(extension: &mut Extension, notification: &Notification) {
    let alert = &*notification.alert;
    let repeats = &notification.repeats;
    extension.add_time("rt", alert.time_unix_ns);
    extension.add("externalId", &notification.id().to_string(), TEXT_MAX);
    extension.add("cat", &alert.source, TEXT_MAX);
    extension.add("act", &alert.event_type, TEXT_MAX);
    extension.add("msg", &alert.output, TEXT_MAX);
    extension.add_number("cnt", repeats.members.len());
    extension.add_time("start", repeats.first_seen_ns);
    extension.add_time("end", repeats.last_seen_ns);
    if alert.suppressed != 0 {
        extension.add_labelled("cn1", "suppressed", &alert.suppressed.to_string(), TEXT_MAX);
    }
    let remarks: Vec<&str> = [
        (alert.enrichment() == Enrichment::Partial).then_some("saker.enrichment: partial"),
        (alert.path_view() == PathView::Resolved).then_some("saker.path_view: resolved"),
    ]
    .into_iter()
    .flatten()
    .collect();
    extension.add("reason", &remarks.join(", "), TEXT_MAX);
    if notification.is_repeated() {
        let members = notification.listed(LISTED_MAX).join(",");
        extension.add_labelled("flexString1", "members", &members, TEXT_MAX);
    }
    extension.add_labelled("cs6", "tags", &alert.tags.join(","), CUSTOM_TEXT_MAX);
}

/// Who did it, and where.
fn add_place(extension: &mut Extension, notification: &Notification) {
    let alert = &*notification.alert;
    if let Some(node) = &alert.node {
        extension.add("dvchost", &node.hostname, TEXT_MAX);
        extension.add("deviceExternalId", &node.boot_id, TEXT_MAX);
    }
    if let Some(process) = &alert.process {
        extension.add("sproc", program(process), TEXT_MAX);
        extension.add_number("spid", process.pid);
        if let Some(user) = process.user_id {
            extension.add_number("suid", user);
        }
        extension.add("suser", &process.user_name, TEXT_MAX);
        extension.add_labelled(
            "cs1",
            "commandLine",
            &command_line(process),
            CUSTOM_TEXT_MAX,
        );
        let ancestors: Vec<&str> = process.ancestors.iter().map(|one| &*one.name).collect();
        extension.add_labelled("cs2", "ancestors", &ancestors.join(","), CUSTOM_TEXT_MAX);
    }
    if let Some(container) = &alert.container {
        let parts = [&container.id, &container.name, &container.runtime];
        let parts: Vec<&str> = parts.map(|part| &**part).into();
        extension.add_labelled("cs3", "container", &joined(&parts, " "), CUSTOM_TEXT_MAX);
        extension.add_labelled("cs4", "image", &container.image, CUSTOM_TEXT_MAX);
    }
    if let Some(pod) = &alert.pod {
        let name = joined(&[&pod.namespace, &pod.name], "/");
        extension.add_labelled("cs5", "pod", &name, CUSTOM_TEXT_MAX);
    }
    if let Some(request) = facts::request(alert) {
        add_request(extension, request);
    }
    extension.add_labelled("flexString2", "cluster", &alert.cluster, TEXT_MAX);
}

/// Who asked the API server, from where, and for what.
fn add_request(extension: &mut Extension, request: &Request) {
    extension.add("suser", &request.user, TEXT_MAX);
    // `src` takes addresses of version 4 only.
    match facts::client(request) {
        Some(IpAddr::V4(address)) => extension.add_number("src", address),
        Some(IpAddr::V6(address)) => {
            extension.add_labelled(
                "c6a2",
                "Source IPv6 Address",
                &address.to_string(),
                TEXT_MAX,
            );
        }
        None => {}
    }
    extension.add("requestMethod", &request.verb, TEXT_MAX);
    extension.add("requestClientApplication", &request.user_agent, TEXT_MAX);
    let target = [
        &*request.namespace,
        &*request.resource,
        &*request.name,
        &*request.subresource,
    ];
    extension.add_labelled("cs5", "target", &joined(&target, "/"), CUSTOM_TEXT_MAX);
}

/// Path of the program, or else its name.
fn program(process: &Process) -> &str {
    if process.executable.is_empty() {
        return &process.name;
    }
    &process.executable
}

/// Those that are not empty.
fn joined(parts: &[&str], separator: &str) -> String {
    let known: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    known.join(separator)
}

/// 0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high.
const fn severity(priority: Priority) -> &'static str {
    match priority {
        Priority::Unspecified => "Unknown",
        Priority::Debug => "0",
        Priority::Informational => "1",
        Priority::Notice => "3",
        Priority::Warning => "5",
        Priority::Error => "7",
        Priority::Critical => "8",
        Priority::Alert => "9",
        Priority::Emergency => "10",
    }
}

/// The extension, behind the header. Keys of empty values are left out.
struct Extension {
    line: String,
    is_empty: bool,
}

impl Extension {
    fn add(&mut self, key: &str, value: &str, most: usize) {
        if value.is_empty() {
            return;
        }
        if !self.is_empty {
            self.line.push(' ');
        }
        self.is_empty = false;
        self.line.push_str(key);
        self.line.push('=');
        push_escaped(&mut self.line, value, '=', most);
    }

    fn add_labelled(&mut self, key: &str, label: &str, value: &str, most: usize) {
        if !value.is_empty() {
            self.add(&format!("{key}Label"), label, TEXT_MAX);
            self.add(key, value, most);
        }
    }

    fn add_number(&mut self, key: &str, number: impl ToString) {
        self.add(key, &number.to_string(), TEXT_MAX);
    }

    /// A time, milliseconds since the epoch.
    fn add_time(&mut self, key: &str, time_unix_ns: u64) {
        self.add_number(key, time_unix_ns / NANOSECONDS_PER_MILLISECOND);
    }
}

/// Appends at most so many characters of a text, those escaped that end what they stand in.
fn push_escaped(line: &mut String, text: &str, special: char, most: usize) {
    for character in safe(text).chars().take(most) {
        if character == '\\' || character == special {
            line.push('\\');
        }
        line.push(character);
    }
}
