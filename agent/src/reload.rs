//! Noticing that files changed: of rules, and manifests.

use crate::rules::is_rules_file;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use saker_kube_manifests::is_manifest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long the files must rest before they are read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(300);

/// Watches the folders of files: an editor replaces a file, and Kubernetes a link above it.
pub(crate) struct FilesWatcher {
    _watcher: Option<RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
    /// When the files will have rested long enough, if there was a change.
    rest: Option<Instant>,
}

impl FilesWatcher {
    /// Watches the rules that the paths name; nothing if `paths` is empty. A folder that cannot be watched
    /// is logged: SIGHUP still works.
    pub(crate) fn rules(paths: &[PathBuf]) -> Self {
        Self::new(paths, RecursiveMode::NonRecursive, is_rules_file)
    }

    /// Watches the manifests that a path names, also those in folders inside.
    pub(crate) fn manifests(path: Option<&Path>) -> Self {
        let path: Vec<PathBuf> = path.into_iter().map(Path::to_owned).collect();
        Self::new(&path, RecursiveMode::Recursive, is_manifest)
    }

    /// Watches policies in Rego and their data, also those in folders inside.
    pub(crate) fn policies(path: Option<&Path>) -> Self {
        let path: Vec<PathBuf> = path.into_iter().map(Path::to_owned).collect();
        Self::new(&path, RecursiveMode::Recursive, is_policy)
    }

    fn new(paths: &[PathBuf], mode: RecursiveMode, is_such: fn(&Path) -> bool) -> Self {
        // One place is enough: a change that finds it taken is covered by the reload to come.
        let (sender, changes) = mpsc::channel(1);
        let watcher = if paths.is_empty() {
            None
        } else {
            watch(paths, sender, mode, is_such)
        };
        Self {
            _watcher: watcher,
            changes,
            rest: None,
        }
    }

    /// Waits for a change, and for the files to rest after it. May be given up and called again: what
    /// was noticed is kept.
    pub(crate) async fn changed(&mut self) {
        loop {
            let Some(rest) = self.rest else {
                if self.changes.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
                self.rest = Some(Instant::now() + QUIET);
                continue;
            };
            tokio::select! {
                () = tokio::time::sleep_until(rest) => {
                    self.rest = None;
                    return;
                }
                Some(()) = self.changes.recv() => self.rest = Some(Instant::now() + QUIET),
            }
        }
    }
}

/// Whether a file is of policies in Rego, or of their data.
fn is_policy(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".rego") || matches!(&*name, "data.json" | "data.yaml" | "data.yml")
}

fn watch(
    paths: &[PathBuf],
    sender: mpsc::Sender<()>,
    mode: RecursiveMode,
    is_such: fn(&Path) -> bool,
) -> Option<RecommendedWatcher> {
    let handler = move |event: notify::Result<notify::Event>| {
        let changed = event.is_ok_and(|event| {
            let is_access = matches!(event.kind, EventKind::Access(_));
            !is_access && event.paths.iter().any(|path| concerns(path, is_such))
        });
        if changed && sender.try_send(()).is_err() {
            tracing::trace!("a change is waiting already");
        }
    };
    let mut watcher = match notify::recommended_watcher(handler) {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "cannot watch files; send SIGHUP after a change");
            return None;
        }
    };
    for folder in folders(paths) {
        if let Err(error) = watcher.watch(&folder, mode) {
            tracing::warn!(%error, folder = %folder.display(), "cannot watch files; send SIGHUP after a change");
        }
    }
    Some(watcher)
}

/// Whether a file is one of those that are watched, or the link by which Kubernetes changes all files of a folder; the
/// folder may hold other files, the agent's own output among them.
fn concerns(path: &Path, is_such: fn(&Path) -> bool) -> bool {
    is_such(path) || path.file_name().is_some_and(|name| name == "..data")
}

/// The folders that the paths are or lie in.
fn folders(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folder = |path: &PathBuf| {
        if path.is_dir() {
            return path.clone();
        }
        match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        }
    };
    paths.iter().map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_noticed_and_reading_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rules.yaml");
        std::fs::write(&file, "[]").expect("a file");
        let mut watcher = FilesWatcher::rules(std::slice::from_ref(&file));
        std::fs::read(&file).expect("it reads");
        std::fs::write(folder.path().join("alerts.json"), "{}").expect("another file");
        let waited = tokio::time::timeout(Duration::from_millis(200), watcher.changed()).await;
        assert!(
            waited.is_err(),
            "reading is no change, and other files are no rules"
        );
        std::fs::write(&file, "- list: a").expect("it changes");
        // Given up again and again, as it is when alerts arrive meanwhile.
        for _ in 0..5 {
            let short = Duration::from_millis(50);
            if tokio::time::timeout(short, watcher.changed()).await.is_ok() {
                return;
            }
        }
        tokio::time::timeout(Duration::from_secs(10), watcher.changed())
            .await
            .expect("noticed");
    }
}
