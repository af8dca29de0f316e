//! Prefixes of paths by whole components (`pmatch`).
//!
//! `/opt/dir` is a prefix of `/opt/dir` and of `/opt/dir/file`, not of `/opt/directory`. A component
//! of a prefix may be a glob, which never reaches over a `/`. Repeated and trailing slashes do not
//! count. The empty prefix is a prefix of everything, `/` of every absolute path.

use std::borrow::Cow;
use std::collections::HashSet;

use super::glob::{Case, Glob, is_pattern};
use crate::error::PatternError;
use crate::options::PatternLimits;

/// A set of prefixes. Those without a glob are found by one hash probe for each component of the value.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathPrefixes {
    /// In normal form: no repeated or trailing slash.
    literal: HashSet<Box<[u8]>>,
    globs: Vec<GlobPrefix>,
}

#[derive(Clone, Debug)]
struct GlobPrefix {
    absolute: bool,
    components: Vec<Glob>,
}

impl PathPrefixes {
    pub(crate) fn new<'a>(
        prefixes: impl IntoIterator<Item = &'a [u8]>,
        limits: &PatternLimits,
    ) -> Result<Self, (&'a [u8], PatternError)> {
        let mut set = Self::default();
        for prefix in prefixes {
            if is_pattern(prefix) {
                set.globs
                    .push(GlobPrefix::new(prefix, limits).map_err(|error| (prefix, error))?);
            } else {
                set.literal.insert(normal_form(prefix).into());
            }
        }
        Ok(set)
    }

    /// Whether some prefix leads to the value.
    pub(crate) fn is_match(&self, value: &[u8]) -> bool {
        self.has_literal_prefix(value) || self.globs.iter().any(|prefix| prefix.is_match(value))
    }

    fn has_literal_prefix(&self, value: &[u8]) -> bool {
        if self.literal.is_empty() {
            return false;
        }
        let value = normal_form(value);
        let root: &[u8] = if value.starts_with(b"/") { b"/" } else { b"" };
        let parents = memchr::memchr_iter(b'/', &value).filter_map(|end| value.get(..end));
        self.literal.contains(&b""[..])
            || self.literal.contains(root)
            || self.literal.contains(&*value)
            || parents
                .into_iter()
                .any(|parent| self.literal.contains(parent))
    }
}

impl GlobPrefix {
    fn new(prefix: &[u8], limits: &PatternLimits) -> Result<Self, PatternError> {
        Ok(Self {
            absolute: prefix.starts_with(b"/"),
            components: components(prefix)
                .map(|component| Glob::new(component, Case::Sensitive, limits))
                .collect::<Result<_, _>>()?,
        })
    }

    fn is_match(&self, value: &[u8]) -> bool {
        let mut found = components(value);
        self.absolute == value.starts_with(b"/")
            && self.components.iter().all(|glob| {
                found
                    .next()
                    .is_some_and(|component| glob.is_match(component))
            })
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty())
}

/// The path without repeated and trailing slashes. Nothing is copied where it has none.
fn normal_form(path: &[u8]) -> Cow<'_, [u8]> {
    let trailing = path.len() > 1 && path.ends_with(b"/");
    if !trailing && memchr::memmem::find(path, b"//").is_none() {
        return Cow::Borrowed(path);
    }
    let mut normal = Vec::with_capacity(path.len());
    for component in components(path) {
        if !normal.is_empty() || path.starts_with(b"/") {
            normal.push(b'/');
        }
        normal.extend_from_slice(component);
    }
    if normal.is_empty() && path.starts_with(b"/") {
        normal.push(b'/');
    }
    Cow::Owned(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(prefixes: &[&str], value: &[u8]) -> bool {
        PathPrefixes::new(
            prefixes.iter().map(|prefix| prefix.as_bytes()),
            &PatternLimits::default(),
        )
        .unwrap()
        .is_match(value)
    }

    #[test]
    fn prefixes_are_whole_components() {
        let value = b"/opt/dir/subdir/file";
        for (prefix, expected) in [
            ("/opt/dir/subdir", true),
            ("/opt/dir", true),
            ("/opt/di", false),
            ("/opt/dir/subdir/file/more", false),
            ("/", true),
            ("", true),
            ("opt/dir", false),
            ("/opt//dir/", true),
            ("/opt/*", true),
            ("/opt/di?/subdir", true),
            ("/opt/di[r]/subdir", true),
            ("/opt/di[t]/subdir", false),
            ("/opt/*/subdir2", false),
            ("/opt/*/*/subsubdir", false),
            ("/*dir", false),
        ] {
            assert_eq!(matches(&[prefix], value), expected, "{prefix}");
        }
    }

    #[test]
    fn any_prefix_will_do_and_none_is_no_prefix() {
        assert!(matches(&["/a", "/opt"], b"/opt/x"));
        assert!(!matches(&[], b"/opt/x"));
        assert!(matches(&["/opt/x"], b"//opt///x/"));
        assert!(matches(&["/"], b"/"));
        assert!(!matches(&["/"], b"relative"));
        assert!(matches(&["rel"], b"rel/x"));
    }
}
