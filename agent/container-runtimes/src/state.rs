//! The files in which runtimes keep their state.
//!
//! They are written before the first process of a container runs, so they are the fastest answer; and
//! where no socket answers, the only one. They say less than the runtimes.

mod bundle;
mod docker;
mod file;
mod oci;
mod storage;

use crate::bounds;
use crate::config::{Engine, RuntimesConfig};
use crate::error::RuntimeError;
use file::Folder;
use saker_container_metadata::ContainerInfo;
use saker_process_state::ContainerRef;
use std::path::{Path, PathBuf};

/// What the files say about a container.
#[derive(Debug)]
pub(crate) struct State {
    /// Everything; what a runtime would say otherwise, as well as one can tell.
    pub(crate) info: ContainerInfo,
    /// The interface by which its runtime can be asked.
    pub(crate) owner: Owner,
    privileges: Privileges,
}

/// By which interface the runtime of a container can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// By this one.
    Engine(Engine),
    /// By none: the files are all there is.
    Nobody,
}

/// Whether files say what privileges were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privileges {
    /// They do.
    Said,
    /// They only say what came of it.
    Guessed,
}

impl State {
    /// What will not be said otherwise by the runtime: what may be held true before it answers.
    pub(crate) fn part(&self) -> ContainerInfo {
        let info = &self.info;
        let is_said = self.privileges == Privileges::Said;
        ContainerInfo {
            kind: info.kind,
            name: info.name.clone(),
            privileged: info.privileged.filter(|_| is_said),
            host_pid: info.host_pid,
            host_network: info.host_network,
            host_ipc: info.host_ipc,
            pod: info.pod.clone(),
            ..ContainerInfo::new(info.id.clone(), info.runtime)
        }
    }
}

/// A folder in which a runtime keeps the state of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateFolder {
    /// Who keeps it.
    pub(crate) runtime: &'static str,
    /// Where it lies for the agent.
    pub(crate) path: PathBuf,
}

/// The folders that there are now.
pub(crate) fn folders(config: &RuntimesConfig) -> Vec<StateFolder> {
    let all = (bundle::TASKS.iter().map(|path| ("containerd", *path)))
        .chain(
            storage::STORAGES
                .iter()
                .map(|path| ("CRI-O or podman", *path)),
        )
        .chain([("Docker", docker::CONTAINERS), ("runc", bundle::RUNC)]);
    all.map(|(runtime, path)| StateFolder {
        runtime,
        path: config.on_host(Path::new(path)),
    })
    .filter(|folder| folder.path.is_dir())
    .collect()
}

/// Looks for the state of a container, which may take a millisecond: not for asynchronous threads.
///
/// `Ok(None)` says that there are no such files.
///
/// # Errors
///
/// A file could not be read, or is not what it should be.
pub(crate) fn find(
    config: &RuntimesConfig,
    container: &ContainerRef,
) -> Result<Option<State>, RuntimeError> {
    let Some(folder) = Folder::of(config, container.id.full()) else {
        return Ok(None);
    };
    let found = match docker::find(&folder)? {
        Some(found) => Some(found),
        None => match bundle::find(&folder)? {
            Some(found) => Some(found),
            None => storage::find(&folder)?,
        },
    };
    Ok(found.map(|state| State {
        info: bounds::cut_texts(state.info),
        ..state
    }))
}

#[cfg(test)]
mod tests;
