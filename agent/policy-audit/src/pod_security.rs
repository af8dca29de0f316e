//! Pod Security Standards: what a pod asks for, what its namespace allows, and what its processes do.
//!
//! [`violations`] says which controls of a level a pod violates, as the API server's admission has them in
//! each version; [`PodVerdict`] compares a pod with what the labels of its namespace demand; [`breaks`] says
//! where a running process has or does what the pod's specification, or that level, rules out.

mod breaks;
mod capability;
mod checks;
mod control;
mod demand;
mod finding;
mod level;
mod verdict;
mod version;

pub use breaks::{Break, RuntimeFacts, breaks};
pub use capability::CapabilitySet;
pub use control::{CONTROLS, Control, Violation, strictest_level, violations};
pub use demand::{Demand, Demands, Mode};
pub use level::{Level, UnknownLevel};
pub use verdict::{PodVerdict, summary};
pub use version::{UnknownVersion, Version};
