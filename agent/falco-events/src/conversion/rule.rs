//! What becomes of one form of an event.

/// What becomes of events of one code that have a number of parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) code: u16,
    pub(super) parameters: u8,
    pub(super) action: Action,
}

/// What is done with an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// It stays as it is.
    Pass,
    /// It is kept for the exit of its call and not shown.
    Store,
    /// It is kept, and shown as well.
    StoreAndPass,
    /// It gets further parameters.
    Add(&'static [Value]),
    /// It becomes an event of this code with these parameters.
    Become(u16, &'static [Value]),
}

/// Where the value of a parameter comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// The parameter with this position of the event itself.
    Old(u8),
    /// So many parameters of the event itself, from this position.
    OldFrom(u8, u8),
    /// The parameter with this position of the enter event; without one, what [`Self::Default`] gives.
    Enter(u8),
    /// The parameter with this position of the enter event; without one, no value.
    EnterOrEmpty(u8),
    /// The value that stands for none: 0, and for users and groups the largest number.
    Default,
    /// No value.
    Empty,
    /// The four parameters of the old event of a container as JSON.
    ContainerJson,
}

/// One row of the rules.
pub(super) const fn rule(code: u16, parameters: u8, action: Action) -> Rule {
    Rule {
        code,
        parameters,
        action,
    }
}
