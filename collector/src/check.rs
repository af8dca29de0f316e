//! `saker-collector check`: whether a configuration can be used.

use crate::cli::{CheckArgs, ServeArgs};
use crate::config::Config;
use crate::serve::{build_sinks, open_queue, open_store};
use anyhow::Context;
use saker_tls::ServerTls;

/// A configuration is well-formed, and what it names cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used: {0:#}")]
pub(crate) struct Unusable(anyhow::Error);

/// Checks a configuration, and says what it amounts to.
pub(crate) async fn run(arguments: CheckArgs) -> anyhow::Result<()> {
    let config = Config::build(&ServeArgs {
        config: arguments.config,
        role: arguments.role,
        ..ServeArgs::default()
    })?;
    settings(&config)?;
    if arguments.connect {
        connect(&config).await?;
    }
    crate::print(summary(&config, arguments.connect).as_bytes())
}

/// Whether the files that it names are there and the sinks can be built. Connects to nothing.
pub(crate) fn settings(config: &Config) -> Result<(), Unusable> {
    build_sinks(config).map_err(Unusable)?;
    if let Some(tls) = &config.tls {
        ServerTls::load(tls).context("tls").map_err(Unusable)?;
    }
    Ok(())
}

/// Whether queue and store give a sign of life.
async fn connect(config: &Config) -> anyhow::Result<()> {
    if config.roles.need_queue() {
        let queue = open_queue(config).await?;
        queue.stats().await.context("queue")?;
    }
    if config.roles.need_store() {
        let store = open_store(config).await?;
        store.ping().await.context("store")?;
    }
    Ok(())
}

fn summary(config: &Config, has_connected: bool) -> String {
    let tls = match &config.tls {
        Some(tls) if tls.client_ca_file.is_some() => "TLS, clients by certificate",
        Some(_) => "TLS, any client",
        None => "plaintext",
    };
    let sinks = match config.sink_names() {
        names if names.is_empty() => "none".to_owned(),
        names => names.join(", "),
    };
    let metrics = config
        .metrics
        .map_or_else(|| "off".to_owned(), |address| address.to_string());
    let reached = if has_connected {
        "queue and store answer"
    } else {
        "not asked; see --connect"
    };
    format!(
        "roles    {}\nlisten   {} ({tls})\nsinks    {sinks}\nmetrics  {metrics}\nservers  {reached}\n",
        config.roles, config.listen
    )
}
