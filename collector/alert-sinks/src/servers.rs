//! Servers of HTTP that can stand in for each other.

use crate::exchange::Verdict;
use crate::{BuildError, Outcome};
use saker_alert_clients::http::{HttpClient, HttpOutcome, HttpRequest, HttpSettings, Reply};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 512;

/// Servers, of which one is enough.
pub(crate) struct Servers {
    clients: Vec<HttpClient>,
    /// The place of the one that worked last.
    current: AtomicUsize,
}

/// What a server said, whether it liked the request or not.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    reason: String,
    after: Option<Duration>,
}

impl Servers {
    /// Reads the files of the settings; connects to nobody. Of an answer no more than so many bytes are read.
    pub(crate) fn new(
        settings: &[HttpSettings],
        answer_bytes_max: usize,
    ) -> Result<Self, BuildError> {
        let clients = settings
            .iter()
            .map(|settings| {
                HttpClient::new(&HttpSettings {
                    response_bytes_max: answer_bytes_max,
                    ..settings.clone()
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            clients,
            current: AtomicUsize::new(0),
        })
    }

    /// Sends to the server that worked last, then to each other one until one answers.
    ///
    /// # Errors
    ///
    /// None answers, or none is in order: what to tell of what was to be sent.
    pub(crate) async fn send(&self, request: &HttpRequest) -> Result<Answer, Outcome> {
        let first = self.current.load(Ordering::Relaxed);
        let places = (0..self.clients.len()).cycle().skip(first);
        let mut failure = Outcome::retry("no server");
        for (place, client) in places
            .zip(self.clients.iter().cycle().skip(first))
            .take(self.clients.len())
        {
            let answer = match client.send(request.clone()).await {
                HttpOutcome::Delivered(reply) => Answer::new(reply, String::new(), None),
                HttpOutcome::Rejected { reason, reply } => Answer::new(reply, reason, None),
                // The server, or what stands before it, is out of order: another one may not be.
                HttpOutcome::Retry {
                    reply: Some(reply),
                    reason,
                    after,
                } if !matches!(reply.status, 502..=504) => Answer::new(reply, reason, after),
                HttpOutcome::Retry { reason, after, .. } => {
                    failure = Outcome::Retry {
                        reason: shortened(reason),
                        after,
                    };
                    continue;
                }
            };
            self.current.store(place, Ordering::Relaxed);
            return Ok(answer);
        }
        Err(failure)
    }
}

impl Answer {
    fn new(reply: Reply, reason: String, after: Option<Duration>) -> Self {
        Self {
            reply,
            reason: shortened(reason),
            after,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.reply.status
    }

    /// What the status says of what the request held. Only what is about its content is a refusal: a wrong path,
    /// a missing right or too many requests somebody can put right.
    pub(crate) fn verdict(self) -> Verdict {
        match self.reply.status {
            200..=299 => Verdict::All(Outcome::Delivered),
            400 | 413 | 422 => Verdict::Refused {
                reason: self.reason,
            },
            _ => Verdict::All(Outcome::Retry {
                reason: self.reason,
                after: self.after,
            }),
        }
    }
}

fn shortened(mut reason: String) -> String {
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    reason
}
