//! What is wrong with a pod, and where.

use saker_kube_metadata::{ContainerSecurity, PodSecurity, SecuritySettings};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What is wrong, and where.
    pub(crate) detail: String,
    /// The containers that it is wrong with.
    pub(crate) containers: Vec<Arc<str>>,
}

impl Finding {
    /// Something is wrong with the pod as a whole.
    pub(crate) fn of_pod(detail: String) -> Self {
        Self {
            detail,
            containers: Vec::new(),
        }
    }
}

/// Who does something that is not allowed, and what.
#[derive(Default)]
pub(crate) struct Offenders {
    is_pod: bool,
    containers: Vec<Arc<str>>,
    values: BTreeSet<String>,
}

impl Offenders {
    /// Those that a test, which may note what it sees, finds among the containers.
    pub(crate) fn containers(
        pod: &PodSecurity,
        mut is_bad: impl FnMut(&ContainerSecurity, &mut BTreeSet<String>) -> bool,
    ) -> Self {
        let mut found = Self::default();
        found.take_containers(pod, &mut is_bad);
        found
    }

    /// Those that a test finds among the pod's own settings and those of its containers.
    pub(crate) fn settings(
        pod: &PodSecurity,
        mut is_bad: impl FnMut(&SecuritySettings, &mut BTreeSet<String>) -> bool,
    ) -> Self {
        let mut found = Self::default();
        found.is_pod = is_bad(&pod.settings, &mut found.values);
        found.take_containers(pod, &mut |container, values| {
            is_bad(&container.settings, values)
        });
        found
    }

    fn take_containers(
        &mut self,
        pod: &PodSecurity,
        is_bad: &mut dyn FnMut(&ContainerSecurity, &mut BTreeSet<String>) -> bool,
    ) {
        for container in &pod.containers {
            if is_bad(container, &mut self.values) {
                self.containers.push(Arc::clone(&container.name));
            }
        }
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        !self.is_pod && self.containers.is_empty()
    }

    /// The finding that `detail` words, of who they are and what was noted; none where there are none.
    pub(crate) fn finding(self, detail: impl FnOnce(&str, &str) -> String) -> Option<Finding> {
        if self.is_empty() {
            return None;
        }
        let detail = detail(&self.who(), &quoted(&self.values));
        Some(Finding {
            detail,
            containers: self.containers,
        })
    }

    fn who(&self) -> String {
        let mut who = String::new();
        if self.is_pod {
            who.push_str("the pod");
        }
        let names = quoted(&self.containers);
        let noun = match self.containers.len() {
            0 => return who,
            1 => "container",
            _ => "containers",
        };
        if self.is_pod {
            who.push_str(" and ");
        }
        write_text(&mut who, format_args!("{noun} {names}"));
        who
    }
}

/// Texts in quotes, with what could end a line or a quote escaped.
pub(crate) fn quoted<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut out = String::new();
    for text in texts {
        if !out.is_empty() {
            out.push_str(", ");
        }
        write_text(&mut out, format_args!("{:?}", text.as_ref()));
    }
    out
}

#[expect(
    clippy::expect_used,
    reason = "writing to a String fails only where a Display implementation does, and these do not"
)]
fn write_text(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all text");
}
