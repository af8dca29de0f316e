//! All outputs of a configuration file, put together and checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use saker_alert_formats::Format;
use saker_proto::v1::Priority;

use super::entry::{Common, FalcoEntry, ListedEntry};
use super::kinds::{
    CollectorSettings, FileSettings, HttpOutputSettings, Kind, ProgramSettings, SpoolPlace,
    StdoutSettings, SyslogOutputSettings,
};
use crate::filter::Filter;

/// Below it each output has its spool, by name.
const SPOOLS: &str = "/var/lib/saker/spool";

/// Falco's default of `ca_path`.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs";

/// Bytes of a name: it is a label of metrics and a folder.
const NAME_BYTES_MAX: usize = 64;

/// As metrics name what happens before routing.
const RESERVED: &str = "all";

/// What a configuration file says about outputs.
#[derive(Clone, Debug, Default)]
pub struct OutputsFile {
    /// `stdout_output`; alerts are printed unless it says otherwise.
    pub stdout: Option<FalcoEntry<StdoutSettings>>,
    /// `file_output`.
    pub file: Option<FalcoEntry<FileSettings>>,
    /// `syslog_output`.
    pub syslog: Option<FalcoEntry<SyslogOutputSettings>>,
    /// `program_output`.
    pub program: Option<FalcoEntry<ProgramSettings>>,
    /// `http_output`.
    pub http: Option<FalcoEntry<HttpOutputSettings>>,
    /// `collector_output`.
    pub collector: Option<FalcoEntry<CollectorSettings>>,
    /// `outputs`: further ones.
    pub listed: Vec<ListedEntry>,
}

/// An output.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    /// Identifies it in metrics and logs.
    pub name: String,
    /// How it writes alerts; of no meaning for a collector.
    pub format: Format,
    /// Less urgent alerts are not for it.
    pub minimum_priority: Priority,
    /// Which alerts are for it.
    pub filter: Filter,
    /// Where it sends them.
    pub kind: Kind,
}

impl OutputSettings {
    /// Standard output, with all alerts.
    #[must_use]
    pub fn stdout(format: Format) -> Self {
        Self {
            name: "stdout".to_owned(),
            format,
            minimum_priority: Priority::Unspecified,
            filter: Filter::default(),
            kind: Kind::Stdout(StdoutSettings {}),
        }
    }
}

/// Outputs that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Two outputs could not be told apart.
    #[error("{key}: there is another output of this name; choose another `name`")]
    Twice {
        /// The output.
        key: String,
    },
    /// No name for metrics and folders.
    #[error(
        "outputs: `{name}` cannot be a name; up to {NAME_BYTES_MAX} letters, digits, `-` and `_`, \
         and not `{RESERVED}`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A value is missing or not allowed.
    #[error("{key}.{setting}: {remedy}")]
    Value {
        /// The output.
        key: String,
        /// The setting.
        setting: &'static str,
        /// What is wrong, and what would be right.
        remedy: &'static str,
    },
    /// Two outputs would write into one folder.
    #[error("{key}.spool.directory: {path} belongs to another output", path = .path.display())]
    Folder {
        /// The output.
        key: String,
        /// The folder.
        path: PathBuf,
    },
}

impl OutputsFile {
    /// The outputs that are enabled, Falco's first.
    ///
    /// # Errors
    ///
    /// Where one of them cannot be used. Those that are not enabled are not looked at.
    pub fn build(self, default_format: Format) -> Result<Vec<OutputSettings>, SettingsError> {
        let stdout = self.stdout.unwrap_or_else(|| FalcoEntry {
            common: Common::default(),
            kind: StdoutSettings {},
        });
        let mut outputs = vec![named("stdout", stdout, Kind::Stdout)];
        outputs.extend(self.file.map(|entry| named("file", entry, Kind::File)));
        outputs.extend(
            self.syslog
                .map(|entry| named("syslog", entry, Kind::Syslog)),
        );
        outputs.extend(
            self.program
                .map(|entry| named("program", entry, Kind::Program)),
        );
        outputs.extend(
            self.http
                .map(|entry| named("http", entry, |settings| Kind::Http(Box::new(settings)))),
        );
        outputs.extend(self.collector.map(|entry| {
            named("collector", entry, |settings| {
                Kind::Collector(Box::new(settings))
            })
        }));
        outputs.extend(self.listed.into_iter().map(|entry| {
            let name = entry.common.name.clone().unwrap_or_default();
            (format!("outputs.{name}"), name, entry)
        }));
        let mut seen = Seen::default();
        let enabled = outputs
            .into_iter()
            .filter(|(_, _, entry)| entry.common.enabled != Some(false));
        enabled
            .map(|(key, name, entry)| seen.check(key, name, entry, default_format))
            .collect()
    }
}

