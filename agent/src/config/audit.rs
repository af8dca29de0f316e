//! Which sources take part, and what brings the events of the audit log.

use super::ConfigError;
use saker_audit_intake::{AuditSettings, FileSettings};
use saker_rule_fields::{FLOW_SOURCE, FieldSources, K8S_AUDIT_SOURCE, POD_SOURCE, SYSCALL_SOURCE};
use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::cli::SourceArgs;

/// Where how far audit files were read is kept, unless stated.
const POSITIONS_FILE: &str = "/var/lib/saker/k8s_audit.json";

/// The sources whose rules take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sources(BTreeSet<String>);

impl Sources {
    /// All that there are.
    pub(crate) fn all() -> Self {
        let names = FieldSources::All.names().iter();
        Self(names.map(|name| (*name).to_owned()).collect())
    }

    /// Whether rules of a source take part.
    pub(crate) fn has(&self, source: &str) -> bool {
        self.0.contains(source)
    }

    /// Whether events come from the kernel. Those of pods are judged by the same thread, and with what is only
    /// the audit log besides, they are not.
    pub(crate) fn need_kernel(&self) -> bool {
        let has_pods_alone = self.has(POD_SOURCE) && !self.has(K8S_AUDIT_SOURCE);
        self.has(SYSCALL_SOURCE) || self.has(FLOW_SOURCE) || has_pods_alone
    }

    /// Those of the file, unless the command line names others.
    pub(super) fn build(
        file: Option<Vec<String>>,
        arguments: &SourceArgs,
    ) -> Result<Self, ConfigError> {
        let named = if arguments.source.is_empty() {
            file
        } else {
            Some(arguments.source.clone())
        };
        let mut sources = match named {
            Some(names) => {
                for name in &names {
                    check(name)?;
                }
                Self(names.into_iter().collect())
            }
            None => Self::all(),
        };
        for name in &arguments.disable_source {
            check(name)?;
            sources.0.remove(name);
        }
        if sources.0.is_empty() {
            return Err(ConfigError::Value {
                key: "sources",
                value: String::new(),
                expected: format!("at least one of {}", FieldSources::All.names().join(", ")),
            });
        }
        Ok(sources)
    }
}

fn check(name: &str) -> Result<(), ConfigError> {
    if FieldSources::All.contains(name) {
        return Ok(());
    }
    Err(ConfigError::Value {
        key: "sources",
        value: name.to_owned(),
        expected: FieldSources::All.names().join(", "),
    })
}

/// What the file says, with what the command line adds.
pub(super) fn audit(
    mut settings: AuditSettings,
    sources: &Sources,
    arguments: &SourceArgs,
) -> Result<AuditSettings, ConfigError> {
    if let Some(place) = &arguments.k8s_audit {
        if place.contains("://") {
            let address = place.parse()?;
            let webhook = settings.webhook.take().unwrap_or_default();
            settings.webhook = Some(webhook.at(&address)?);
        } else {
            settings.files.push(FileSettings {
                path: PathBuf::from(place),
                from: None,
            });
        }
    }
    if !settings.files.is_empty() {
        settings
            .positions_file
            .get_or_insert_with(|| PathBuf::from(POSITIONS_FILE));
    }
    settings.check()?;
    if !sources.has(K8S_AUDIT_SOURCE) {
        return Ok(AuditSettings::default());
    }
    Ok(settings)
}
