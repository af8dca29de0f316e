//! `mtls.*`: what the policies of the cluster demand of a connection.
//!
//! The server's end decides. Where it is not known who that is or what is demanded, nothing is claimed.

use super::container::shown;
use super::fd::static_text;
use super::flow::MESH;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_kube_metadata::ClientTlsMode;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[SERVER, CLIENT];

static SERVER: &[FieldRow] = &[
    asked(
        "mtls.required",
        FieldType::Bool,
        "Whether the policies demand mutual TLS of connections to the server's workload and port; \
         missing where that is not known.",
        |context, _| {
            let required = context.mtls_intent().map(|intent| intent.is_required());
            context.show(required.map(FieldValue::Bool), FieldValue::Missing)
        },
    ),
    asked(
        "mtls.mode",
        FieldType::String,
        "What they say: `strict`, `permissive`, `disable`, or `unset` where no policy says anything.",
        |context, _| {
            let mode = context.mtls_intent().map(|intent| intent.mode.name());
            context.show(mode.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "mtls.policy",
        FieldType::String,
        "The object that decides, as `PeerAuthentication/namespace/name`.",
        |context, _| {
            let policy = context
                .mtls_intent()
                .and_then(|intent| intent.policy.as_deref());
            context.show(policy.map(shown), FieldValue::Missing)
        },
    ),
    asked(
        "mtls.reason",
        FieldType::String,
        "Why the mode is what it is, as a word; [mesh.md](mesh.md) lists them.",
        |context, _| {
            let reason = context.mtls_intent().map(|intent| intent.reason.name());
            context.show(reason.map(static_text), FieldValue::Missing)
        },
    ),
];

static CLIENT: &[FieldRow] = &[
    asked(
        "mtls.client.mode",
        FieldType::String,
        "How a client of this host should connect to the service, by Istio's `DestinationRule`s: \
         `disable`, `simple`, `mutual`, `istio_mutual`; missing where no rule says.",
        |context, _| {
            let mode = context
                .client_intent()
                .and_then(|intent| client_mode(intent.mode?));
            context.show(mode.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "mtls.client.policy",
        FieldType::String,
        "The rule that says so, as `DestinationRule/namespace/name`.",
        |context, _| {
            let policy = context.client_intent().map(|intent| &*intent.policy);
            context.show(policy.map(shown), FieldValue::Missing)
        },
    ),
];

const fn asked(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::flow(name, value_type, doc, extractor).asking(MESH)
}

const fn client_mode(mode: ClientTlsMode) -> Option<&'static str> {
    match mode {
        ClientTlsMode::Disable => Some("disable"),
        ClientTlsMode::Simple => Some("simple"),
        ClientTlsMode::Mutual => Some("mutual"),
        ClientTlsMode::IstioMutual => Some("istio_mutual"),
        ClientTlsMode::NotUnderstood => None,
    }
}
