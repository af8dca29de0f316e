//! `saker.*`: what has no counterpart in Falco.

use super::fd::static_text;
use crate::facts::Enrichment;
use crate::row::FieldRow;
use crate::value::FieldValue;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[SAKER];

static SAKER: &[FieldRow] = &FieldRow::of_processes([
    FieldRow::filled(
        "saker.enrichment",
        FieldType::String,
        "`complete`, or `partial` if a field that was read for the event before this one needed \
         something about a container or a pod that nobody told in time.",
        |context, _| {
            static_text(match context.enrichment() {
                Enrichment::Complete => "complete",
                Enrichment::Partial(_) => "partial",
            })
        },
    ),
    FieldRow::filled(
        "saker.path_view",
        FieldType::String,
        "Which paths the path fields show: `requested`, as the caller asked for them and normalised by \
         their text, or `resolved`, as the kernel found them. A rule is tried under both where they \
         differ.",
        |context, _| static_text(context.path_view().name()),
    ),
    FieldRow::filled(
        "saker.exec_id",
        FieldType::String,
        "Names one run of one program on this boot: start of the process in nanoseconds since boot, \
         process id and count of its images, separated by dashes. Missing when the count is not known.",
        |context, _| {
            let identity = context
                .process()
                .and_then(|process| Some((process.key, process.exec_id?)));
            FieldValue::of(identity, |(key, exec_id)| {
                let start = key.start_boot_ns.0;
                FieldValue::owned(format!("{start}-{}-{exec_id}", key.pid))
            })
        },
    ),
]);
