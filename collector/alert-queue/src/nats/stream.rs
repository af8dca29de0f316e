//! The connection, and the stream as the settings want it.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event};
use futures_util::TryStreamExt;
use saker_tls::ClientTls;

use super::{NatsCredentials, NatsError, NatsSettings};
use crate::counters::Counters;
use crate::settings::Partitions;

/// How long the server may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(4);

/// What the names of the consumers begin with that all collectors share.
const CONSUMER: &str = "saker-workers";

/// Name of the consumer of a partition, or of all.
pub(super) fn consumer_name(partition: Option<u16>) -> String {
    match partition {
        None => CONSUMER.to_owned(),
        Some(partition) => format!("{CONSUMER}-{partition}"),
    }
}

/// Waits between attempts to connect: from a tenth of a second to five.
fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.min(6)).unwrap_or(6);
    Duration::from_millis(100 << doublings).min(Duration::from_secs(5))
}

pub(super) async fn connect(
    settings: &NatsSettings,
    counters: &Arc<Counters>,
) -> Result<Client, NatsError> {
    let mut options = match &settings.credentials {
        None => ConnectOptions::new(),
        Some(NatsCredentials::Token(token)) => {
            ConnectOptions::with_token(token.value()?.expose().to_owned())
        }
        Some(NatsCredentials::User { name, password }) => ConnectOptions::with_user_and_password(
            name.clone(),
            password.value()?.expose().to_owned(),
        ),
        Some(NatsCredentials::Nkey(seed)) => {
            ConnectOptions::with_nkey(seed.value()?.expose().to_owned())
        }
        Some(NatsCredentials::CredentialsFile(path)) => std::fs::read_to_string(path)
            .and_then(|text| ConnectOptions::with_credentials(&text))
            .map_err(|source| NatsError::Credentials {
                path: path.clone(),
                source,
            })?,
    };
    if let Some(tls) = &settings.tls {
        if let Some(name) = &tls.server_name {
            return Err(NatsError::Setting {
                setting: "tls.server_name",
                value: name.clone(),
                remedy: "the certificate must carry the name in servers, the client knows no other",
            });
        }
        let config = ClientTls::load(tls)?.config();
        options = options
            .tls_client_config((*config).clone())
            .require_tls(true);
    }
    let counters = Arc::clone(counters);
    options
        .name("saker-collector")
        .max_reconnects(None)
        .reconnect_delay_callback(reconnect_delay)
        .request_timeout(Some(ANSWER))
        .event_callback(move |event| {
            let counters = Arc::clone(&counters);
            async move {
                match event {
                    Event::Disconnected => {
                        counters.disconnects.add(1);
                        tracing::warn!("the connection to nats is lost");
                    }
                    Event::Connected => tracing::info!("connected to nats"),
                    event => tracing::debug!(%event, "nats"),
                }
            }
        })
        .connect(settings.servers.as_slice())
        .await
        .map_err(|source| NatsError::Connect {
            servers: settings.servers.join(", "),
            source,
        })
}

pub(super) fn context(client: Client) -> Context {
    jetstream::context::ContextBuilder::new()
        .timeout(ANSWER)
        .max_ack_inflight(super::IN_FLIGHT_MAX * 2)
        .build(client)
}

fn wanted(settings: &NatsSettings) -> Config {
    Config {
        name: settings.stream.clone(),
        subjects: vec![format!("{}.*", settings.subject)],
        // An alert that was acknowledged leaves the stream.
        retention: RetentionPolicy::WorkQueue,
        // A full stream refuses, instead of dropping the oldest.
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        max_bytes: i64::try_from(settings.bytes_max.get()).unwrap_or(i64::MAX),
        num_replicas: usize::from(settings.replicas.get()),
        duplicate_window: Duration::from_secs(settings.duplicate_window_seconds.get()),
        ..Config::default()
    }
}

/// Makes the stream, or checks the one that is there.
pub(super) async fn ensure_stream(
    context: &Context,
    settings: &NatsSettings,
) -> Result<Stream, NatsError> {
    let failed = |action, source: Box<dyn std::error::Error + Send + Sync>| NatsError::Stream {
        action,
        stream: settings.stream.clone(),
        source,
    };
    let wanted = wanted(settings);
    let stream = match context.get_stream(&settings.stream).await {
        Ok(stream) => stream,
        Err(error) if is_missing(&error) => context
            .create_stream(wanted.clone())
            .await
            .map_err(|error| failed("make", error.into()))?,
        Err(error) => return Err(failed("look at", error.into())),
    };
    let found = &stream.cached_info().config;
    let differs = |setting, found: String, wanted: String| {
        if found == wanted {
            return Ok(());
        }
        Err(NatsError::Mismatch {
            stream: settings.stream.clone(),
            setting,
            found,
            wanted,
        })
    };
    let debug = |config: &Config| {
        [
            ("subjects", format!("{:?}", config.subjects)),
            ("retention", format!("{:?}", config.retention)),
            ("discard", format!("{:?}", config.discard)),
            ("storage", format!("{:?}", config.storage)),
            ("max_bytes", config.max_bytes.to_string()),
            ("num_replicas", config.num_replicas.to_string()),
            ("duplicate_window", format!("{:?}", config.duplicate_window)),
        ]
    };
    for ((setting, found), (_, wanted)) in debug(found).into_iter().zip(debug(&wanted)) {
        differs(setting, found, wanted)?;
    }
    check_consumers(&stream, settings).await?;
    Ok(stream)
}

fn is_missing(error: &jetstream::context::GetStreamError) -> bool {
    match error.kind() {
        GetStreamErrorKind::JetStream(error) => {
            error.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND
        }
        _ => false,
    }
}

/// A stream whose alerts others spread over another number of partitions would not be read in order, or not
/// whole.
async fn check_consumers(stream: &Stream, settings: &NatsSettings) -> Result<(), NatsError> {
    let count = settings
        .partitions
        .map(|_| Partitions::count(settings.partitions));
    let ours: Vec<String> = match count {
        None => vec![consumer_name(None)],
        Some(count) => (0..count)
            .map(|number| consumer_name(Some(number)))
            .collect(),
    };
    let names: Vec<String> = stream
        .consumer_names()
        .try_collect()
        .await
        .map_err(|error| NatsError::Stream {
            action: "list the consumers of",
            stream: settings.stream.clone(),
            source: error.into(),
        })?;
    match names
        .into_iter()
        .find(|name| name.starts_with(CONSUMER) && !ours.contains(name))
    {
        None => Ok(()),
        Some(name) => Err(NatsError::Mismatch {
            stream: settings.stream.clone(),
            setting: "the consumer",
            found: format!("{name} of another number of partitions"),
            wanted: format!(
                "partitions {}",
                count.map_or("none".to_owned(), |count| count.to_string())
            ),
        }),
    }
}

/// Makes the consumer that all collectors share, or brings it up to the settings.
pub(super) async fn ensure_consumer(
    stream: &Stream,
    settings: &NatsSettings,
    partition: Option<u16>,
) -> Result<jetstream::consumer::Consumer<pull::Config>, NatsError> {
    stream
        .create_consumer(pull::Config {
            durable_name: Some(consumer_name(partition)),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_secs(settings.lease_seconds.get()),
            max_ack_pending: i64::from(settings.out_max.get()),
            filter_subject: partition.map_or_else(String::new, |number| {
                format!("{}.{number}", settings.subject)
            }),
            ..pull::Config::default()
        })
        .await
        .map_err(|error| NatsError::Stream {
            action: "make a consumer of",
            stream: settings.stream.clone(),
            source: error.into(),
        })
}
