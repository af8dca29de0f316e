//! Paths of captured events, put together by their text as Falco does.

/// Longest path, bytes: what Falco's buffer for one holds.
const PATH_BYTES_MAX: usize = 1024;
/// What stands for a path that does not fit.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Appends `path` as seen from `directory`, whose text is taken as it is.
///
/// The result has no `.`, `..` and repeated slashes but those of the directory, and no slash at its
/// end.
pub(crate) fn join(directory: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let length = directory.len().saturating_add(path.len()).saturating_add(1);
    if length > PATH_BYTES_MAX {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    if !path.is_empty() && !path.starts_with(b"/") {
        out.extend_from_slice(directory);
    }
    let had_directory = !out.is_empty();
    let mut rest = path;
    while let Some((byte, tail)) = rest.split_first() {
        let begins_component = matches!(out.last(), None | Some(b'/'));
        match (byte, tail) {
            (b'.', [b'.', b'/', tail @ ..]) if begins_component => {
                to_parent(out);
                rest = tail;
            }
            (b'.', [b'.']) if begins_component => {
                to_parent(out);
                rest = &[];
            }
            (b'.', [b'/', tail @ ..]) if begins_component => rest = tail,
            (b'.', []) if begins_component => rest = &[],
            // After the last component of the directory went, its slash went with it.
            (b'/', tail) if out.last() == Some(&b'/') || (out.is_empty() && had_directory) => {
                rest = tail;
            }
            (byte, tail) => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Takes the last component off, and leaves the slash before it.
fn to_parent(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    while out.last().is_some_and(|byte| *byte != b'/') {
        out.pop();
    }
}
