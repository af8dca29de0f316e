//! What goes wrong on purpose.

use std::collections::HashMap;
use std::time::Duration;

/// How the server says that a place in the stream of changes is forgotten.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Gone {
    /// As an event of a watch that began well.
    #[default]
    Event,
    /// As the status of the reply.
    Status,
}

/// What goes wrong.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    /// Replies to requests about a resource (`/pods`), instead of the right one.
    pub(crate) statuses: HashMap<String, u16>,
    /// Connections are closed as soon as they are made.
    pub(crate) is_down: bool,
    /// How long each reply to a list takes.
    pub(crate) list_delay: Duration,
    pub(crate) gone: Gone,
    /// Continuations of lists are forgotten.
    pub(crate) forgets_continuations: bool,
    /// Watches end as soon as they begin.
    pub(crate) ends_watches: bool,
    /// Resources that this version does not have, such as `discovery.k8s.io/v1/endpointslices`.
    pub(crate) not_served: Vec<String>,
    /// A line that each new watch begins with.
    pub(crate) first_line: Option<String>,
}
