//! The index template: what makes a data stream of the name, and what types its fields have.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-put-index-template>,
//! <https://docs.opensearch.org/latest/im-plugin/index-templates/>

use super::Product;
use serde_json::{Value, json};

/// Over that of Elasticsearch's own template for `logs-*-*`, which is 100.
const PRIORITY: u32 = 200;

/// Of the template; greater with each change of it.
pub(super) const VERSION: u64 = 1;

/// Longest text that can be searched for as a whole, in UTF-16 units; longer ones are kept and not indexed. Four
/// bytes each stay under Lucene's limit of 32766 bytes a term.
const KEYWORD_UNITS_MAX: u32 = 8_191;

/// The template for data streams of this name.
pub(super) fn template(product: Product, data_stream: &str) -> Value {
    let mut properties = properties();
    if let Some(properties) = properties.as_object_mut() {
        let names = json!({ "type": product.free_names() });
        properties.insert("labels".to_owned(), names.clone());
        properties.insert(
            "saker".to_owned(),
            json!({ "properties": { "fields": names } }),
        );
    }
    json!({
        "index_patterns": [data_stream],
        "data_stream": {},
        "priority": PRIORITY,
        "version": VERSION,
        "_meta": { "managed_by": "saker", "description": "Alerts of Saker, in the Elastic Common Schema" },
        "template": {
            "settings": {
                // A value of another type costs its own field, not the alert.
                "index.mapping.ignore_malformed": true,
                "index.mapping.total_fields.limit": 2_000,
            },
            "mappings": {
                "date_detection": false,
                "numeric_detection": false,
                "dynamic_templates": [{
                    "texts": {
                        "match_mapping_type": "string",
                        "mapping": { "type": "keyword", "ignore_above": KEYWORD_UNITS_MAX },
                    },
                }],
                "properties": properties,
            },
        },
    })
}

/// Types of the fields that are no keywords, and of those that are searched for most.
/// <https://www.elastic.co/docs/reference/ecs/ecs-field-reference>
fn properties() -> Value {
    let keyword = || json!({ "type": "keyword", "ignore_above": KEYWORD_UNITS_MAX });
    let date = || json!({ "type": "date_nanos" });
    let long = || json!({ "type": "long" });
    let process = || {
        json!({
            "pid": long(),
            "args_count": long(),
            "start": { "type": "date" },
            "command_line": keyword(),
            "executable": keyword(),
            "name": keyword(),
            "thread": { "properties": { "id": long() } },
        })
    };
    let mut acting = process();
    if let Some(acting) = acting.as_object_mut() {
        acting.insert("parent".to_owned(), json!({ "properties": process() }));
    }
    json!({
        "@timestamp": date(),
        "message": { "type": "text" },
        "tags": keyword(),
        "ecs": { "properties": { "version": keyword() } },
        "event": {
            "properties": {
                "id": keyword(),
                "kind": keyword(),
                "category": keyword(),
                "type": keyword(),
                "severity": long(),
                "created": { "type": "date" },
                "start": date(),
                "end": date(),
            },
        },
        "rule": { "properties": { "name": keyword() } },
        "process": { "properties": acting },
        "user": { "properties": { "id": keyword(), "name": keyword() } },
        "host": { "properties": { "hostname": keyword(), "name": keyword() } },
        "container": { "properties": { "id": keyword(), "name": keyword() } },
        "orchestrator": { "properties": { "namespace": keyword() } },
    })
}

impl Product {
    /// The type of an object whose names are anybody's choice: each as a field of its own would use up the limit.
    fn free_names(self) -> &'static str {
        match self {
            Self::Elasticsearch => "flattened",
            Self::OpenSearch => "flat_object",
        }
    }
}
