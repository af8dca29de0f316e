//! Which alerts an output takes.
//!
//! Lists of names to take and of names to leave out: of rules, tags, sources and namespaces. In a name `*` stands
//! for any text. An alert is taken if every list of `include` that is not empty has it, and none of `exclude`.

use saker_proto::v1;
use serde::Deserialize;

/// Names of what is taken and what is not; everything is, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Only these.
    pub include: Names,
    /// None of these.
    pub exclude: Names,
}

/// Names, of which each list is a condition of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Of rules.
    pub rules: Vec<String>,
    /// Of tags of rules: one of them.
    pub tags: Vec<String>,
    /// Of sources, such as `syscall`.
    pub sources: Vec<String>,
    /// Of Kubernetes namespaces; an alert outside of pods is in none.
    pub namespaces: Vec<String>,
}

impl Filter {
    /// Whether the alert is taken.
    #[must_use]
    pub fn takes(&self, alert: &v1::Alert) -> bool {
        let include = self.include.matches(alert);
        let exclude = self.exclude.matches(alert);
        !include.contains(&Some(false)) && !exclude.contains(&Some(true))
    }
}

impl Names {
    /// Whether each list has the alert; nothing of a list without names.
    fn matches(&self, alert: &v1::Alert) -> [Option<bool>; 4] {
        let pod = alert.pod.as_ref();
        [
            listed(&self.rules, std::iter::once(&alert.rule)),
            listed(&self.tags, alert.tags.iter()),
            listed(&self.sources, std::iter::once(&alert.source)),
            listed(&self.namespaces, pod.map(|pod| &pod.namespace).into_iter()),
        ]
    }
}

fn listed<'a>(patterns: &[String], mut names: impl Iterator<Item = &'a String>) -> Option<bool> {
    (!patterns.is_empty())
        .then(|| names.any(|name| patterns.iter().any(|pattern| fits(pattern, name))))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        // The first place is as good as any: what follows has the most room there.
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> v1::Alert {
        v1::Alert {
            rule: "Read sensitive file".to_owned(),
            source: "syscall".to_owned(),
            tags: vec!["mitre_credential_access".to_owned(), "host".to_owned()],
            pod: Some(v1::Pod {
                namespace: "shop".to_owned(),
                ..v1::Pod::default()
            }),
            ..v1::Alert::default()
        }
    }

    fn filter(text: &str) -> Filter {
        serde_json::from_str(text).expect("a filter")
    }

    #[test]
    fn lists_are_conditions() {
        for (text, is_taken) in [
            ("{}", true),
            (r#"{"include": {"rules": ["Read sensitive file"]}}"#, true),
            (r#"{"include": {"rules": ["Write*"]}}"#, false),
            (r#"{"include": {"tags": ["mitre_*"]}}"#, true),
            (
                r#"{"include": {"tags": ["mitre_*"], "namespaces": ["prod"]}}"#,
                false,
            ),
            (r#"{"include": {"namespaces": ["prod", "shop"]}}"#, true),
            (r#"{"exclude": {"tags": ["host"]}}"#, false),
            (
                r#"{"include": {"sources": ["syscall"]}, "exclude": {"rules": ["Read*"]}}"#,
                false,
            ),
            (r#"{"exclude": {"sources": ["k8s_audit"]}}"#, true),
        ] {
            assert_eq!(filter(text).takes(&alert()), is_taken, "{text}");
        }
    }

    #[test]
    fn an_alert_outside_of_pods_is_in_no_namespace() {
        let on_host = v1::Alert {
            pod: None,
            ..alert()
        };
        assert!(!filter(r#"{"include": {"namespaces": ["*"]}}"#).takes(&on_host));
        assert!(filter(r#"{"exclude": {"namespaces": ["*"]}}"#).takes(&on_host));
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, is_fit) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*a", "a", false),
            ("*b*", "abc", true),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "axc", false),
            ("**", "x", true),
            ("abc", "ab", false),
        ] {
            assert_eq!(fits(pattern, text), is_fit, "{pattern} {text}");
        }
    }
}
