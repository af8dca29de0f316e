//! Hosts of a test: network namespaces with control groups as a kubelet makes them.
//!
//! Nothing here touches an interface, a rule or a route outside of namespaces of the test.

use crate::running::{PATIENCE, Running, run};
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Pairs so far: their names and addresses must differ.
static PAIRS: AtomicU32 = AtomicU32::new(0);

/// What joins two pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cable {
    /// It carries everything.
    Good,
    /// It loses, doubles and reverses packets, which are small. IPv6 does not go through it.
    Bad,
}

/// Largest packets of a bad cable: what matters then comes in many of them.
const BAD_MTU: u16 = 400;

/// Two pods joined by a cable.
pub(crate) struct Pair {
    /// The one that connects.
    pub(crate) client: Pod,
    /// The one that is connected to.
    pub(crate) server: Pod,
    /// The program that carries packets, where it is not the kernel.
    _carrier: Option<Running>,
}

impl Pair {
    /// Makes both; they can reach each other at IPv4 and IPv6 addresses.
    pub(crate) fn join(cable: Cable) -> Self {
        let number = PAIRS.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        // Tests of another process may run at the same time; a namespace keeps even equal addresses apart, but
        // a person who reads alerts does not.
        let [high, low] = [process.to_le_bytes()[0], number.to_le_bytes()[0]];
        let pod = |name: &str, host: u8| {
            let v4 = Ipv4Addr::new(10, high, low, host);
            let v6 = Ipv6Addr::from_bits(
                (0xfd00_u128 << 112)
                    | (u128::from(process) << 64)
                    | (u128::from(number) << 16)
                    | u128::from(host),
            );
            Pod::make(&format!("saker-{process}-{number}-{name}"), v4, v6)
        };
        let [client, server] = [pod("client", 1), pod("server", 2)];
        let carrier = match cable {
            Cable::Good => {
                let (one, other) = (&client.namespace, &server.namespace);
                let line = format!(
                    "link add name eth0 netns {one} type veth peer name eth0 netns {other}\n"
                );
                ip(&["-batch", "-"], &line);
                None
            }
            Cable::Bad => Some(carry(&client, &server)),
        };
        for pod in [&client, &server] {
            let mut lines = format!("link set lo up\naddress add {}/24 dev eth0\n", pod.v4);
            lines += &match cable {
                Cable::Good => format!("address add {}/112 dev eth0 nodad\n", pod.v6),
                Cable::Bad => format!("link set eth0 mtu {BAD_MTU}\n"),
            };
            lines += "link set eth0 up\n";
            ip(&["-n", &pod.namespace, "-batch", "-"], &lines);
        }
        Self {
            client,
            server,
            _carrier: carrier,
        }
    }
}

/// Starts the program that is a bad cable.
fn carry(one: &Pod, other: &Pod) -> Running {
    let mut command = Command::new(crate::scene::peer());
    command.arg("cable").args([one.network(), other.network()]);
    let mut carrier = Running::start(command);
    carrier.wait_until_it_says("laid");
    carrier
}

/// A pod: a network of its own, and containers. Everything ends when it is dropped.
pub(crate) struct Pod {
    /// Its uid, as Kubernetes writes it.
    pub(crate) uid: String,
    /// Its addresses.
    pub(crate) v4: Ipv4Addr,
    pub(crate) v6: Ipv6Addr,
    namespace: String,
    cgroup: PathBuf,
}

impl Pod {
    fn make(name: &str, v4: Ipv4Addr, v6: Ipv6Addr) -> Self {
        let digest = digest(name);
        let parts = [
            &digest[..8],
            &digest[8..12],
            "4abc",
            "8abc",
            &digest[12..24],
        ];
        let uid = parts.join("-");
        let cgroup = unified()
            .join("kubepods/besteffort")
            .join(format!("pod{uid}"));
        let pod = Self {
            uid,
            v4,
            v6,
            namespace: name.to_owned(),
            cgroup,
        };
        std::fs::create_dir_all(&pod.cgroup).expect("a control group");
        ip(&["netns", "add", name], "");
        pod
    }

    /// A new container of the pod.
    pub(crate) fn container(&self, name: &str) -> Container {
        let id = digest(&format!("{} {name}", self.namespace));
        let cgroup = self.cgroup.join(&id);
        std::fs::create_dir(&cgroup).expect("a control group");
        Container {
            id,
            name: name.to_owned(),
            v4: self.v4,
            v6: self.v6,
            cgroup,
            namespace: self.network(),
        }
    }

    /// A pod that shares nothing with this one but the network of its containers' processes, as ztunnel's.
    pub(crate) fn guest(&self, name: &str) -> Self {
        Self::make(&format!("{}-{name}", self.namespace), self.v4, self.v6)
    }

