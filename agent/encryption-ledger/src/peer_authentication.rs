//! The policy that demands as much as nobody breaks by.

use crate::edge::EdgeKey;
use crate::party::Party;
use crate::readiness::{DoubtReason, Readiness};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const STRICT: &str = "STRICT";
const PERMISSIVE: &str = "PERMISSIVE";

/// Labels that select pods.
type Selector = BTreeMap<Box<str>, Box<str>>;

/// Ports of a workload that must go on taking plaintext; all of them where one is not known.
#[derive(Debug, Default)]
struct Exempt {
    ports: BTreeSet<u16>,
    is_whole: bool,
}

/// The objects of Istio to apply, as YAML: `STRICT` for the namespace, but for the ports whose callers would
/// break, or may break.
///
/// A workload is exempted by a policy of its own, which needs labels that select its pods. Where they are not
/// known, or where it is not known which workload is called, the namespace stays `PERMISSIVE` and a comment
/// says why. Workloads with the same labels share a policy: of several that select a pod, Istio heeds the oldest
/// alone.
#[must_use]
pub fn peer_authentication(readiness: &Readiness) -> String {
    let mut exempt = BTreeMap::<&Selector, (&str, Exempt)>::new();
    let mut hindrances = BTreeSet::new();
    for key in exempted(readiness) {
        let Party::Workload { workload, .. } = &key.server else {
            hindrances.insert(format!(
                "which workload {} leads to is not known",
                key.server
            ));
            continue;
        };
        let labels = readiness.workloads.get(workload);
        let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
            hindrances.insert(format!("the labels of {workload} are not known"));
            continue;
        };
        let (name, exempt) = exempt
            .entry(labels)
            .or_insert_with(|| (workload, Exempt::default()));
        *name = (*name).min(workload);
        match Readiness::workload_port(key) {
            Some(port) => {
                exempt.ports.insert(port);
            }
            None => exempt.is_whole = true,
        }
    }
    hindrances.extend(overlaps(&exempt));
    let namespace = &readiness.demand.namespace;
    let mut yaml = String::new();
    for hindrance in &hindrances {
        yaml.push_str("# PERMISSIVE for now: ");
        yaml.extend(hindrance.chars().filter(|c| !c.is_control()));
        yaml.push('\n');
    }
    let mode = if hindrances.is_empty() {
        STRICT
    } else {
        PERMISSIVE
    };
    object(&mut yaml, "default", namespace);
    mtls(&mut yaml, mode);
    if mode == PERMISSIVE {
        return yaml;
    }
    for (labels, (workload, exempt)) in &exempt {
        yaml.push_str("---\n");
        object(&mut yaml, &object_name(workload), namespace);
        yaml.push_str("  selector:\n    matchLabels:\n");
        for (name, value) in *labels {
            line(&mut yaml, "      ", &quoted(name), &quoted(value));
        }
        if exempt.is_whole {
            mtls(&mut yaml, PERMISSIVE);
            continue;
        }
        mtls(&mut yaml, STRICT);
        yaml.push_str("  portLevelMtls:\n");
        for port in &exempt.ports {
            line(&mut yaml, "    ", &port.to_string(), "");
            line(&mut yaml, "      ", "mode", PERMISSIVE);
        }
    }
    yaml
}

/// Selectors that select pods of another as well: which policy Istio heeds for these is not known.
fn overlaps(exempt: &BTreeMap<&Selector, (&str, Exempt)>) -> Vec<String> {
    let mut overlaps = Vec::new();
    for (wide, (one, _)) in exempt {
        for (narrow, (other, _)) in exempt {
            let is_within = wide.len() < narrow.len()
                && wide
                    .iter()
                    .all(|(name, value)| narrow.get(name) == Some(value));
            if is_within {
                overlaps.push(format!("the labels of {one} are on {other} as well"));
            }
        }
    }
    overlaps
}

/// What callers would break at, or may.
fn exempted(readiness: &Readiness) -> impl Iterator<Item = &EdgeKey> {
    let breakages = readiness.breakages.iter().map(|breakage| &breakage.key);
    let doubts = readiness.doubts.iter();
    breakages.chain(doubts.filter_map(|doubt| match &doubt.reason {
        DoubtReason::Opaque(key) | DoubtReason::Preexisting(key) => Some(key),
        _ => None,
    }))
}

fn object(yaml: &mut String, name: &str, namespace: &str) {
    yaml.push_str("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n");
    line(yaml, "  ", "name", &quoted(name));
    line(yaml, "  ", "namespace", &quoted(namespace));
    yaml.push_str("spec:\n");
}

fn mtls(yaml: &mut String, mode: &str) {
    yaml.push_str("  mtls:\n");
    line(yaml, "    ", "mode", mode);
}

fn line(yaml: &mut String, indent: &str, key: &str, value: &str) {
    yaml.push_str(indent);
    yaml.push_str(key);
    yaml.push(':');
    if !value.is_empty() {
        yaml.push(' ');
        yaml.push_str(value);
    }
    yaml.push('\n');
}

/// Name of the policy of a workload: lower case letters, digits, dots and hyphens, as names of objects are.
fn object_name(workload: &str) -> String {
    let characters = workload.chars().map(|c| match c {
        'a'..='z' | '0'..='9' | '.' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => '-',
    });
    characters.take(253).collect()
}

/// A text as YAML: as it is where that can mean nothing else.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_word = words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_plain && !is_word {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => {
                // Writing to a string cannot fail.
                let number = u32::from(c);
                write!(quoted, "\\U{number:08x}").unwrap_or_default();
            }
        }
    }
    quoted.push('"');
    quoted
}
