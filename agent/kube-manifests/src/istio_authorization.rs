//! Who may talk to whom, as Istio's objects say it.
//!
//! Sources, operations and conditions all say what attributes of a request have to be, under different names
//! (<https://istio.io/latest/docs/reference/config/security/authorization-policy/> and `conditions/` beside
//! it): they are read as the same.

use crate::labels::labels_of;
use crate::seen::{Part, Seen, Unchecked};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use saker_kube_metadata::{
    Attribute, AuthorizationAction, AuthorizationRule, Constraint, Enforcement,
    IstioAuthorizationPolicy, MeshContent, MeshObject, Object, ObjectName, PolicyScope,
    RequestAuthentication, TargetKind, TargetReference,
};
use saker_policy_audit::ISTIO_DRY_RUN;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most rules, sources, operations, conditions and values of a policy together. One with more is not
/// understood, since what is left of it would mean something else.
const PARTS_MAX: usize = 65_536;

/// A list of texts, which may be `null`.
type Texts = Option<Vec<String>>;

/// An `AuthorizationPolicy` as the API server sends it.
pub(crate) type SeenPolicy = Seen<Unchecked<PolicySpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PolicySpec {
    #[serde(flatten)]
    scope: ScopeSpec,
    action: Option<String>,
    rules: Option<Vec<Option<RuleSpec>>>,
}

impl Part for PolicySpec {
    const IS_METADATA_ENOUGH: bool = false;
}