    /// The file that is its network.
    fn network(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.namespace)
    }

    /// A command in its network whose process is of no container.
    pub(crate) fn outside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.network().display()));
        command.args(["--", program]);
        command
    }

    /// Runs a program in its network once a line, with the line's words.
    pub(crate) fn configure(&self, program: &str, lines: &str) {
        for line in lines.lines() {
            let mut command = self.outside(program);
            command.args(line.split_whitespace());
            run(command);
        }
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        // What a failed test left running, in groups that this test made.
        let limit = Instant::now() + PATIENCE;
        for folder in folders(&self.cgroup) {
            std::fs::write(folder.join("cgroup.kill"), "1").unwrap_or_default();
            while std::fs::remove_dir(&folder).is_err() && Instant::now() < limit {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let removed = std::fs::remove_dir(&self.cgroup);
        let ended = Command::new("ip")
            .args(["netns", "delete", &self.namespace])
            .status();
        if removed.is_err() || !ended.is_ok_and(|status| status.success()) {
            eprintln!("{} could not be removed", self.namespace);
        }
        // The last test removes what all of them share; nobody else's groups are empty.
        for shared in ["kubepods/besteffort", "kubepods"] {
            std::fs::remove_dir(unified().join(shared)).unwrap_or_default();
        }
    }
}

/// A container: a control group in a pod.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    /// Its full id.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) v4: Ipv4Addr,
    pub(crate) v6: Ipv6Addr,
    cgroup: PathBuf,
    namespace: PathBuf,
}

impl Container {
    /// The same container with its processes in another pod's network.
    pub(crate) fn in_network_of(mut self, pod: &Pod) -> Self {
        self.namespace = pod.network();
        self
    }

    /// A command whose process is in this container from its first moment: the shell enters, and becomes it.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        const ENTER: &str = r#"echo 0 > "$0/cgroup.procs" || exit 97
network=$1; shift
exec nsenter --net="$network" -- "$@""#;
        let mut command = Command::new("sh");
        command.args(["-c", ENTER]);
        command.arg(&self.cgroup).arg(&self.namespace).arg(program);
        command
    }

    /// Starts a program, which goes on until it is dropped.
    pub(crate) fn start(&self, program: &str, arguments: &[&str]) -> Running {
        let mut command = self.command(program);
        command.args(arguments);
        Running::start(command)
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> crate::running::Ended {
        let mut command = self.command(program);
        command.args(arguments);
        run(command)
    }

    /// Its id as alerts show it.
    pub(crate) fn short_id(&self) -> &str {
        &self.id[..12]
    }

    /// Processes in it now.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let text =
            std::fs::read_to_string(self.cgroup.join("cgroup.procs")).expect("its processes");
        text.lines().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Whether something listens at a port of its network.
    pub(crate) fn listens(&self, port: u16) -> bool {
        self.sockets("tcp", port, "0A")
    }

    /// Whether something takes datagrams at a port of its network.
    pub(crate) fn takes_datagrams(&self, port: u16) -> bool {
        self.sockets("udp", port, "07")
    }

    /// Whether its network has a socket at a port, in a state as `/proc/net` writes it.
    fn sockets(&self, protocol: &str, port: u16, state: &str) -> bool {
        let output = Command::new("nsenter")
            .arg(format!("--net={}", self.namespace.display()))
            .arg("cat")
            .args(["", "6"].map(|version| format!("/proc/net/{protocol}{version}")))
            .output()
            .expect("nsenter runs");
        has_socket(&String::from_utf8_lossy(&output.stdout), port, state)
    }

    /// An address of the pod with a port, as programs take it.
    pub(crate) fn at(&self, port: u16) -> String {
        format!("{}:{port}", self.v4)
    }
}

/// Whether a table of `/proc/net` names a socket at a port in a state.
fn has_socket(table: &str, port: u16, state: &str) -> bool {
    let port = format!("{port:04X}");
    table.lines().any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let local = columns.next().and_then(|local| local.rsplit(':').next());
        local == Some(&port) && columns.nth(1) == Some(state)
    })
}

/// Runs `ip`.
fn ip(arguments: &[&str], input: &str) {
    let mut command = Command::new("ip");
    command.args(arguments);
    crate::running::run_with(command, input);
}

/// Mount point of cgroup v2.
fn unified() -> PathBuf {
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("the mounts");
    let mut fields = mounts.lines().map(|line| line.split(' '));
    let point = fields.find_map(|mut fields| {
        let point = fields.nth(1)?;
        (fields.next()? == "cgroup2").then(|| PathBuf::from(point))
    });
    point.expect("cgroup v2 is mounted")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

/// A text of 64 digits that nothing else has.
fn digest(of: &str) -> String {
    let now = std::time::SystemTime::now();
    let bytes = Sha256::digest(format!("{of} {now:?}"));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
