//! Paths by their text, as Falco joins them: no link is followed.

use crate::text::{REPLACEMENT, Sequence, sequence};

/// Longest joined path and its NUL, bytes.
const PATH_BYTES_MAX: usize = 1024;

/// What stands for a path that is too long.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// The path that `path` names in `directory`, which ends in a slash or is empty. `directory` is taken
/// as it is; `path` loses its dots and double slashes, and what cannot be shown is replaced. An
/// absolute path stands for itself.
#[must_use]
pub fn joined_path(directory: &[u8], path: &[u8]) -> Vec<u8> {
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    let length = directory.len().saturating_add(path.len());
    if length >= PATH_BYTES_MAX {
        return TOO_LONG.to_vec();
    }
    let is_relative = path.first().is_some_and(|byte| *byte != b'/');
    let base = if is_relative { directory } else { b"" };
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(base);
    append(&mut out, path, base.is_empty());
    out
}

/// Appends a path to its base, component by component.
fn append(out: &mut Vec<u8>, path: &[u8], is_base_empty: bool) {
    let mut rest = path;
    while let [byte, after @ ..] = rest {
        let begins_component = out.last().is_none_or(|last| *last == b'/');
        rest = match (byte, after) {
            (b'.', [b'.', b'/', after @ ..]) if begins_component => {
                leave_directory(out);
                after
            }
            (b'.', [b'.']) if begins_component => {
                leave_directory(out);
                b""
            }
            (b'.', [b'/', after @ ..]) if begins_component => after,
            (b'.', []) if begins_component => after,
            // A base that was left altogether does not begin anew at the root.
            (b'/', after) if out.last() == Some(&b'/') || (out.is_empty() && !is_base_empty) => {
                after
            }
            _ => {
                let Some(after) = append_character(out, rest) else {
                    return;
                };
                after
            }
        };
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Appends the first character of a path and tells what follows; `None` when there is no more room.
fn append_character<'p>(out: &mut Vec<u8>, path: &'p [u8]) -> Option<&'p [u8]> {
    let (shown, length) = match sequence(path) {
        Sequence::Printable(length) => (path.get(..length)?, length),
        Sequence::Replaced(length) => (REPLACEMENT, length),
    };
    if out.len().saturating_add(shown.len()) >= PATH_BYTES_MAX {
        return None;
    }
    out.extend_from_slice(shown);
    path.get(length..)
}

/// Removes the last component; the root stays.
fn leave_directory(out: &mut Vec<u8>) {
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

    #[test]
    fn paths_are_joined_by_their_text() {
        for (directory, path, expected) in [
            ("/home/u/", "a", "/home/u/a"),
            ("/home/u/", "/a", "/a"),
            ("/home/u/", "./a/./b/", "/home/u/a/b"),
            ("/home/u/", "../a", "/home/a"),
            ("/home/u/", "../../../../a", "/a"),
            ("/home/u/", "..", "/home"),
            ("/home/u/", ".", "/home/u"),
            ("/home/u/", "a//b", "/home/u/a/b"),
            ("/home/u/", ".hidden", "/home/u/.hidden"),
            ("/home/u/", "..x", "/home/u/..x"),
            ("/home/u/", "", ""),
            ("", "a/b", "a/b"),
            ("", "/", "/"),
            ("", "//", "/"),
            ("", "/../..", "/"),
            ("", "/a/..", "/"),
            ("a/", "../b", "b"),
            ("./", "x", "./x"),
            ("/", "a\u{1}", "/a\u{FFFD}"),
        ] {
            let joined = joined_path(directory.as_bytes(), path.as_bytes());
            let joined = String::from_utf8(joined).unwrap();
            assert_eq!(joined, expected, "{directory} {path}");
        }
    }

    #[test]
    fn a_path_has_a_greatest_length() {
        let long = vec![b'a'; 1020];
        assert_eq!(joined_path(b"/d/", &long).len(), 1023);
        assert_eq!(joined_path(b"/dd/", &long), TOO_LONG);
        // Replaced characters take more room than those they stand for: the path is cut.
        let controls = vec![1; 1000];
        assert_eq!(joined_path(b"/", &controls).len(), 1 + 340 * 3);
    }
}
