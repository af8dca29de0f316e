//! Why objects cannot be had, and what helps.

use crate::reply_limit::TooLong;
use kube::core::Status;
use kube::runtime::watcher;
use saker_kube_metadata::Kind;
use std::error::Error;
use std::time::Duration;

/// Most of what the server says of a failure that is shown.
const CAUSE_CHARACTERS_MAX: usize = 400;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TroubleKind {
    /// The account may not do it (403).
    Forbidden,
    /// The credentials are not accepted (401).
    Unauthorized,
    /// The server does not have such objects (404).
    NotServed,
    /// The place in the stream of changes where the watch stood is no longer known (410).
    Expired,
    /// The server has too much to do (429).
    Busy,
    /// The server failed (5xx, and any other refusal).
    Refused,
    /// The server is not reached, or the connection broke.
    Unreachable,
    /// The server sends nothing for too long.
    Silent,
    /// The server sent more than is read.
    TooLong,
    /// What the server sent is not understood.
    NotUnderstood,
}

impl TroubleKind {
    /// Every kind of trouble.
    pub const ALL: [Self; 10] = [
        Self::Forbidden,
        Self::Unauthorized,
        Self::NotServed,
        Self::Expired,
        Self::Busy,
        Self::Refused,
        Self::Unreachable,
        Self::Silent,
        Self::TooLong,
        Self::NotUnderstood,
    ];

    /// As the label `reason` of metrics has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::NotServed => "not_served",
            Self::Expired => "expired",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::TooLong => "too_long",
            Self::NotUnderstood => "not_understood",
        }
    }

    /// Whether waiting does not help: somebody has to change something.
    #[must_use]
    pub const fn is_lasting(self) -> bool {
        matches!(self, Self::Forbidden | Self::Unauthorized | Self::NotServed)
    }
}

/// Something that went wrong, with its cause and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}{remedy}")]
pub struct Trouble {
    /// What.
    pub kind: TroubleKind,
    /// In the words of who found it.
    pub cause: String,
    /// What helps, after `: `; empty where nobody has to do anything.
    remedy: String,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl Trouble {
    pub(crate) fn silent(waited: Duration) -> Self {
        Self {
            kind: TroubleKind::Silent,
            cause: format!("the API server sent nothing for {} s", waited.as_secs()),
            remedy: String::new(),
            retry_after: None,
        }
    }

    /// What a client says about the objects of a kind.
    pub(crate) fn of_client(error: &kube::Error, kind: Kind, verb: &str) -> Self {
        if let kube::Error::Api(status) = error {
            return Self::of_status(status, kind, verb);
        }
        let found = match error {
            error if is_too_long(error) => TroubleKind::TooLong,
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => TroubleKind::NotUnderstood,
            _ => TroubleKind::Unreachable,
        };
        Self {
            kind: found,
            cause: shown(&causes(error)),
            remedy: String::new(),
            retry_after: None,
        }
    }

    /// What a watch says about the objects of a kind.
    pub(crate) fn of_watch(error: &watcher::Error, kind: Kind) -> Self {
        match error {
            watcher::Error::InitialListFailed(error) => Self::of_client(error, kind, "list"),
            watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => {
                Self::of_client(error, kind, "watch")
            }
            watcher::Error::WatchError(status) => Self::of_status(status, kind, "watch"),
            watcher::Error::NoResourceVersion => Self {
                kind: TroubleKind::NotUnderstood,
                cause: shown(&error.to_string()),
                remedy: String::new(),
                retry_after: None,
            },
        }
    }

    fn of_status(status: &Status, kind: Kind, verb: &str) -> Self {
        let found = match status.code {
            401 => TroubleKind::Unauthorized,
            403 => TroubleKind::Forbidden,
            // Any object that is none of those expected is taken for a status without a code.
            0 => TroubleKind::NotUnderstood,
            404 => TroubleKind::NotServed,
            410 => TroubleKind::Expired,
            429 => TroubleKind::Busy,
            _ => TroubleKind::Refused,
        };
        let remedy = match found {
            TroubleKind::Unauthorized => {
                ": check the token or certificate that the agent uses".to_owned()
            }
            TroubleKind::Forbidden => format!(
                ": allow the verb \"{verb}\" on the resource \"{}\" of the API group \"{}\" (deploy/kubernetes/agent-rbac.yaml)",
                kind.plural(),
                saker_kube_manifests::group(kind)
            ),
            _ => String::new(),
        };
        let seconds = status.details.as_ref().map(|d| d.retry_after_seconds);
        Self {
            kind: found,
            cause: match (status.message.as_str(), status.code) {
                ("", 0) => "the API server sent what is neither an event nor an error".to_owned(),
                ("", code) => format!("the API server answered {code}"),
                (message, _) => shown(message),
            },
            remedy,
            retry_after: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        }
    }
}

fn is_too_long(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if error.is::<TooLong>() {
            return true;
        }
        // An I/O error does not show the error that it was made of as its source.
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(|e| e.get_ref());
        if inner.is_some_and(|inner| is_too_long_inside(inner)) {
            return true;
        }
        next = error.source();
    }
    false
}

fn is_too_long_inside(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<TooLong>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// A text of the server's as it may be shown: not too long, and without characters that steer terminals.
fn shown(text: &str) -> String {
    let is_whole = text.chars().nth(CAUSE_CHARACTERS_MAX).is_none();
    let start = text.chars().take(CAUSE_CHARACTERS_MAX);
    let mut shown: String = start
        .map(|character| match character {
            character if character.is_control() => char::REPLACEMENT_CHARACTER,
            character => character,
        })
        .collect();
    if !is_whole {
        shown.push('…');
    }
    shown
}

/// The error and what is behind it, without saying anything twice.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{CAUSE_CHARACTERS_MAX, Trouble, TroubleKind};
    use kube::core::Status;
    use saker_kube_metadata::Kind;

    fn trouble(code: u16, message: &str) -> Trouble {
        let status = Status::failure(message, "").with_code(code);
        Trouble::of_client(&kube::Error::Api(status.boxed()), Kind::Jobs, "watch")
    }

    #[test]
    fn a_missing_permission_is_named() {
        let text = trouble(403, "jobs.batch is forbidden").to_string();
        assert_eq!(
            text,
            "jobs.batch is forbidden: allow the verb \"watch\" on the resource \"jobs\" of the API group \"batch\" (deploy/kubernetes/agent-rbac.yaml)"
        );
    }

    #[test]
    fn what_the_server_says_is_shown_in_part_and_without_control() {
        let long = format!("\u{1b}[2Jgo\n{}", "x".repeat(1 << 20));
        let shown = trouble(500, &long);
        assert_eq!(shown.kind, TroubleKind::Refused);
        assert!(
            shown.cause.starts_with("\u{fffd}[2Jgo\u{fffd}xxx"),
            "{}",
            shown.cause
        );
        assert_eq!(shown.cause.chars().count(), CAUSE_CHARACTERS_MAX + 1);
        assert_eq!(trouble(503, "").cause, "the API server answered 503");
    }

    #[test]
    fn kinds_have_names_of_their_own() {
        let names: std::collections::BTreeSet<&str> = TroubleKind::ALL
            .into_iter()
            .map(TroubleKind::name)
            .collect();
        assert_eq!(names.len(), TroubleKind::ALL.len());
    }
}
