//! Two network namespaces with a cable between them.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::progress;

/// Address of the near end.
const NEAR: &str = "10.77.0.1";
/// Address of the far end.
pub(super) const FAR: &str = "10.77.0.2";

/// Two hosts that reach each other.
#[derive(Debug)]
pub(super) struct Cable {
    pub(super) near: Host,
    pub(super) far: Host,
}

impl Cable {
    pub(super) fn lay() -> Result<Self> {
        let [near, far] = [Host::make("near")?, Host::make("far")?];
        let link = [
            "link", "add", "name", "eth0", "netns", &near.0, "type", "veth",
        ];
        ip(&[&link[..], &["peer", "name", "eth0", "netns", &far.0]].concat())?;
        for (host, address) in [(&near, NEAR), (&far, FAR)] {
            let address = format!("{address}/24");
            ip(&["-n", &host.0, "address", "add", &address, "dev", "eth0"])?;
            for device in ["lo", "eth0"] {
                ip(&["-n", &host.0, "link", "set", device, "up"])?;
            }
        }
        Ok(Self { near, far })
    }
}

/// A network namespace; it goes away when it is dropped.
#[derive(Debug)]
pub(super) struct Host(String);

impl Host {
    fn make(name: &str) -> Result<Self> {
        let host = Self(format!("saker-bench-{}-{name}", std::process::id()));
        ip(&["netns", "add", &host.0])?;
        Ok(host)
    }

    /// A command whose process is in this network, and in everything else in ours.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/run/netns/{}", self.0))
            .args(["--", program]);
        command
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Err(error) = ip(&["netns", "delete", &self.0]) {
            progress::note(&format!("{error:#}"));
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    command::run_quietly(Command::new("ip").args(arguments))
}
