//! Where ledgers come from.

use crate::cli::LedgerSourceArgs;
use crate::config::LedgerConfig;
use saker_alert_delivery::uplink::grpc::{GrpcError, GrpcSettings, LedgerCallError, LedgerClient};
use saker_encryption_ledger::file::{self, LedgerFileError};
use saker_encryption_ledger::{Ledger, MalformedPart};
use saker_tls::ClientTlsSettings;
use std::num::NonZeroU64;
use tokio::runtime::Builder;

/// Seconds that a collector may take.
const PATIENCE_SECONDS: u64 = 60;

/// A ledger cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerSourceError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] LedgerFileError),
    /// A collector is named that cannot be connected to.
    #[error("--collector")]
    Settings(#[from] GrpcError),
    /// Nothing can be asked.
    #[error("cannot start the asynchronous runtime")]
    Runtime(#[source] std::io::Error),
    /// A collector gives none.
    #[error("cannot read ledgers from the collector")]
    Collector(#[from] LedgerCallError),
    /// Manifests cannot be used.
    #[error(transparent)]
    Manifests(#[from] saker_kube_manifests::ManifestError),
    /// A collector gives what is none.
    #[error("the collector sent what is no ledger")]
    Part(#[from] MalformedPart),
    /// A question that is about one cluster was asked of several.
    #[error("the ledgers are of several clusters; name one with --cluster")]
    Clusters,
}

/// The ledgers that are asked for, put together.
pub(super) fn ledger(arguments: &LedgerSourceArgs, since_wall_ms: u64) -> anyhow::Result<Ledger> {
    let cluster = arguments.cluster.as_deref();
    if let Some(endpoint) = &arguments.collector {
        let collected = collected(arguments, endpoint, since_wall_ms);
        return Ok(collected?);
    }
    let files = if arguments.ledger.is_empty() {
        vec![LedgerConfig::find(arguments.config.as_deref())?.path]
    } else {
        arguments.ledger.clone()
    };
    let mut ledger = Ledger::default();
    for path in &files {
        ledger.merge(file::read(path).map_err(LedgerSourceError::from)?);
    }
    Ok(match cluster {
        Some(cluster) => ledger.of_cluster(cluster),
        None => ledger,
    })
}

fn collected(
    arguments: &LedgerSourceArgs,
    endpoint: &str,
    since_wall_ms: u64,
) -> Result<Ledger, LedgerSourceError> {
    let settings = GrpcSettings {
        endpoints: vec![endpoint.to_owned()],
        tls: ClientTlsSettings {
            ca_file: arguments.tls_ca.clone(),
            certificate_file: arguments.tls_certificate.clone(),
            key_file: arguments.tls_key.clone(),
            server_name: None,
        },
        acknowledgement_seconds: NonZeroU64::MIN.saturating_add(PATIENCE_SECONDS),
    };
    let cluster = arguments.cluster.as_deref().unwrap_or_default();
    let runtime = Builder::new_current_thread().enable_all().build();
    let parts = runtime
        .map_err(LedgerSourceError::Runtime)?
        .block_on(async {
            let client = LedgerClient::new(&settings)?;
            let parts = client.read(cluster, since_wall_ms).await?;
            Ok::<_, LedgerSourceError>(parts)
        })?;
    let mut ledger = Ledger::default();
    for part in parts {
        ledger.add_part(part)?;
    }
    Ok(ledger)
}
