//! Who is there to tell about containers and pods.

use super::{Finding, Verdict};
use crate::cli::DoctorArgs;
use crate::config::{ClusterSource, FactsConfig};
use anyhow::Context;
use saker_container_runtimes::{RuntimeError, Runtimes};
use saker_kube_manifests::Manifests;
use saker_kube_metadata::Scope;
use saker_kube_watch::{KubeConfig, KubeWatch};
use tokio::runtime::Builder;

/// What the findings about the cluster are about.
const SUBJECT: &str = "Kubernetes";

/// What rules may ask of the cluster about what happens on this node.
const SCOPE: Scope = Scope::NODE_PODS
    .with(Scope::NAMESPACES)
    .with(Scope::OWNERS)
    .with(Scope::MESH)
    .with(Scope::MESH_AUTHORIZATION);

/// Asks the runtimes and the API server who they are. That there is none is no fault.
pub(super) fn examine(arguments: &DoctorArgs) -> anyhow::Result<Vec<Finding>> {
    let config = FactsConfig::find(arguments.config.as_deref(), &arguments.kube)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    Ok(runtime.block_on(async {
        let mut findings = runtimes(&Runtimes::find(&config.runtimes)).await;
        findings.extend(cluster(config.cluster).await);
        findings
    }))
}

async fn runtimes(runtimes: &Runtimes) -> Vec<Finding> {
    const SUBJECT: &str = "container runtime";
    if runtimes.is_empty() {
        return vec![Finding::good(SUBJECT, "none found")];
    }
    let found = runtimes.found().await.into_iter();
    let findings = found.map(|found| {
        let place = format!("{}, {}", found.engine, found.place.display());
        match found.version {
            Ok(version) => Finding::good(SUBJECT, format!("{version} ({place})")),
            // Docker's containerd comes without CRI, and is asked through Docker.
            Err(error @ RuntimeError::Unsupported { .. }) => {
                Finding::good(SUBJECT, format!("not asked: {error} ({place})"))
            }
            Err(error) => Finding::new(
                SUBJECT,
                Verdict::Degraded,
                &format!("does not answer ({place})"),
                &format!("{:#}", anyhow::Error::from(error)),
            ),
        }
    });
    findings.collect()
}

async fn cluster(source: Option<ClusterSource>) -> Vec<Finding> {
    match source {
        None => vec![Finding::good(SUBJECT, "switched off")],
        Some(ClusterSource::Server(config)) => server(config).await,
        Some(ClusterSource::Manifests { path, .. }) => vec![match Manifests::read(&path) {
            Ok(manifests) => {
                let objects = manifests.read.objects.len();
                let found = format!(
                    "{objects} objects in {} files ({})",
                    manifests.files,
                    path.display()
                );
                Finding::good(SUBJECT, found)
            }
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::from(error));
                Finding::new(
                    SUBJECT,
                    Verdict::Degraded,
                    "the manifests cannot be used",
                    &why,
                )
            }
        }],
    }
}

async fn server(config: KubeConfig) -> Vec<Finding> {
    let lacking = |found: &str, why: &str| Finding::new(SUBJECT, Verdict::Degraded, found, why);
    let kube = match KubeWatch::connect(config).await {
        Ok(Some(kube)) => kube,
        Ok(None) => {
            let found = "not in a cluster, and no --kubeconfig";
            return vec![Finding::good(SUBJECT, found)];
        }
        Err(error) => {
            let why = format!("{:#}", anyhow::Error::from(error));
            return vec![lacking("cannot be asked", &why)];
        }
    };
    let node = kube.node_name().unwrap_or("unknown");
    let place = format!("{}, node {node}", kube.server());
    match kube.server_version().await {
        Err(trouble) => vec![lacking(
            &format!("does not answer ({place})"),
            &trouble.cause,
        )],
        Ok(version) => {
            let mut findings = vec![Finding::good(SUBJECT, format!("{version} ({place})"))];
            let checks = kube.check(SCOPE).await.into_iter();
            findings.extend(checks.filter_map(|(kind, answer)| {
                let trouble = answer.err()?;
                Some(lacking(
                    &format!("{} cannot be listed", kind.name()),
                    &trouble.cause,
                ))
            }));
            findings
        }
    }
}
