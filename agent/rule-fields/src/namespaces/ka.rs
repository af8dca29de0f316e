//! `ka.*`: a request to the Kubernetes API server, as its audit log tells.

mod containers;
mod pod;
mod read;
mod roles;

pub(super) use read::{member, text as text_of};

use super::fd::static_text;
use crate::row::{FieldRow, JsonReader, Keys, Plurality};
use crate::value::FieldValue;
use percent_encoding::percent_decode_str;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument};
use serde_json::Value;

pub(super) static ROWS: &[&[FieldRow]] = &[
    REQUEST,
    TARGET,
    OBJECT,
    ANSWER,
    roles::ROWS,
    pod::ROWS,
    containers::ROWS,
    containers::OLD,
];

static REQUEST: &[FieldRow] = &[
    text("ka.auditid", &["auditID"], "Id of the request, the same at each of its stages."),
    text(
        "ka.stage",
        &["stage"],
        "How far the request was: `RequestReceived`, `ResponseStarted`, `ResponseComplete`, `Panic`.",
    ),
    text("ka.verb", &["verb"], "What was to be done, such as `create`."),
    text("ka.uri", &["requestURI"], "Path and query as the client sent them."),
    FieldRow::audit(
        "ka.uri.param",
        whole(&["requestURI"]),
        "First value of one parameter of the query, decoded.",
        parameter,
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    text("ka.user.name", &["user", "username"], "Who made the request."),
    texts("ka.user.groups", &["user", "groups"], "Groups of that user."),
    text(
        "ka.impuser.name",
        &["impersonatedUser", "username"],
        "Whom that user impersonated.",
    ),
    texts(
        "ka.impuser.groups",
        &["impersonatedUser", "groups"],
        "Groups that came with whom that user impersonated. Falco has no such field.",
    ),
    text("ka.useragent", &["userAgent"], "What the client calls itself."),
    FieldRow::audit(
        "ka.sourceips",
        whole(&["sourceIPs"]),
        "Addresses that the request came from and through. Falco looks for them in the request's object \
         and so has none.",
        read::elements_or_one,
    )
    .several(Plurality::List)
    .takes(ArgumentRule::Optional(ArgumentForms::Index)),
    text(
        "ka.auth.decision",
        &["annotations", "authorization.k8s.io/decision"],
        "Whether the request was authorized: `allow` or `forbid`.",
    ),
    text(
        "ka.auth.reason",
        &["annotations", "authorization.k8s.io/reason"],
        "Why it was or was not.",
    ),
    text(
        "ka.auth.openshift.decision",
        &["annotations", "authentication.openshift.io/decision"],
        "What OpenShift's authentication decided.",
    ),
    text(
        "ka.auth.openshift.username",
        &["annotations", "authentication.openshift.io/username"],
        "User that OpenShift authenticated.",
    ),
    text(
        "ka.validations.admission.policy.failure",
        &["annotations", "validation.policy.admission.k8s.io/validation_failure"],
        "Why a validating admission policy refused the request.",
    ),
    text(
        "ka.security.pod.violations",
        &["annotations", "pod-security.kubernetes.io/audit-violations"],
        "How a pod violates the namespace's pod security standard.",
    ),
    text(
        "ka.cluster.name",
        &["annotations", "cluster_name"],
        "Name of the cluster, where something annotates events with it.",
    ),
];

static TARGET: &[FieldRow] = &[
    text(
        "ka.target.name",
        &["objectRef", "name"],
        "Name of the object that the request is about.",
    ),
    text(
        "ka.target.namespace",
        &["objectRef", "namespace"],
        "Namespace of that object.",
    ),
    text(
        "ka.target.resource",
        &["objectRef", "resource"],
        "Its kind, such as `pods`.",
    ),
    text(
        "ka.target.subresource",
        &["objectRef", "subresource"],
        "Part of the object that the request is about, such as `exec`.",
    ),
    text(
        "ka.target.apigroup",
        &["objectRef", "apiGroup"],
        "API group of that object, such as `security.istio.io`; missing for the core group. Falco has no such field.",
    ),
    FieldRow::audit(
        "ka.target.pod.name",
        whole(&["responseObject", "metadata", "name"]),
        "Name of the pod in the answer to a request about a pod as a whole.",
        |json, keys, argument| {
            let target = |part| json.get("objectRef")?.get(part)?.as_str();
            let is_pod = target("resource") == Some("pods");
            let is_whole = target("subresource").unwrap_or_default().is_empty();
            read::one(json, keys, argument).filter(|_| is_pod && is_whole)
        },
    ),
];

static OBJECT: &[FieldRow] = &[
    FieldRow::audit(
        "ka.object.label",
        whole(&["metadata", "labels"]),
        "A label of the object: as the answer has it, or else as the request does. Falco has no such field.",
        label,
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key)),
    indexed(
        "ka.req.webhooks.failure_policy",
        &["requestObject", "webhooks", "failurePolicy"],
        "What becomes of requests when a webhook of a webhook configuration does not answer: `Ignore` or `Fail`. \
         Falco has no such field.",
        read::present,
    ),
    text(
        "ka.req.configmap.name",
        &["objectRef", "name"],
        "Name of the object that the request is about, meant for configmaps.",
    ),
    text(
        "ka.req.configmap.obj",
        &["requestObject", "data"],
        "The data of a configmap as JSON.",
    ),
    text(
        "ka.req.service.type",
        &["requestObject", "spec", "type"],
        "Type of a service, such as `NodePort`.",
    ),
    indexed(
        "ka.req.service.ports",
        &["requestObject", "spec", "ports"],
        "One text, the ports of a service as JSON; an index is ignored, as in Falco.",
        read::present,
    ),
];

