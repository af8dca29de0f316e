//! What a process does, so that replicas of each kind scale apart.

use std::fmt;
use std::str::FromStr;

/// What a process does: one of these at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    /// Takes alerts from agents into the queue.
    pub(crate) ingest: bool,
    /// Takes alerts from the queue into the store, and tells the sinks.
    pub(crate) worker: bool,
    /// Sends alerts of the store to subscribers.
    pub(crate) feed: bool,
}

impl Roles {
    /// Everything, as one process alone does.
    pub(crate) const ALL: Self = Self {
        ingest: true,
        worker: true,
        feed: true,
    };

    const NONE: Self = Self {
        ingest: false,
        worker: false,
        feed: false,
    };

    /// Whether the queue is needed.
    pub(crate) fn need_queue(self) -> bool {
        self.ingest || self.worker
    }

    /// Whether the store is needed.
    pub(crate) fn need_store(self) -> bool {
        self.worker || self.feed
    }

    /// Whether anyone connects.
    pub(crate) fn need_listener(self) -> bool {
        self.ingest || self.feed
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        let names: Vec<_> = [
            (self.ingest, "ingest"),
            (self.worker, "worker"),
            (self.feed, "feed"),
        ]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut roles = Self::NONE;
        for name in text.split(',').map(str::trim) {
            match name {
                "all" => roles = Self::ALL,
                "ingest" => roles.ingest = true,
                "worker" => roles.worker = true,
                "feed" => roles.feed = true,
                _ => return Err(format!("`{name}` is none of ingest, worker, feed, all")),
            }
        }
        Ok(roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named() {
        assert_eq!("all".parse(), Ok(Roles::ALL));
        assert_eq!("ingest, worker,feed".parse(), Ok(Roles::ALL));
        let roles: Roles = "ingest,feed".parse().unwrap();
        assert!(roles.ingest && !roles.worker && roles.feed);
        assert_eq!(roles.to_string(), "ingest,feed");
        assert!("".parse::<Roles>().is_err());
        assert!(
            "ingest,feeds"
                .parse::<Roles>()
                .unwrap_err()
                .contains("`feeds`")
        );
    }
}
