//! Elasticsearch and OpenSearch: a document in ECS for each notification, into a data stream.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>
//!
//! - A document's `_id` is the alert's, and it is created, never replaced: what is there already answers 409, which
//!   is as good as 201. Ids are unique within a backing index: what is sent again after a rollover is there twice.
//! - Each document has a result of its own: 400 is about the document, everything else can be put right.
//! - Before the first document the index template is looked for, and put if it is missing or older. With
//!   `template: never` it is up to the operator, and no right to manage templates is needed.

mod bulk;
mod template;

use crate::exchange::{Bounds, Exchange, Verdict, exchange};
use crate::over_http::OverHttp;
use crate::servers::Servers;
use crate::{BuildError, Outcome, Sink, formats};
use async_trait::async_trait;
use saker_alert_clients::http::{HttpRequest, Method};
use saker_alert_formats::{Format, Notification, Renderer};
use serde::Deserialize;
use tokio::sync::OnceCell;

/// Documents of one request at most.
const BATCH_MAX: usize = 500;

/// Elastic recommends requests of a few MiB; the server's limit is 100.
const REQUEST_BYTES_MAX: usize = 5 * 1024 * 1024;

/// Where the template is.
const TEMPLATE_PATH: &str = "_index_template/saker-alerts";

/// Where documents go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticsearchSettings {
    /// The data stream.
    #[serde(default = "default_data_stream")]
    pub data_stream: String,
    /// Whether the index template is taken care of.
    #[serde(default)]
    pub template: TemplateCare,
}

/// Whether the index template is taken care of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateCare {
    /// It is put if there is none, or an older one.
    #[default]
    Put,
    /// It is up to the operator.
    Never,
}

/// Whose dialect is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Elasticsearch,
    OpenSearch,
}

fn default_data_stream() -> String {
    "logs-saker.alerts-default".to_owned()
}

impl OverHttp<ElasticsearchSettings> {
    pub(crate) fn build(&self, product: Product) -> Result<ElasticsearchSink, BuildError> {
        let data_stream = self.own.data_stream.clone();
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if !data_stream.bytes().all(is_allowed)
            || data_stream.starts_with(['-', '_', '.'])
            || !(1..=255).contains(&data_stream.len())
        {
            return Err(BuildError::Setting {
                key: "data_stream",
                problem: format!(
                    "'{data_stream}' is no name of a data stream: lower-case letters, digits, '-', '_' and '.', \
                     such as {}",
                    default_data_stream()
                ),
            });
        }
        Ok(ElasticsearchSink {
            servers: Servers::new(&self.servers, bulk::ANSWER_BYTES_MAX)?,
            renderer: formats::renderer(Format::Ecs),
            product,
            bulk_path: format!("{data_stream}/_bulk?{}", bulk::QUERY),
            data_stream,
            template: self.own.template,
            is_prepared: OnceCell::new(),
        })
    }
}

/// Creates documents.
pub(crate) struct ElasticsearchSink {
    servers: Servers,
    renderer: Renderer,
    product: Product,
    bulk_path: String,
    data_stream: String,
    template: TemplateCare,
    is_prepared: OnceCell<()>,
}

#[async_trait]
impl Sink for ElasticsearchSink {
    fn kind(&self) -> &'static str {
        match self.product {
            Product::Elasticsearch => "elasticsearch",
            Product::OpenSearch => "opensearch",
        }
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        if self.template == TemplateCare::Put
            && let Err(outcome) = self.is_prepared.get_or_try_init(|| self.prepare()).await
        {
            return vec![outcome; notifications.len()];
        }
        let documents: Vec<Vec<u8>> = notifications
            .iter()
            .map(|notification| {
                let document = self.renderer.line(notification);
                bulk::lines(notification.id(), &document)
            })
            .collect();
        let bounds = Bounds {
            bytes_max: REQUEST_BYTES_MAX,
            items_max: BATCH_MAX,
        };
        exchange(self, &documents, bounds).await
    }
}

impl ElasticsearchSink {
    /// Puts the template unless it is there in this version or a later one.
    async fn prepare(&self) -> Result<(), Outcome> {
        let said = |status: u16| {
            Outcome::retry(format!(
                "the index template saker-alerts cannot be put, status {status}: allow it \
                 (manage_index_templates), or put it yourself and say `template: never`"
            ))
        };
        let version_path =
            format!("{TEMPLATE_PATH}?filter_path=index_templates.index_template.version");
        let found = self.servers.send(&get(&version_path)).await?;
        match found.status() {
            200 if found_version(&found.reply.body) >= Some(template::VERSION) => return Ok(()),
            200 | 404 => {}
            status => return Err(said(status)),
        }
        let template = template::template(self.product, &self.data_stream).to_string();
        let put = HttpRequest::post("application/json", template)
            .at(TEMPLATE_PATH)
            .by(Method::PUT);
        match self.servers.send(&put).await?.status() {
            200..=299 => Ok(()),
            status => Err(said(status)),
        }
    }
}

fn get(path: &str) -> HttpRequest {
    HttpRequest {
        content_type: None,
        ..HttpRequest::post("", "").at(path).by(Method::GET)
    }
}

fn found_version(answer: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(answer)
        .ok()?
        .pointer("/index_templates/0/index_template/version")?
        .as_u64()
}

impl Exchange for ElasticsearchSink {
    type Item = Vec<u8>;

    fn size(&self, item: &Vec<u8>) -> usize {
        item.len()
    }

    async fn send(&self, items: &[Vec<u8>]) -> Verdict {
        let request = HttpRequest::post("application/x-ndjson", items.concat()).at(&self.bulk_path);
        match self.servers.send(&request).await {
            Ok(answer) if answer.status() == 200 => bulk::verdict(&answer.reply.body, items.len()),
            Ok(answer) => answer.verdict(),
            Err(outcome) => Verdict::All(outcome),
        }
    }
}
