//! Prefixes of paths by whole components (`pmatch`).
//!
//! `/opt/dir` is a prefix of `/opt/dir` and of `/opt/dir/file`, not of `/opt/directory`. A component
//! of a prefix may be a glob, which never reaches over a `/`. Repeated and trailing slashes do not
//! count. The empty prefix is a prefix of everything, `/` of every absolute path.

use std::borrow::Cow;

use foldhash::HashSet;

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
        let mut is_found = false;
        if !self.literal.is_empty() {
            each_path_prefix(value, |prefix| is_found |= self.literal.contains(prefix));
        }
        is_found
    }

    /// The prefixes in normal form; nothing if one of them has a glob.
    pub(crate) fn literals(&self) -> Option<impl Iterator<Item = &[u8]>> {
        let texts = self.literal.iter().map(|text| &**text);
        self.globs.is_empty().then_some(texts)
    }
}

/// Calls `look` with everything in normal form that is a prefix of the path by whole components, each
/// once: nothing at all, the root, each parent and the path itself.
pub(crate) fn each_path_prefix(path: &[u8], mut look: impl FnMut(&[u8])) {
    let path = normal_form(path);
    look(b"");
    for end in memchr::memchr_iter(b'/', &path) {
        // Before the first slash of an absolute path lies nothing; its first parent is the root.
        let parent = if end == 0 {
            path.get(..1)
        } else {
            path.get(..end)
        };
        look(parent.unwrap_or_default());
    }
    if path.len() > 1 || (path.len() == 1 && *path != *b"/") {
        look(&path);
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
