//! Files that tell about the cluster instead of its API server.

use saker_kube_manifests::Manifests;
use saker_kube_metadata::{Cluster, Scope};
use std::path::PathBuf;

/// What the files say, and whom it is told.
pub(super) struct ClusterFiles {
    path: PathBuf,
    manifests: Manifests,
    node_name: Option<String>,
    told: Option<(Cluster, Scope)>,
}

impl ClusterFiles {
    pub(super) fn read(path: PathBuf, node_name: Option<String>) -> anyhow::Result<Self> {
        let files = Self {
            manifests: Manifests::read(&path)?,
            path,
            node_name,
            told: None,
        };
        tracing::info!("the cluster is what files say: {}", files.summary());
        Ok(files)
    }

    /// From now on this cluster is as the files say.
    pub(super) fn tell(mut self, cluster: Cluster, scope: Scope) -> Self {
        if let Some(name) = &self.node_name {
            cluster.set_own_node(name);
        }
        self.manifests.tell(&cluster, scope);
        self.told = Some((cluster, scope));
        self
    }

    /// From now on these objects are needed.
    pub(super) fn need(&mut self, scope: Scope) {
        if let Some((cluster, told)) = &mut self.told
            && *told != scope
        {
            *told = scope;
            self.manifests.tell(cluster, scope);
        }
    }

    /// Reads the files again; says what they have.
    pub(super) fn read_again(&mut self) -> anyhow::Result<String> {
        self.manifests = Manifests::read(&self.path)?;
        if let Some((cluster, scope)) = &self.told {
            self.manifests.tell(cluster, *scope);
            cluster.forget_ended();
        }
        Ok(self.summary())
    }

    fn summary(&self) -> String {
        let Manifests { read, files } = &self.manifests;
        let objects = read.objects.len();
        format!(
            "{objects} objects in {files} files, {} of unknown kinds skipped ({})",
            read.skipped,
            self.path.display()
        )
    }
}
