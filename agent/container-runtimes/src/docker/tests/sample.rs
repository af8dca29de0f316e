//! Replies as Docker and podman give them.

use super::server::Reply;
use serde_json::{Value, json};

pub(crate) const CONTAINER: &str =
    "5f0c1d6f2a9be8c1c0b6b1d4e7f0a3b2c5d8e1f4a7b0c3d6e9f2a5b8c1d4e7f0";
pub(crate) const NEIGHBOUR: &str =
    "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
pub(crate) const IMAGE: &str = "9c7e1f0b5d3a2c4e6f8091a3b5c7d9ebfd1f2031425364758697a8b9cadbecfd";

/// How Docker answers a ping.
pub(super) fn docker() -> (&'static str, Reply) {
    ping("Api-Version: 1.41\r\nServer: Docker/20.10.24+dfsg1 (linux)\r\n")
}

/// How podman does.
pub(super) fn podman() -> (&'static str, Reply) {
    ping("Api-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\nServer: Libpod/4.3.1 (linux)\r\n")
}

/// How somebody does who sends such headers.
pub(super) fn ping(headers: &str) -> (&'static str, Reply) {
    let reply = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\nOK");
    ("/_ping", Reply::Raw(reply.into_bytes()))
}

pub(crate) fn container() -> Value {
    json!({
        "Id": CONTAINER,
        "Created": "2026-03-01T10:00:00.000000005Z",
        "State": {"Status": "running", "Pid": 4711, "StartedAt": "2026-03-01T10:00:01.5Z"},
        "Image": format!("sha256:{IMAGE}"),
        "Name": "/web",
        "HostConfig": {
            "NetworkMode": "default", "PidMode": "host", "IpcMode": "private", "Privileged": false,
            "CpuShares": 0, "Ulimits": null,
        },
        "Mounts": [
            {"Type": "bind", "Source": "/srv", "Destination": "/data", "Mode": "ro", "RW": false,
             "Propagation": "rprivate"},
            {"Type": "tmpfs", "Source": "", "Destination": "/tmp", "Mode": "", "RW": true,
             "Propagation": ""},
        ],
        "Config": {
            "Image": "shop/web:3.1",
            "Env": ["PASSWORD=secret"],
            "Labels": {"team": "shop", "long": "x".repeat(101)},
            "Healthcheck": {"Test": ["CMD-SHELL", "wget -q localhost"], "Interval": 1_000_000_000},
        },
        "NetworkSettings": {
            "IPAddress": "",
            "Networks": {
                "bridge": {"IPAddress": "172.17.0.5", "GlobalIPv6Address": ""},
                "other": null,
            },
        },
    })
}

pub(crate) fn image() -> Value {
    json!({
        "Id": format!("sha256:{IMAGE}"),
        "RepoTags": ["shop/web:latest", "shop/web:3.1", "mirror.example:5000/shop/web:3"],
        "RepoDigests": [],
        "Config": {"Env": ["A=b"]},
    })
}
