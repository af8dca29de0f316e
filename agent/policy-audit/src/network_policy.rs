//! What network policies (`networking.k8s.io/v1`) say of a connection.
//!
//! A connection has two ends, and each pod at one is judged by the policies that select it: the client's by
//! what may go out of it, the server's by what may come in. A pod that no policy selects for a direction is
//! not isolated in it; of one that is, only what some rule allows is allowed. Replies are not judged.
//!
//! What the objects do not tell is not guessed: where a verdict depends on it, it is
//! [`NetworkVerdict::Unknown`].

mod handle;
mod index;
mod judge;
mod matching;
mod parties;
mod verdict;

pub use handle::NetworkPolicyHandle;
pub use index::NetworkPolicies;
pub use parties::{NetworkFlow, NetworkParty};
pub use verdict::{
    Direction, DirectionVerdict, NetworkFlowVerdict, NetworkReason, NetworkVerdict, POLICIES_NAMED,
};
