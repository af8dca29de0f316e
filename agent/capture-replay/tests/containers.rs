//! A real capture that tells of containers.

use saker_capture_replay::{Options, Replay};
use saker_rule_fields::{Enrichment, FieldValue, Fields};
use std::collections::BTreeSet;

/// What fields of a process in a container show, as Falco's container plugin does.
const NAMES: [&str; 7] = [
    "container.id",
    "container.name",
    "container.image",
    "container.image.repository",
    "container.ip",
    "container.type",
    "container.privileged",
];

#[test]
fn fields_show_what_the_events_of_the_capture_told() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let path = folder.join("scap/open-multiple-files.scap");
    let mut replay = Replay::open(&path, &Options::default()).unwrap();
    let fields = Fields::new();
    let mut seen = BTreeSet::new();
    while let Some(event) = replay
        .next(|context| {
            let shown = NAMES.map(|name| {
                let value = fields.extract(fields.id(name).unwrap(), None, context);
                match value {
                    FieldValue::Text(text) => String::from_utf8_lossy(&text).into_owned(),
                    FieldValue::Missing => "-".to_owned(),
                    other => format!("{other:?}"),
                }
            });
            let is_complete = context.enrichment() == Enrichment::Complete;
            (shown.join(" "), is_complete)
        })
        .unwrap()
    {
        seen.insert(event);
    }
    let told = |text: &str| {
        let is_there = seen.contains(&(text.to_owned(), true));
        assert!(is_there, "{text}: {seen:#?}");
    };
    told("host host    host Bool(false)");
    told("ad64969c62e5 express_server node:latest  172.17.0.2 docker Bool(false)");
    told("5ea733068030 falco sysdig/falco:latest  172.17.0.3 docker Bool(false)");
}
