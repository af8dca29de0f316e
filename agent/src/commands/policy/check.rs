//! `saker policy check`: what the policies of a cluster say of flows.

mod answer;
mod ends;
mod flow;
mod mesh;

pub(crate) use flow::FlowFileError;

use crate::cli::{PolicyCheckArgs, ReportFormat};
use crate::commands::{print, print_json};
use answer::{Answers, FlowAnswer};
use ends::{Directory, End};
use flow::FlowForm;
use saker_kube_manifests::Manifests;
use saker_kube_metadata::{Answer, Cluster, Scope};
use saker_policy_audit::{
    MeshHandle, MtlsSettings, NetworkFlow, NetworkFlowVerdict, NetworkPolicies,
    NetworkPolicyHandle, NetworkReason, NetworkVerdict,
};
use std::process::ExitCode;
use std::sync::Arc;

/// What has to be known of the cluster.
const SCOPE: Scope = Scope::NODE_PODS
    .with(Scope::CLUSTER_PODS)
    .with(Scope::NAMESPACES)
    .with(Scope::SERVICES)
    .with(Scope::NODES)
    .with(Scope::NETWORK_POLICIES)
    .with(Scope::MESH)
    .with(Scope::MESH_AUTHORIZATION);

/// Says what the policies say of flows.
pub(crate) fn run(arguments: &PolicyCheckArgs) -> anyhow::Result<ExitCode> {
    let flows = flow::read(&arguments.flow)?;
    let cluster = Cluster::unknown();
    let manifests = Manifests::read(&arguments.manifests).map_err(FlowFileError::from)?;
    manifests.tell(&cluster, SCOPE);
    let directory = Directory::new(&cluster);
    let policies = match NetworkPolicyHandle::new(cluster.clone()).policies() {
        Answer::Known(policies) => policies,
        Answer::Awaited | Answer::Unknown => anyhow::bail!("the manifests tell of no policies"),
    };
    let meshes = MeshHandle::new(cluster.clone(), MtlsSettings::default()).policies();
    let Answer::Known(meshes) = meshes else {
        anyhow::bail!("the manifests tell of no meshes");
    };
    let mut answers = Vec::new();
    for (number, form) in (1..).zip(&flows) {
        let source = directory.find(&form.source, number)?;
        let destination = directory.find(&form.destination, number)?;
        let verdict = network_verdict(&policies, &cluster, form, &source, &destination);
        let mesh = mesh::authorizations(&meshes, &cluster, form, &source, &destination);
        answers.push(FlowAnswer::new(
            form,
            &source,
            &destination,
            &verdict,
            &mesh,
        ));
    }
    let answers = Answers::new(answers);
    match arguments.output {
        ReportFormat::Json => print_json(&answers)?,
        ReportFormat::Text => print(&answers.text())?,
    }
    Ok(match arguments.fail_on_denied && answers.denied > 0 {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn network_verdict(
    policies: &Arc<NetworkPolicies>,
    cluster: &Cluster,
    form: &FlowForm,
    source: &End,
    destination: &End,
) -> NetworkFlowVerdict {
    if form.is_loopback() {
        let (allowed, loopback) = (NetworkVerdict::Allowed, NetworkReason::Loopback);
        return NetworkFlowVerdict::without_policy(allowed, loopback);
    }
    let protocol = form.protocol.in_policies();
    let flow = |destination, port| NetworkFlow {
        source: source.party(),
        destination,
        protocol,
        port,
    };
    let Some(service) = destination.service() else {
        return policies.verdict(&flow(destination.party(), form.port()));
    };
    let of_backends = ends::backends(cluster, service, form.port(), protocol);
    let flows = of_backends
        .iter()
        .map(|(end, port)| flow(end.party(), *port));
    let verdict = policies.verdict_of_backends(flows);
    verdict.unwrap_or_else(|| policies.verdict(&flow(End::UNKNOWN.party(), None)))
}