fn named<K>(
    name: &str,
    entry: FalcoEntry<K>,
    kind: impl FnOnce(K) -> Kind,
) -> (String, String, ListedEntry) {
    let listed = ListedEntry {
        common: entry.common,
        kind: kind(entry.kind),
    };
    (format!("{name}_output"), name.to_owned(), listed)
}

/// What may be there once only.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    folders: BTreeSet<PathBuf>,
    has_stdout: bool,
}

impl Seen {
    fn check(
        &mut self,
        key: String,
        name: String,
        entry: ListedEntry,
        default_format: Format,
    ) -> Result<OutputSettings, SettingsError> {
        let wrong = |setting, remedy| SettingsError::Value {
            key: key.clone(),
            setting,
            remedy,
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty()
            || name.len() > NAME_BYTES_MAX
            || name == RESERVED
            || !name.bytes().all(is_name)
        {
            return Err(SettingsError::Name { name });
        }
        if !self.names.insert(name.clone()) {
            return Err(SettingsError::Twice { key });
        }
        let mut kind = entry.kind;
        match &mut kind {
            Kind::Stdout(_) if std::mem::replace(&mut self.has_stdout, true) => {
                return Err(wrong(
                    "kind",
                    "standard output can be one output only; set stdout_output.enabled to false",
                ));
            }
            Kind::Stdout(_) | Kind::Syslog(_) => {}
            Kind::File(file) if file.filename.as_os_str().is_empty() => {
                return Err(wrong("filename", "missing; name a file"));
            }
            Kind::File(_) => {}
            Kind::Program(program) if program.program.trim().is_empty() => {
                return Err(wrong("program", "missing; give a command line"));
            }
            Kind::Program(_) => {}
            Kind::Http(http) => {
                check_http(http).map_err(|(setting, remedy)| wrong(setting, remedy))?;
                self.claim(&key, &name, &mut http.spool)?;
            }
            Kind::Collector(collector) => {
                if entry.common.format.is_some() {
                    return Err(wrong(
                        "format",
                        "a collector gets alerts whole; leave it out",
                    ));
                }
                self.claim(&key, &name, &mut collector.spool)?;
            }
        }
        let format = match &kind {
            // What receives alerts over HTTP reads JSON.
            Kind::Http(_) => Format::FalcoJson,
            _ => default_format,
        };
        Ok(OutputSettings {
            name,
            format: entry.common.format.unwrap_or(format),
            minimum_priority: entry
                .common
                .minimum_priority
                .unwrap_or(Priority::Unspecified),
            filter: entry.common.filter,
            kind,
        })
    }

    /// Gives a spool its folder.
    fn claim(
        &mut self,
        key: &str,
        name: &str,
        place: &mut SpoolPlace,
    ) -> Result<(), SettingsError> {
        place.settings.validate().map_err(|_| SettingsError::Value {
            key: key.to_owned(),
            setting: "spool",
            remedy: "max_bytes has to be at least four times segment_bytes, and segment_bytes from 64 KiB to 64 MiB",
        })?;
        let directory = place
            .directory
            .get_or_insert_with(|| PathBuf::from(SPOOLS).join(name));
        if self.folders.insert(directory.clone()) {
            return Ok(());
        }
        Err(SettingsError::Folder {
            key: key.to_owned(),
            path: directory.clone(),
        })
    }
}

fn check_http(http: &HttpOutputSettings) -> Result<(), (&'static str, &'static str)> {
    if http.url.is_empty() {
        return Err((
            "url",
            "missing; name a server, such as https://alerts.example/",
        ));
    }
    if http.insecure {
        return Err((
            "insecure",
            "refused: without looking at its certificate, anybody could be the server; name its \
             authority with `ca_cert`",
        ));
    }
    if http.echo {
        return Err((
            "echo",
            "refused: answers would mix with alerts on standard output; SAKER_LOG=debug shows them",
        ));
    }
    if http
        .ca_path
        .as_deref()
        .is_some_and(|path| path != Path::new(SYSTEM_AUTHORITIES))
    {
        return Err((
            "ca_path",
            "a folder of authorities is not read; put them into one file and name it with `ca_cert`",
        ));
    }
    if http.shows_certificate() && (http.client_cert.is_none() || http.client_key.is_none()) {
        return Err(("mtls", "needs `client_cert` and `client_key`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
