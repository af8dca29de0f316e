//! Which part of the way through the proxies of a mesh a connection is.

use super::ends::PARTIES;
use super::row;
use crate::facts::Needs;
use crate::namespaces::fd::static_text;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_kube_metadata::Scope;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[FieldRow] = &[
    asked(
        "flow.leg",
        FieldType::String,
        "Which part of the way through the proxies of a mesh this is: `direct` no proxy is involved, \
         `local` it stays in the pod or on the host, `app_to_proxy`, `proxy_to_app`, `proxy_to_proxy`, \
         `proxy_to_outside`, `outside_to_proxy`, `probe` the kubelet asks whether the pod is well, \
         `bypass` past the proxy that the pod has or should have.",
        |context, _| {
            let leg = context.mesh_leg().map(|leg| static_text(leg.kind.name()));
            context.show(leg, FieldValue::Missing)
        },
    ),
    asked(
        "flow.excused",
        FieldType::Bool,
        "Whether this part of the way may be plaintext although mutual TLS is demanded.",
        |context, _| {
            let leg = context.mesh_leg();
            context.show(
                leg.map(|leg| FieldValue::Bool(leg.is_excused())),
                FieldValue::Missing,
            )
        },
    ),
    asked(
        "flow.excuse",
        FieldType::String,
        "Why it may: `loopback` it does not leave the network namespace, `probe`; missing where it may \
         not.",
        |context, _| {
            let excuse = context.mesh_leg().and_then(|leg| leg.excuse);
            context.show(
                excuse.map(|excuse| static_text(excuse.name())),
                FieldValue::Missing,
            )
        },
    ),
    asked(
        "flow.bypass",
        FieldType::String,
        "How it goes past the proxy: `excluded` by an annotation, `init_container`, `proxy_user` as the \
         proxy's user, `proxy_not_ready`, `host_network`, `no_proxy` the pod should have one and has \
         none, `not_explained`; missing where it does not.",
        |context, _| {
            let bypass = context.mesh_leg().and_then(|leg| leg.bypass);
            context.show(
                bypass.map(|bypass| static_text(bypass.name())),
                FieldValue::Missing,
            )
        },
    ),
];

/// The ends, their namespaces and what meshes are told about them.
pub(in crate::namespaces) const MESH: Needs =
    PARTIES.with(Needs::cluster(Scope::NAMESPACES.with(Scope::MESH)));

const fn asked(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    row(name, value_type, doc, extractor).asking(MESH)
}
