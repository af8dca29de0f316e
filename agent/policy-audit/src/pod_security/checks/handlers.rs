//! Probes and handlers, which the kubelet runs from the node's network.

use crate::pod_security::finding::{Finding, Offenders};
use saker_kube_metadata::PodSecurity;

/// They lead to the pod itself.
pub(in crate::pod_security) fn hosts(pod: &PodSecurity) -> Option<Finding> {
    let found = Offenders::containers(pod, |container, hosts| {
        hosts.extend(
            container
                .handler_hosts
                .iter()
                .map(|host| (**host).to_owned()),
        );
        !container.handler_hosts.is_empty()
    });
    found.finding(|who, hosts| {
        format!("probes or lifecycle handlers of {who} may not connect to other hosts: {hosts}")
    })
}