static ANSWER: &[FieldRow] = &[
    text(
        "ka.resp.name",
        &["responseObject", "metadata", "name"],
        "Name of the object in the answer.",
    ),
    text(
        "ka.response.code",
        &["responseStatus", "code"],
        "HTTP status of the answer.",
    ),
    text(
        "ka.response.reason",
        &["responseStatus", "reason"],
        "Reason in the answer, mostly of a failure.",
    ),
];

const fn whole(base: &'static [&'static str]) -> Keys {
    Keys { base, rest: &[] }
}

const fn text(name: &'static str, base: &'static [&'static str], doc: &'static str) -> FieldRow {
    FieldRow::audit(name, whole(base), doc, read::one)
}

const fn texts(name: &'static str, base: &'static [&'static str], doc: &'static str) -> FieldRow {
    FieldRow::audit(name, whole(base), doc, read::elements).several(Plurality::List)
}

const fn indexed(
    name: &'static str,
    base: &'static [&'static str],
    doc: &'static str,
    reader: JsonReader,
) -> FieldRow {
    FieldRow::audit(name, whole(base), doc, reader)
        .several(Plurality::List)
        .takes(ArgumentRule::Optional(ArgumentForms::Index))
}

/// What fields that judge have for truth: a text.
fn truth(value: bool) -> FieldValue<'static> {
    static_text(if value { "true" } else { "false" })
}

/// A label of the object that the request made or changed.
fn label<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let Some(FieldArgument::Key(wanted)) = argument else {
        return None;
    };
    let of = |object| {
        let labels = read::at(json.get(object)?, keys.base.iter().copied())?;
        labels.get(&**wanted)
    };
    of("responseObject")
        .or_else(|| of("requestObject"))
        .map(read::text)
}

/// The first value of a parameter of the request's query.
fn parameter<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let Some(FieldArgument::Key(wanted)) = argument else {
        return None;
    };
    let uri = read::at(json, keys.base.iter().copied())?.as_str()?;
    let (_, query) = uri.split_once('?')?;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name) == wanted.as_bytes()).then(|| FieldValue::owned(decoded(value)))
    })
}

/// A name or value of a query as bytes.
fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(&text.replace('+', " ")).collect()
}
