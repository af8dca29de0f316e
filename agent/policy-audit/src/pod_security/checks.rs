//! What each control looks at.

pub(super) mod handlers;
pub(super) mod host;
pub(super) mod privileges;
pub(super) mod profiles;
pub(super) mod users;
pub(super) mod volumes;

use saker_kube_metadata::{PodOs, PodSecurity, PodUsers};

/// Whether some settings are none of the pod's: its system has no such thing.
fn is_for_windows(pod: &PodSecurity) -> bool {
    pod.os == PodOs::Windows
}

/// Whether its root is not the node's.
fn has_own_users(pod: &PodSecurity) -> bool {
    pod.users == PodUsers::Own
}
