//! Paths as texts, the way Falco puts them together.

use crate::printable::{self, Piece};

/// Longest path, its end included.
const PATH_BYTES_MAX: usize = 1024;

/// What stands for a longer one.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Puts into `out` the path that `path` names, starting from `directory` if it is relative. `.`, `..`
/// and repeated slashes of `path` are resolved by their text alone, those of `directory` stay; what is
/// not printable becomes U+FFFD. `directory` is to end with a slash.
///
/// ```
/// let mut out = Vec::new();
/// saker_falco_events::concatenate(b"/var/log/", b"../lib//x/./y/", &mut out);
/// assert_eq!(out, b"/var/lib/x/y");
/// ```
pub fn concatenate(directory: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let length = directory.len().saturating_add(path.len());
    if length >= PATH_BYTES_MAX {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    let is_relative = path.first().is_some_and(|first| *first != b'/');
    if is_relative {
        out.extend_from_slice(directory);
    }
    let mut rest = path;
    while let Some((piece, length)) = printable::next(rest) {
        let used = match piece {
            Piece::Printable(b".") if at_component(out) => dot(rest, out),
            Piece::Printable(b"/") => {
                slash(is_relative && !directory.is_empty(), out);
                1
            }
            piece => {
                let text = piece.text();
                if out.len().saturating_add(text.len()) >= PATH_BYTES_MAX {
                    // What replaces single bytes is longer than they are.
                    return;
                }
                out.extend_from_slice(text);
                length
            }
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Whether a component begins at the end of the path.
fn at_component(out: &[u8]) -> bool {
    out.last().is_none_or(|last| *last == b'/')
}

/// Takes a dot at the begin of a component and says how much of the path it used.
fn dot(rest: &[u8], out: &mut Vec<u8>) -> usize {
    match rest {
        [b'.', b'.', b'/', ..] => {
            remove_component(out);
            3
        }
        b".." => {
            remove_component(out);
            2
        }
        [b'.', b'/', ..] => 2,
        b"." => 1,
        _ => {
            out.push(b'.');
            1
        }
    }
}

/// Takes a slash: one is enough, and a path that was walked back to its begin stays relative.
fn slash(has_base: bool, out: &mut Vec<u8>) {
    let is_needless = match out.last() {
        Some(last) => *last == b'/',
        None => has_base,
    };
    if !is_needless {
        out.push(b'/');
    }
}

/// Walks back to the parent. A single byte stays.
fn remove_component(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    while out.last().is_some_and(|last| *last != b'/') {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(directory: &str, path: &[u8]) -> String {
        let mut out = Vec::new();
        concatenate(directory.as_bytes(), path, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_put_together_by_their_texts() {
        assert_eq!(joined("/root/", b"../a"), "/a");
        assert_eq!(joined("/root/", b"a//b/./c/../d/"), "/root/a/b/d");
        assert_eq!(joined("/root/", b"/etc/../etc/passwd"), "/etc/passwd");
        assert_eq!(joined("/", b"../../.."), "/");
        assert_eq!(joined("/", b"/"), "/");
        assert_eq!(joined("/a/", b"..b/.c"), "/a/..b/.c");
        assert_eq!(joined("/a/", b".."), "/");
        assert_eq!(joined("/a/b/", b"."), "/a/b");
        assert_eq!(joined("/a/", b""), "");
    }

    #[test]
    fn what_is_not_printable_is_replaced() {
        assert_eq!(joined("/", b"a\x01b\xff\xc3\xa4"), "/a\u{fffd}b\u{fffd}ä");
    }

    #[test]
    fn a_path_that_is_too_long_says_so() {
        let long = vec![b'x'; PATH_BYTES_MAX];
        assert_eq!(joined("/", &long).as_bytes(), TOO_LONG);
        let wide = vec![1; PATH_BYTES_MAX - 2];
        let mut out = Vec::new();
        concatenate(b"/", &wide, &mut out);
        assert!(out.len() < PATH_BYTES_MAX);
    }
}
