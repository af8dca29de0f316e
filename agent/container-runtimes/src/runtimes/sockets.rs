//! Which sockets there are.

use crate::client::Socket;
use crate::config::RuntimesConfig;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Most folders that a `*` stands for.
const FOLDERS_MAX: usize = 256;

/// The sockets of the configuration that are there now, each once: a socket may be reached by two
/// paths, as `/var/run` is a link to `/run`.
pub(super) fn existing(config: &RuntimesConfig) -> Vec<Socket> {
    let mut sockets: Vec<Socket> = Vec::new();
    for (engine, path) in config.sockets() {
        for path in matching(&config.on_host(path)) {
            let is_socket = fs::metadata(&path).is_ok_and(|found| found.file_type().is_socket());
            let is_new = !sockets
                .iter()
                .any(|socket| socket.engine == *engine && is_same(&socket.path, &path));
            if is_socket && is_new {
                sockets.push(Socket {
                    engine: *engine,
                    path,
                });
            }
        }
    }
    sockets
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// The paths that a path with components `*` stands for.
fn matching(path: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for component in path.components() {
        if component.as_os_str() == OsStr::new("*") {
            paths = paths.iter().flat_map(|path| folders(path)).collect();
            paths.truncate(FOLDERS_MAX);
        } else {
            for path in &mut paths {
                path.push(component);
            }
        }
    }
    paths
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut folders: Vec<_> = entries
        .take(FOLDERS_MAX)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    folders
}
