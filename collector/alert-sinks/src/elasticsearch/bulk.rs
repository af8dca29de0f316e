//! Requests and answers of `_bulk`.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>

use crate::{Outcome, exchange::Verdict};
use saker_proto::AlertId;
use serde::Deserialize;
use serde_json::json;

/// What the answer is to hold: one that tells all of 500 documents would be larger than the request.
pub(super) const QUERY: &str = "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,\
                                items.*.error.caused_by.reason";

/// The largest answer that is read: some hundred bytes for each document.
pub(super) const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 512;

/// The two lines of one document. `create` and the alert's id make a repetition recognizable: a document that is
/// there already answers with a conflict. A data stream takes nothing but `create`.
pub(super) fn lines(id: AlertId, document: &str) -> Vec<u8> {
    let action = json!({ "create": { "_id": id } });
    format!("{action}\n{document}\n").into_bytes()
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    create: Created,
}

#[derive(Deserialize)]
struct Created {
    status: u16,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: String,
    reason: Option<String>,
    caused_by: Option<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    reason: Option<String>,
}

/// What an answer of status 200 says of each document.
pub(super) fn verdict(answer: &[u8], documents: usize) -> Verdict {
    let items = match serde_json::from_slice::<Answer>(answer) {
        Ok(answer) => answer.items,
        Err(error) => {
            return Verdict::All(Outcome::retry(format!(
                "the answer to _bulk is none: {error}"
            )));
        }
    };
    if items.len() != documents {
        return Verdict::All(Outcome::retry(format!(
            "the answer to _bulk tells of {} documents, {documents} were sent",
            items.len()
        )));
    }
    Verdict::Each(
        items
            .into_iter()
            .map(|item| item.create.outcome())
            .collect(),
    )
}

impl Created {
    fn outcome(self) -> Outcome {
        let status = self.status;
        match status {
            // 409: it is there already.
            200..=299 | 409 => Outcome::Delivered,
            400 | 413 => Outcome::rejected(self.reason()),
            // Anything else an operator can put right: a missing privilege, a full disk, too many requests.
            _ => Outcome::retry(self.reason()),
        }
    }

    fn reason(self) -> String {
        let mut reason = format!("status {}", self.status);
        if let Some(problem) = self.error {
            let texts = [
                Some(problem.kind),
                problem.reason,
                problem.caused_by.and_then(|cause| cause.reason),
            ];
            for text in texts.into_iter().flatten().filter(|text| !text.is_empty()) {
                reason.push_str(": ");
                reason.push_str(&text);
            }
        }
        reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
        reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_two_lines() {
        let lines = lines(AlertId::from_bytes([0x1f; 16]), r#"{"message":"a"}"#);
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "{\"create\":{\"_id\":\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"}}\n{\"message\":\"a\"}\n"
        );
    }

    #[test]
    fn each_document_has_an_outcome_of_its_own() {
        let answer = json!({
            "errors": true,
            "items": [
                { "create": { "status": 201 } },
                { "create": { "status": 409, "error": { "type": "version_conflict_engine_exception" } } },
                { "create": { "status": 400, "error": {
                    "type": "document_parsing_exception",
                    "reason": "failed to parse field [process.pid]",
                    "caused_by": { "reason": "not a number" },
                } } },
                { "create": { "status": 429, "error": { "type": "es_rejected_execution_exception" } } },
                { "create": { "status": 503 } },
                { "create": { "status": 403, "error": { "type": "cluster_block_exception" } } },
            ],
        });
        let Verdict::Each(outcomes) = verdict(answer.to_string().as_bytes(), 6) else {
            panic!("not told of each");
        };
        assert_eq!(outcomes[..2], [Outcome::Delivered, Outcome::Delivered]);
        assert_eq!(
            outcomes[2],
            Outcome::rejected(
                "status 400: document_parsing_exception: failed to parse field [process.pid]: not a number"
            )
        );
        for outcome in &outcomes[3..] {
            assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
        }
    }

    #[test]
    fn an_answer_that_tells_of_other_documents_is_none() {
        for answer in [
            "",
            "<html>",
            r#"{"items":[]}"#,
            r#"{"items":[{"index":{"status":201}}]}"#,
        ] {
            let verdict = verdict(answer.as_bytes(), 1);
            assert!(
                matches!(verdict, Verdict::All(Outcome::Retry { .. })),
                "{answer}"
            );
        }
    }
}
