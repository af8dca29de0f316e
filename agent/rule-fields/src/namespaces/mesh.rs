//! `mesh.*`: whether the policies of a mesh let a connection in.
//!
//! They are asked as the proxy before the server asks them, with what shows of the connection.

use super::container::shown;
use super::fd::static_text;
use super::flow::MESH;
use crate::facts::Needs;
use crate::row::{Extractor, FieldRow};
use crate::value::FieldValue;
use saker_kube_metadata::Scope;
use saker_rule_language::FieldType;

pub(super) static ROWS: &[&[FieldRow]] = &[AUTHORIZATION];

static AUTHORIZATION: &[FieldRow] = &[
    asked(
        "mesh.authz.verdict",
        FieldType::String,
        "What the authorization policies of Istio or Linkerd say about the connection: `allowed`, `denied`, \
         `audited` let in and logged though no policy allows it, `unknown` what decides cannot be seen, \
         `not_applicable` the server is in no mesh, or it does not pass a proxy; missing where the server is not \
         known.",
        |context, _| {
            let verdict = context.authorization().map(|known| known.verdict.name());
            context.show(verdict.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "mesh.authz.policy",
        FieldType::String,
        "The object that decides, or may decide where the verdict is `unknown`, as \
         `AuthorizationPolicy/namespace/name`.",
        |context, _| {
            let policy = context
                .authorization()
                .and_then(|known| known.policy.as_deref());
            context.show(policy.map(shown), FieldValue::Missing)
        },
    ),
    asked(
        "mesh.authz.reason",
        FieldType::String,
        "Why the verdict is what it is, as a word; [mesh.md](mesh.md) lists them.",
        |context, _| {
            let reason = context.authorization().map(|known| known.reason.name());
            context.show(reason.map(static_text), FieldValue::Missing)
        },
    ),
    asked(
        "mesh.authn.request",
        FieldType::Bool,
        "Whether a `RequestAuthentication` of Istio has the server's workload check the tokens of requests; \
         missing where that is not known, or the server is not in Istio's mesh.",
        |context, _| {
            let checks = context.request_authentication();
            context.show(checks.map(FieldValue::Bool), FieldValue::Missing)
        },
    ),
];

/// The ends and what meshes are told about them.
const AUTHORIZATIONS: Needs = MESH.with(Needs::cluster(Scope::MESH_AUTHORIZATION));

const fn asked(
    name: &'static str,
    value_type: FieldType,
    doc: &'static str,
    extractor: Extractor,
) -> FieldRow {
    FieldRow::flow(name, value_type, doc, extractor).asking(AUTHORIZATIONS)
}