/// What a policy is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScopeSpec {
    selector: Option<WorkloadSelector>,
    target_ref: Option<TargetSpec>,
    target_refs: Option<Vec<TargetSpec>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkloadSelector {
    match_labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TargetSpec {
    group: Option<String>,
    kind: String,
    name: String,
    namespace: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RuleSpec {
    from: Option<Vec<From>>,
    to: Option<Vec<To>>,
    when: Option<Vec<Condition>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct From {
    source: Option<Source>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Source {
    principals: Texts,
    not_principals: Texts,
    request_principals: Texts,
    not_request_principals: Texts,
    namespaces: Texts,
    not_namespaces: Texts,
    service_accounts: Texts,
    not_service_accounts: Texts,
    ip_blocks: Texts,
    not_ip_blocks: Texts,
    remote_ip_blocks: Texts,
    not_remote_ip_blocks: Texts,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct To {
    operation: Option<Operation>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    hosts: Texts,
    not_hosts: Texts,
    ports: Texts,
    not_ports: Texts,
    methods: Texts,
    not_methods: Texts,
    paths: Texts,
    not_paths: Texts,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    key: String,
    values: Texts,
    not_values: Texts,
}

/// The policy, if it has a name. One without a specification matches no request, and so lets none in.
pub(crate) fn authorization_policy(seen: SeenPolicy) -> Option<Object> {
    let spec = seen
        .spec
        .map_or_else(|| Some(PolicySpec::default()), Unchecked::understood);
    // It says something, and what is not understood.
    let is_understood = spec.is_some();
    let spec = spec.unwrap_or_default();
    let annotations = seen.metadata.annotations.as_ref();
    let dry_run = annotations.and_then(|all| all.get(ISTIO_DRY_RUN));
    let rules = spec.rules.into_iter().flatten();
    // A rule that is not there is left out.
    let rules: Box<[AuthorizationRule]> = rules.flatten().map(rule).collect();
    let action = match spec.action.as_deref() {
        None | Some("" | "ALLOW") => AuthorizationAction::Allow,
        Some("DENY") => AuthorizationAction::Deny,
        Some("AUDIT") => AuthorizationAction::Audit,
        Some("CUSTOM") => AuthorizationAction::Custom,
        Some(_) => AuthorizationAction::NotUnderstood,
    };
    let is_understood = is_understood && parts(&rules) <= PARTS_MAX;
    let content = IstioAuthorizationPolicy {
        scope: scope(spec.scope),
        action: if is_understood {
            action
        } else {
            AuthorizationAction::NotUnderstood
        },
        enforcement: match dry_run.is_some_and(|text| is_true(text)) {
            true => Enforcement::DryRun,
            false => Enforcement::Enforced,
        },
        rules: if is_understood { rules } else { Box::default() },
    };
    object(
        seen.metadata,
        MeshContent::IstioAuthorizationPolicy(content),
    )
}

/// A `RequestAuthentication` as the API server sends it.
pub(crate) type SeenRequestAuthentication = Seen<Unchecked<RequestAuthenticationSpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RequestAuthenticationSpec {
    #[serde(flatten)]
    scope: ScopeSpec,
}

impl Part for RequestAuthenticationSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

/// The authentication, if it has a name.
pub(crate) fn request_authentication(seen: SeenRequestAuthentication) -> Option<Object> {
    let spec = seen.spec.map_or_else(
        || Some(RequestAuthenticationSpec::default()),
        Unchecked::understood,
    )?;
    let content = RequestAuthentication {
        scope: scope(spec.scope),
    };
    object(seen.metadata, MeshContent::RequestAuthentication(content))
}

fn object(metadata: ObjectMeta, content: MeshContent) -> Option<Object> {
    Some(Object::Mesh(MeshObject {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        created_s: metadata.creation_timestamp.map_or(0, |t| t.0.as_second()),
        content,
    }))
}

fn scope(spec: ScopeSpec) -> PolicyScope {
    let targets = spec.target_refs.unwrap_or_default();
    let targets = targets.into_iter().take(PARTS_MAX).map(target);
    let mut targets: Vec<TargetReference> = targets.collect();
    if targets.is_empty() {
        targets.extend(spec.target_ref.map(target));
    }
    if targets.is_empty() {
        let labels = spec.selector.and_then(|selector| selector.match_labels);
        PolicyScope::Workloads(labels_of(labels))
    } else {
        PolicyScope::Targets(targets.into())
    }
}

fn target(spec: TargetSpec) -> TargetReference {
    let group = spec.group.unwrap_or_default();
    TargetReference {
        kind: match (group.as_str(), spec.kind.as_str()) {
            ("" | "core", "Service") => TargetKind::Service,
            ("networking.istio.io", "ServiceEntry") => TargetKind::ServiceEntry,
            ("gateway.networking.k8s.io", "Gateway") => TargetKind::Gateway,
            ("gateway.networking.k8s.io", "GatewayClass") => TargetKind::GatewayClass,
            _ => TargetKind::NotUnderstood,
        },
        namespace: spec
            .namespace
            .filter(|name| !name.is_empty())
            .map(Arc::from),
        name: spec.name.into(),
    }
}

fn rule(spec: RuleSpec) -> AuthorizationRule {
    let from = spec.from.into_iter().flatten();
    let to = spec.to.into_iter().flatten();
    let when = spec.when.into_iter().flatten();
    AuthorizationRule {
        from: from
            .map(|from| source(from.source.unwrap_or_default()))
            .collect(),
        to: to
            .map(|to| operation(to.operation.unwrap_or_default()))
            .collect(),
        when: when.map(condition).collect(),
    }
}

fn source(source: Source) -> Box<[Constraint]> {
    let demands = [
        (
            Attribute::Principal,
            source.principals,
            source.not_principals,
        ),
        (
            Attribute::RequestPrincipal,
            source.request_principals,
            source.not_request_principals,
        ),
        (
            Attribute::Namespace,
            source.namespaces,
            source.not_namespaces,
        ),
        (
            Attribute::ServiceAccount,
            source.service_accounts,
            source.not_service_accounts,
        ),
        (
            Attribute::SourceAddress,
            source.ip_blocks,
            source.not_ip_blocks,
        ),
        (
            Attribute::RemoteAddress,
            source.remote_ip_blocks,
            source.not_remote_ip_blocks,
        ),
    ];
    constraints(demands)
}

fn operation(operation: Operation) -> Box<[Constraint]> {
    let demands = [
        (Attribute::Host, operation.hosts, operation.not_hosts),
        (Attribute::Port, operation.ports, operation.not_ports),
        (Attribute::Method, operation.methods, operation.not_methods),
        (Attribute::Path, operation.paths, operation.not_paths),
    ];
    constraints(demands)
}

fn constraints<const N: usize>(demands: [(Attribute, Texts, Texts); N]) -> Box<[Constraint]> {
    let demands = demands.into_iter();
    let constraints = demands.map(|(attribute, values, excluded)| Constraint {
        attribute,
        values: texts(values),
        excluded: texts(excluded),
    });
    let demanding = |it: &Constraint| !it.values.is_empty() || !it.excluded.is_empty();
    constraints.filter(demanding).collect()
}

fn condition(condition: Condition) -> Constraint {
    Constraint {
        attribute: attribute(&condition.key),
        values: texts(condition.values),
        excluded: texts(condition.not_values),
    }
}

fn attribute(key: &str) -> Attribute {
    match key {
        "source.principal" => Attribute::Principal,
        "source.namespace" => Attribute::Namespace,
        "source.serviceAccount" => Attribute::ServiceAccount,
        "source.ip" => Attribute::SourceAddress,
        "remote.ip" => Attribute::RemoteAddress,
        "destination.ip" => Attribute::DestinationAddress,
        "destination.port" => Attribute::Port,
        "connection.sni" => Attribute::ServerName,
        "request.auth.principal" => Attribute::RequestPrincipal,
        "request.auth.audiences" | "request.auth.presenter" => Attribute::TokenClaim,
        _ if key.starts_with("request.auth.claims[") => Attribute::TokenClaim,
        _ if key.starts_with("experimental.envoy.filters.") => Attribute::ProxyMetadata,
        _ => {
            let header = key.strip_prefix("request.headers[");
            let header = header.and_then(|rest| rest.strip_suffix(']'));
            match header {
                Some(name) if !name.is_empty() => {
                    Attribute::Header(name.to_ascii_lowercase().into())
                }
                _ => Attribute::NotUnderstood,
            }
        }
    }
}

fn texts(texts: Texts) -> Box<[Arc<str>]> {
    texts.into_iter().flatten().map(Arc::from).collect()
}

/// How many parts rules have.
fn parts(rules: &[AuthorizationRule]) -> usize {
    let of = |constraint: &Constraint| {
        let values = constraint
            .values
            .len()
            .saturating_add(constraint.excluded.len());
        values.saturating_add(1)
    };
    let of_rule = |rule: &AuthorizationRule| {
        let groups = rule.from.iter().chain(&rule.to);
        let in_groups = groups.map(|group| group.iter().map(of).sum::<usize>().saturating_add(1));
        let conditions: usize = rule.when.iter().map(of).sum();
        in_groups
            .sum::<usize>()
            .saturating_add(conditions)
            .saturating_add(1)
    };
    rules.iter().map(of_rule).sum()
}

/// As Go's `strconv.ParseBool` reads it, which Istio asks.
fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}
