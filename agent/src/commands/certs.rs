//! `saker certs`: certificates for development.

use super::{InputError, print};
use crate::cli::CertsArgs;
use anyhow::Context;
use jiff::Timestamp;
use saker_tls::development::{Authority, Request};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const AUTHORITY_NAME: &str = "Saker development";
/// Part of the URI in a node's certificate; what follows `/node/` is the node's name.
const TRUST_DOMAIN: &str = "spiffe://saker.development";
/// Where agents connect to unless other names are given.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A file to be written.
struct Output {
    path: PathBuf,
    text: String,
    mode: u32,
}

pub(crate) fn run(arguments: &CertsArgs) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    let (authority, is_new) = authority(arguments)?;
    let mut outputs = Vec::new();
    if is_new {
        outputs.push(certificate(
            folder.join("ca.crt"),
            authority.certificate_pem(),
        ));
        outputs.push(key(folder.join("ca.key"), authority.key_pem()));
    }
    let names = collector_names(arguments);
    if let Some(names) = &names {
        push_pair(
            &mut outputs,
            folder,
            "collector",
            &authority,
            &Request::server(names.iter().copied()),
        )?;
    }
    for node in &arguments.node {
        let uri = format!("{TRUST_DOMAIN}/node/{node}");
        let mut request = Request::client([uri.as_str(), node]);
        request.common_name.clone_from(node);
        push_pair(
            &mut outputs,
            folder,
            node_file(node).as_str(),
            &authority,
            &request,
        )?;
    }
    if !arguments.force
        && let Some(there) = outputs.iter().find(|output| output.path.exists())
    {
        return Err(InputError::Exists(there.path.clone()).into());
    }
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for output in &outputs {
        write(output, arguments.force)
            .with_context(|| format!("cannot write {}", output.path.display()))?;
    }
    print(&report(arguments, &authority, &outputs, names.as_deref()))?;
    Ok(ExitCode::SUCCESS)
}

/// That of the folder, or else a new one; and whether it is new.
fn authority(arguments: &CertsArgs) -> anyhow::Result<(Authority, bool)> {
    let path = |name: &str| arguments.folder.join(name);
    let is_there = path("ca.crt").exists() && path("ca.key").exists();
    if arguments.force || !is_there {
        let validity = Authority::days(arguments.days);
        return Ok((Authority::new(AUTHORITY_NAME, validity)?, true));
    }
    let read = |name: &str| {
        fs::read_to_string(path(name))
            .with_context(|| format!("cannot read {}", path(name).display()))
    };
    let authority = Authority::from_pem(&read("ca.crt")?, &read("ca.key")?).with_context(|| {
        format!(
            "the authority in {} cannot be used; --force makes another one",
            arguments.folder.display()
        )
    })?;
    let end = authority.validity().end;
    anyhow::ensure!(
        end > Timestamp::now(),
        "the authority in {} has expired, at {end}; --force makes another one",
        arguments.folder.display()
    );
    Ok((authority, false))
}

/// The names of the collector; `None` where it has its certificate and nobody asks for another.
fn collector_names(arguments: &CertsArgs) -> Option<Vec<&str>> {
    if !arguments.collector_name.is_empty() {
        return Some(
            arguments
                .collector_name
                .iter()
                .map(String::as_str)
                .collect(),
        );
    }
    let is_there = arguments.folder.join("collector.crt").exists();
    (arguments.force || !is_there).then(|| LOCAL_NAMES.to_vec())
}

fn push_pair(
    outputs: &mut Vec<Output>,
    folder: &Path,
    name: &str,
    authority: &Authority,
    request: &Request,
) -> anyhow::Result<()> {
    let issued = authority.issue(request)?;
    outputs.push(certificate(
        folder.join(format!("{name}.crt")),
        issued.certificate_pem,
    ));
    outputs.push(key(folder.join(format!("{name}.key")), issued.key_pem));
    Ok(())
}

fn node_file(node: &str) -> String {
    format!("node-{node}")
}

fn certificate(path: PathBuf, text: String) -> Output {
    Output {
        path,
        text,
        mode: 0o644,
    }
}

fn key(path: PathBuf, text: String) -> Output {
    Output {
        path,
        text,
        mode: 0o600,
    }
}

fn write(output: &Output, replace: bool) -> std::io::Result<()> {
    if replace {
        // Not overwritten: the file of before may be readable for others.
        match fs::remove_file(&output.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(output.mode)
        .open(&output.path)?
        .write_all(output.text.as_bytes())
}

/// What was made, and what to do with it.
fn report(
    arguments: &CertsArgs,
    authority: &Authority,
    outputs: &[Output],
    collector_names: Option<&[&str]>,
) -> String {
    // Configurations are read elsewhere than here.
    let folder =
        std::path::absolute(&arguments.folder).unwrap_or_else(|_| arguments.folder.clone());
    let file = |name: &str| folder.join(name).display().to_string();
    let mut text = String::new();
    for output in outputs {
        line(&mut text, format_args!("{}", output.path.display()));
    }
    let end = authority.validity().end;
    line(
        &mut text,
        format_args!(
            "\nValid until {end}. For development only: whoever reads ca.key can pose as anyone."
        ),
    );
    if let Some(names) = collector_names {
        line(
            &mut text,
            format_args!("\nThe collector is {}.", names.join(", ")),
        );
    }
    line(
        &mut text,
        format_args!(
            "
/etc/saker/collector.yaml of the collector:

listen: 0.0.0.0:9377
tls:
  certificate_file: {}
  key_file: {}
  client_ca_file: {}",
            file("collector.crt"),
            file("collector.key"),
            file("ca.crt")
        ),
    );
    let server = collector_names
        .and_then(<[_]>::first)
        .copied()
        .unwrap_or("COLLECTOR");
    let server = match server.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => server.to_owned(),
    };
    for node in &arguments.node {
        let name = node_file(node);
        line(
            &mut text,
            format_args!(
                "
/etc/saker/saker.yaml of {node}:

collector_output:
  enabled: true
  endpoints: [https://{server}:9377]
  tls:
    ca_file: {}
    certificate_file: {}
    key_file: {}",
                file("ca.crt"),
                file(&format!("{name}.crt")),
                file(&format!("{name}.key"))
            ),
        );
    }
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a String does not fail.
    writeln!(text, "{arguments}").unwrap_or_default();
}
