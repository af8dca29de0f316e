//! The brokers, and who leads which partition.

use super::record::Produced;
use super::{Compression, KafkaSettings, Mechanism, Sasl};
use crate::Outcome;
use crate::exchange::Verdict;
use rskafka::BackoffConfig;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{
    Compression as RecordCompression, PartitionClient, UnknownTopicHandling,
};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use saker_tls::ClientTls;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, timeout};

/// How brokers know the client.
const CLIENT_ID: &str = "saker-collector";

/// The largest answer that is read. Metadata of all topics come in one.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long connecting, with the topic's partitions, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long producing to one partition may take, with the client's own repetitions.
const PRODUCE_TIMEOUT: Duration = Duration::from_secs(20);

/// After this time partitions are asked for again: a topic may get more.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(300);

/// The client repeats by itself what fails for a change of leaders, for so long.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Makes connections.
pub(super) struct Cluster {
    brokers: Vec<String>,
    topic: String,
    compression: RecordCompression,
    tls: Option<ClientTls>,
    sasl: Option<Sasl>,
    current: Mutex<Option<Arc<Connection>>>,
}

/// The partitions of the topic.
pub(super) struct Connection {
    partitions: Vec<Partition>,
    made: Instant,
}

/// A partition, and how to produce to it. Its leader is looked for when it is needed: one partition without a
/// leader is not to hold up the others.
pub(super) struct Partition {
    client: Arc<Client>,
    topic: String,
    number: i32,
    leader: OnceCell<PartitionClient>,
    compression: RecordCompression,
}

impl Cluster {
    pub(super) fn new(settings: &KafkaSettings, tls: Option<ClientTls>) -> Self {
        Self {
            brokers: settings.brokers.clone(),
            topic: settings.topic.clone(),
            compression: match settings.compression {
                Compression::Zstd => RecordCompression::Zstd,
                Compression::None => RecordCompression::NoCompression,
            },
            tls,
            sasl: settings.sasl.clone(),
            current: Mutex::new(None),
        }
    }

    /// The connection that there is, or a new one. The lock is held meanwhile: one is enough.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, String> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &*current
            && connection.made.elapsed() < CONNECTION_AGE_MAX
        {
            return Ok(Arc::clone(connection));
        }
        let connection = timeout(CONNECT_TIMEOUT, self.connect())
            .await
            .unwrap_or_else(|_| {
                Err(format!(
                    "no answer from the brokers within {} s",
                    CONNECT_TIMEOUT.as_secs()
                ))
            })
            .map(Arc::new)?;
        *current = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Has the next delivery connect anew, unless another has done so already.
    pub(super) async fn forget(&self, connection: &Arc<Connection>) {
        let mut current = self.current.lock().await;
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, connection))
        {
            *current = None;
        }
    }

    async fn connect(&self) -> Result<Connection, String> {
        let mut builder = ClientBuilder::new(self.brokers.clone())
            .client_id(CLIENT_ID)
            .max_message_size(ANSWER_BYTES_MAX)
            .backoff_config(BackoffConfig {
                deadline: Some(RETRY_MAX),
                max_backoff: Duration::from_secs(2),
                ..BackoffConfig::default()
            });
        if let Some(tls) = &self.tls {
            builder = builder.tls_config(tls.config());
        }
        if let Some(sasl) = &self.sasl {
            builder = builder.sasl_config(sasl.config()?);
        }
        let client = builder.build().await.map_err(|error| error.to_string())?;
        let topics = client
            .list_topics()
            .await
            .map_err(|error| error.to_string())?;
        let topic = topics
            .into_iter()
            .find(|topic| topic.name == self.topic)
            .ok_or_else(|| {
                format!(
                    "no topic '{}', or no right to see it: create it",
                    self.topic
                )
            })?;
        let client = Arc::new(client);
        let partitions = topic
            .partitions
            .into_iter()
            .map(|number| Partition {
                client: Arc::clone(&client),
                topic: self.topic.clone(),
                number,
                leader: OnceCell::new(),
                compression: self.compression,
            })
            .collect();
        Ok(Connection {
            partitions,
            made: Instant::now(),
        })
    }
}

impl Connection {
    pub(super) fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.iter()
    }
}

impl Partition {
    /// Produces in one request, which all in-sync replicas have to take.
    pub(super) async fn produce(&self, produced: &[Produced]) -> Verdict {
        match timeout(PRODUCE_TIMEOUT, self.try_produce(produced)).await {
            Ok(Ok(_offsets)) => Verdict::All(Outcome::Delivered),
            Ok(Err(error)) => verdict(&error),
            Err(_) => Verdict::All(Outcome::retry(format!(
                "no answer from the broker within {} s",
                PRODUCE_TIMEOUT.as_secs()
            ))),
        }
    }

    async fn try_produce(&self, produced: &[Produced]) -> Result<Vec<i64>, Error> {
        let leader = self
            .leader
            .get_or_try_init(|| {
                self.client
                    .partition_client(&self.topic, self.number, UnknownTopicHandling::Error)
            })
            .await?;
        let records = produced.iter().map(Produced::record).collect();
        leader.produce(records, self.compression).await
    }
}

/// Whether it is the records that are wrong. All else somebody can put right: brokers, topic, rights.
fn verdict(error: &Error) -> Verdict {
    match error {
        Error::ServerError {
            protocol_error:
                ProtocolError::MessageTooLarge
                | ProtocolError::RecordListTooLarge
                | ProtocolError::InvalidRecord
                | ProtocolError::InvalidTimestamp,
            ..
        } => Verdict::Refused {
            reason: error.to_string(),
        },
        _ => Verdict::All(Outcome::retry(error.to_string())),
    }
}

impl Sasl {
    fn config(&self) -> Result<SaslConfig, String> {
        let password = self.password.value().map_err(|error| error.to_string())?;
        let credentials = Credentials::new(self.username.clone(), password.expose().to_owned());
        Ok(match self.mechanism {
            Mechanism::Plain => SaslConfig::Plain(credentials),
            Mechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
            Mechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
        })
    }
}
