//! Where alerts go: `stdout_output`, `file_output` and so on, `outputs`, `alerts`, `cluster_name`.

use super::ConfigError;
use crate::cli::OutputFormat;
use saker_alert_delivery::throttle::Throttle;
use saker_alert_delivery::{
    CollectorSettings, FalcoEntry, FileSettings, HttpOutputSettings, Kind, OutputSettings,
    OutputsFile, ProgramSettings, StdoutSettings, SyslogOutputSettings, ThrottleSettings,
};
use saker_alert_formats::Format;

pub(super) type StdoutEntry = FalcoEntry<StdoutSettings>;
pub(super) type FileEntry = FalcoEntry<FileSettings>;
pub(super) type SyslogEntry = FalcoEntry<SyslogOutputSettings>;
pub(super) type ProgramEntry = FalcoEntry<ProgramSettings>;
pub(super) type HttpEntry = FalcoEntry<HttpOutputSettings>;
pub(super) type CollectorEntry = FalcoEntry<CollectorSettings>;

/// Where alerts go.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryConfig {
    /// The outputs that are enabled.
    pub(crate) outputs: Vec<OutputSettings>,
    /// What is held back.
    pub(crate) throttle: ThrottleSettings,
    /// Name of the cluster in alerts.
    pub(crate) cluster: String,
}

impl DeliveryConfig {
    /// Checks the outputs. `formats` are the one in force, and the one that the command line asks for.
    pub(super) fn build(
        file: OutputsFile,
        throttle: ThrottleSettings,
        cluster: String,
        formats: (OutputFormat, Option<OutputFormat>),
    ) -> Result<Self, ConfigError> {
        let mut outputs = file.build(format(formats.0))?;
        // The command line wins over a format of standard output.
        if let Some(asked) = formats.1 {
            let stdout = outputs
                .iter_mut()
                .find(|output| matches!(output.kind, Kind::Stdout(_)));
            if let Some(stdout) = stdout {
                stdout.format = format(asked);
            }
        }
        Throttle::new(&throttle)?;
        Ok(Self {
            outputs,
            throttle,
            cluster,
        })
    }

    /// Standard output alone, with all alerts, as replay has it.
    pub(crate) fn stdout_only(self, output: OutputFormat) -> Self {
        Self {
            outputs: vec![OutputSettings::stdout(format(output))],
            throttle: ThrottleSettings::default(),
            ..self
        }
    }
}

fn format(output: OutputFormat) -> Format {
    match output {
        OutputFormat::Text => Format::Text,
        OutputFormat::Json => Format::FalcoJson,
    }
}
