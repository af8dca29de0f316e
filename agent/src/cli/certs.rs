//! The command line of `saker certs`.

use clap::Args;
use std::path::PathBuf;

/// What `saker certs --help` ends with.
pub(crate) const CERTS_EXAMPLES: &str = "\
Makes an authority, a certificate for a collector and one for each node, so that they can speak to each \
other by TLS and the collector knows who is who. For development: whoever reads ca.key can pose as any of \
them. In production let cert-manager or an authority of your own do it; agents and collectors read their \
files again when they are renewed.

Where the folder has an authority already, it signs what is added.

Examples:
  saker certs tls --node worker-1 --node worker-2
  saker certs tls --collector-name collector.example.org --collector-name 10.0.0.5 --node worker-1
  saker certs tls --node worker-3                  another node, by the same authority
  saker certs tls --node worker-1 --force          everything anew

Exit codes: 0 made, 1 something cannot be written, 2 it is there already, or usage is wrong.";

/// Options of `saker certs`.
#[derive(Debug, Args)]
pub(crate) struct CertsArgs {
    /// Folder to write to; made if it is not there.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// Name or address that agents connect to; repeatable. Unless given: localhost, 127.0.0.1 and ::1.
    #[arg(long, value_name = "NAME", value_parser = collector_name)]
    pub(crate) collector_name: Vec<String>,

    /// Name of a node that an agent runs on; repeatable.
    #[arg(long, value_name = "NAME", value_parser = node_name)]
    pub(crate) node: Vec<String>,

    /// How long a new authority is valid, and what it signs.
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,

    /// Replace what is there, the authority too.
    #[arg(long)]
    pub(crate) force: bool,
}

fn collector_name(text: &str) -> Result<String, String> {
    if text.parse::<std::net::IpAddr>().is_ok() || is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("neither a host's name nor an address".to_owned())
    }
}

/// It becomes part of a file's name.
fn node_name(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("no name of a node: letters, digits, `.`, `-` and `_`".to_owned())
    }
}

fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["worker-1", "ip-10-0-0-1.ec2.internal", "A_b"] {
            assert!(node_name(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "../x",
            "a/b",
            "-x",
            ".x",
            "a b",
            "\u{e4}",
            &"a".repeat(254),
        ] {
            assert!(node_name(wrong).is_err(), "{wrong}");
        }
        assert!(collector_name("::1").is_ok());
        assert!(collector_name("https://collector").is_err());
    }
}
