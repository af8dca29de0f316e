//! Which workloads a policy of Istio is about.

use super::AuthorizationReason;
use super::truth::Truth;
use saker_kube_metadata::{Labels, ObjectName, Pod, PolicyScope, TargetKind, TargetReference};

/// Label of the pods of a gateway that the Gateway API describes.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// Label that says who made such a pod.
const MANAGED: &str = "gateway.istio.io/managed";

/// Its value for waypoints.
const WAYPOINT_CONTROLLER: &str = "istio.io-mesh-controller";

/// The class of gateways that are waypoints.
const WAYPOINT_CLASS: &str = "istio-waypoint";

/// Which proxy decides for a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enforcer {
    /// The pod's own.
    Sidecar,
    /// The node's, and perhaps a waypoint.
    Ztunnel,
    /// The pod is a gateway.
    Gateway,
    /// The pod is a waypoint.
    Waypoint,
}

impl Enforcer {
    pub(super) fn of(pod: &Pod, is_ambient: bool) -> Self {
        if pod.labels.get(GATEWAY_NAME).is_none() {
            return if is_ambient {
                Self::Ztunnel
            } else {
                Self::Sidecar
            };
        }
        match pod.labels.get(MANAGED) == Some(WAYPOINT_CONTROLLER) {
            true => Self::Waypoint,
            false => Self::Gateway,
        }
    }
}

/// Whether a policy with this name is about a pod: as Istio's control plane decides it
/// (`ShouldAttachPolicy`). The policy is in the pod's namespace, or in the root namespace.
pub(super) fn is_about(
    scope: &PolicyScope,
    policy: &ObjectName,
    pod: &Pod,
    enforcer: Enforcer,
    root_namespace: &str,
) -> Truth {
    let targets = match scope {
        // Waypoints stand before services, and are not workloads of their own.
        PolicyScope::Workloads(_) if enforcer == Enforcer::Waypoint => return Truth::No,
        PolicyScope::Workloads(labels) => return Truth::of(selects(labels, &pod.labels)),
        PolicyScope::Targets(targets) => targets,
    };
    let reference = |target: &TargetReference| match enforcer {
        Enforcer::Sidecar => Truth::No,
        // Which waypoint stands before a pod, if any, is not looked up.
        Enforcer::Ztunnel => Truth::Maybe(AuthorizationReason::Waypoint),
        Enforcer::Gateway => names_gateway(target, policy, pod),
        Enforcer::Waypoint => match target.kind {
            TargetKind::Service | TargetKind::ServiceEntry => {
                Truth::Maybe(AuthorizationReason::Waypoint)
            }
            TargetKind::GatewayClass => {
                Truth::of(*policy.namespace == *root_namespace && &*target.name == WAYPOINT_CLASS)
            }
            TargetKind::Gateway | TargetKind::NotUnderstood => names_gateway(target, policy, pod),
        },
    };
    Truth::any(targets.iter().map(reference))
}

fn names_gateway(target: &TargetReference, policy: &ObjectName, pod: &Pod) -> Truth {
    match target.kind {
        TargetKind::Gateway => {
            let own = &pod.name.namespace;
            let is_here = policy.namespace == *own
                && target.namespace.as_ref().is_none_or(|named| named == own);
            Truth::of(is_here && pod.labels.get(GATEWAY_NAME) == Some(&*target.name))
        }
        TargetKind::NotUnderstood => Truth::Maybe(AuthorizationReason::NotUnderstood),
        TargetKind::Service | TargetKind::ServiceEntry | TargetKind::GatewayClass => Truth::No,
    }
}

fn selects(wanted: &Labels, labels: &Labels) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
