//! Paths as text.

/// Puts into `out` the absolute path that `path` names, starting from `base` if it is relative:
/// `.`, `..` and repeated slashes are resolved by their text alone, links are not followed. This
/// is what Falco means by `fd.name`.
///
/// `out` is cleared first, so that one buffer can serve many events.
///
/// ```
/// let mut out = Vec::new();
/// saker_event_decode::normalise(b"/var/log", b"../lib//x/./y/..", &mut out);
/// assert_eq!(out, b"/var/lib/x");
/// ```
pub fn normalise(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if !path.starts_with(b"/") {
        append(base, out);
    }
    append(path, out);
    if out.is_empty() {
        out.push(b'/');
    }
}

/// Appends the components of `path` to the normalised path in `out`, which is empty for `/`.
fn append(path: &[u8], out: &mut Vec<u8>) {
    for component in path.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                let parent = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                out.truncate(parent);
            }
            name => {
                out.push(b'/');
                out.extend_from_slice(name);
            }
        }
    }
}
