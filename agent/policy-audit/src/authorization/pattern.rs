//! The texts, paths and names that policies compare with.

/// Whether a value of Istio's policies matches a text: `*` what is not empty, `*x` what ends with `x`, `x*` what
/// begins with it, else the text itself.
///
/// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Rule>
pub(super) fn matches_text(pattern: &str, text: &str) -> bool {
    if pattern == "*" {
        return !text.is_empty();
    }
    if let Some(end) = pattern.strip_prefix('*') {
        return text.ends_with(end);
    }
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

/// The same with `*` at any place, for names of namespaces: each stands for any characters.
pub(super) fn matches_wildcards(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        // The leftmost place leaves the most for what follows.
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a template of a path says anything that a text does not.
pub(super) fn is_template(pattern: &str) -> bool {
    pattern.contains("{*}") || pattern.contains("{**}")
}

/// Whether a template matches a path: `{*}` is one component that is not empty, `{**}` any number of characters.
/// `None` where the template is none that Istio takes: `{**}` has to be its last wildcard, and `{*}` a whole component.
///
/// <https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation>
pub(super) fn matches_template(template: &str, path: &str) -> Option<bool> {
    let (head, tail) = match template.split_once("{**}") {
        Some((head, tail)) => (head, Some(tail)),
        None => (template, None),
    };
    if tail.is_some_and(is_template) {
        return None;
    }
    let mut parts = head.split("{*}");
    let mut before = parts.next().unwrap_or_default();
    let mut rest = path.strip_prefix(before);
    for after in parts {
        let is_component = before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        let ends_whole = !after.is_empty() || tail.is_none();
        if !is_component || !ends_whole {
            return None;
        }
        rest = rest.and_then(|rest| {
            let end = rest.find('/').unwrap_or(rest.len());
            let (component, behind) = rest.split_at_checked(end)?;
            let behind = behind.strip_prefix(after)?;
            (!component.is_empty()).then_some(behind)
        });
        before = after;
    }
    Some(match (rest, tail) {
        (None, _) => false,
        (Some(rest), None) => rest.is_empty(),
        (Some(rest), Some(tail)) => rest.ends_with(tail),
    })
}

/// A path without its query and fragment.
pub(super) fn without_query(path: &str) -> &str {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    path.get(..end).unwrap_or(path)
}

/// Whether a path means the same whatever a mesh does to bring it into normal form
/// (<https://istio.io/latest/docs/reference/config/security/normalization/>).
pub(super) fn is_normal(path: &str) -> bool {
    let is_odd = path.contains(['%', '\\']) || path.contains("//");
    !is_odd && !path.split('/').any(|part| part == "." || part == "..")
}

/// Whether an identity of Linkerd matches: `*` any, `*.x` what ends with `.x`, else the identity itself.
pub(super) fn matches_identity(pattern: &str, identity: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => identity.ends_with(end),
        None => pattern == identity,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        is_normal, is_template, matches_identity, matches_template, matches_text,
        matches_wildcards, without_query,
    };

    #[test]
    fn texts_match_whole_or_by_one_end_or_by_being_there() {
        for (pattern, text, matches) in [
            ("GET", "GET", true),
            ("GET", "get", false),
            ("GET", "GETS", false),
            ("/info*", "/info", true),
            ("/info*", "/information/x", true),
            ("/info*", "/x/info", false),
            ("*.example.org", "a.example.org", true),
            ("*.example.org", "example.org", false),
            ("*", "x", true),
            ("*", "", false),
            ("", "", true),
            // Only one end counts.
            ("*a*", "xa*", true),
            ("*a*", "xay", false),
        ] {
            assert_eq!(matches_text(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn wildcards_stand_anywhere() {
        for (pattern, text, matches) in [
            ("shop", "shop", true),
            ("shop", "shops", false),
            ("shop*", "shops", true),
            ("*op", "shop", true),
            ("s*p", "shop", true),
            ("s*p", "shops", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(
                matches_wildcards(pattern, text),
                matches,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn templates_have_components_and_a_rest() {
        for (template, path, matches) in [
            ("/a/{*}", "/a/b", Some(true)),
            ("/a/{*}", "/a/", Some(false)),
            ("/a/{*}", "/a/b/c", Some(false)),
            ("/a/{*}/c", "/a/b/c", Some(true)),
            ("/a/{*}/c", "/a/b/d/c", Some(false)),
            ("/{*}/{*}", "/a/b", Some(true)),
            ("/{*}/{*}", "/a", Some(false)),
            ("/a/{**}", "/a/", Some(true)),
            ("/a/{**}", "/a/b/c", Some(true)),
            ("/a/{**}", "/a", Some(false)),
            ("/a/{*}/{**}", "/a/b/c/d", Some(true)),
            ("/a/{**}/z", "/a/b/c/z", Some(true)),
            ("/a/{**}/z", "/a/b/c", Some(false)),
            ("/{**}/{*}", "/a/b", None),
            ("/{**}/{**}", "/a/b", None),
            ("/a{*}", "/ab", None),
            ("/{*}b", "/ab", None),
            ("/{*}{**}", "/ab", None),
        ] {
            assert!(is_template(template));
            assert_eq!(
                matches_template(template, path),
                matches,
                "{template} {path}"
            );
        }
        assert!(!is_template("/a/*"));
    }

    #[test]
    fn what_normalization_may_change_is_not_normal() {
        for path in ["/", "/a/b.c", "/a/...", "*"] {
            assert!(is_normal(path), "{path}");
        }
        for path in ["//a", "/a//b", "/a/../b", "/a/.", "/a%2fb", "/a\\b"] {
            assert!(!is_normal(path), "{path}");
        }
        assert_eq!(without_query("/a?b=/c"), "/a");
        assert_eq!(without_query("/a#b"), "/a");
        assert_eq!(without_query("/a"), "/a");
    }

    #[test]
    fn identities_match_whole_or_by_their_end() {
        assert!(matches_identity("*", "a.shop"));
        assert!(matches_identity("*.shop", "a.shop"));
        assert!(!matches_identity("*.shop", "a.bank"));
        assert!(matches_identity("a.shop", "a.shop"));
        assert!(!matches_identity("a.shop", "b.a.shop"));
    }
}
