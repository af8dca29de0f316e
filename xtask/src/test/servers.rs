//! The programs that the tests start, and Debian's packages of them.

use crate::programs::Program;

/// The container runtimes. CNI's plugins have no folder that is the same on all distributions.
pub(crate) const CONTAINERS: &[Program] = &[
    Program {
        name: "containerd",
        package: "containerd",
    },
    Program {
        name: "runc",
        package: "runc",
    },
    Program {
        name: "/usr/lib/cni/bridge",
        package: "containernetworking-plugins",
    },
    Program {
        name: "podman",
        package: "podman",
    },
    Program {
        name: "/bin/busybox",
        package: "busybox-static",
    },
];

/// Servers, clients and proxies of the tests of the network. Envoy is no package: see [`envoy`](crate::envoy).
pub(super) const NETWORK: &[Program] = &[
    Program {
        name: "ip",
        package: "iproute2",
    },
    Program {
        name: "iptables",
        package: "iptables",
    },
    Program {
        name: "curl",
        package: "curl",
    },
    Program {
        name: "openssl",
        package: "openssl",
    },
    Program {
        name: "nginx",
        package: "nginx",
    },
    Program {
        name: "haproxy",
        package: "haproxy",
    },
    Program {
        name: "tinyproxy",
        package: "tinyproxy-bin",
    },
    Program {
        name: "pg_ctlcluster",
        package: "postgresql",
    },
    Program {
        name: "redis-server",
        package: "redis-server",
    },
    Program {
        name: "nats-server",
        package: "nats-server",
    },
    Program {
        name: "dnsmasq",
        package: "dnsmasq-base",
    },
    Program {
        name: "dig",
        package: "bind9-dnsutils",
    },
    Program {
        name: "/usr/sbin/exim4",
        package: "exim4-daemon-light",
    },
    Program {
        name: "wireguard-go",
        package: "wireguard-go",
    },
];

/// Queues, stores and sinks of the tests of delivery. They listen on the loopback interface, at ports and in folders of the tests.
pub(super) const DELIVERY: &[Program] = &[
    Program {
        name: "nats-server",
        package: "nats-server",
    },
    Program {
        name: "redis-server",
        package: "redis-server",
    },
    Program {
        name: "pg_ctlcluster",
        package: "postgresql",
    },
    Program {
        name: "rsyslogd",
        package: "rsyslog",
    },
    Program {
        name: "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so",
        package: "rsyslog-gnutls",
    },
    Program {
        name: "prometheus",
        package: "prometheus",
    },
    Program {
        name: "promtool",
        package: "prometheus",
    },
    Program {
        name: "mkfs.ext4",
        package: "e2fsprogs",
    },
    Program {
        name: "prometheus-alertmanager",
        package: "prometheus-alertmanager",
    },
];

/// Builds the Kafka client whose stand-in for a broker the tests of sinks use.
pub(super) const MAKE: Program = Program {
    name: "make",
    package: "make",
};
