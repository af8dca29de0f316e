//! `saker policy check`.

use crate::cli::PolicyCheckArgs;
use std::process::ExitCode;

/// Says what the policies say of flows.
pub(crate) fn run(arguments: &PolicyCheckArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!(
        "no policy is judged yet: {}, {}, {:?}, {}",
        arguments.flow.display(),
        arguments.manifests.display(),
        arguments.output,
        arguments.fail_on_denied
    )
}
