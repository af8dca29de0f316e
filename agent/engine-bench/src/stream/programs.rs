//! The programs of the node.

/// A program as it usually runs.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) exe: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) uid: u32,
    pub(super) in_container: bool,
    /// Whether it starts the programs that come and go.
    pub(super) starts_others: bool,
}

macro_rules! programs {
    ($($name:literal $exe:literal $uid:literal $in_container:literal [$($argument:literal)*])*) => {
        &[$(Program {
            name: $name,
            exe: $exe,
            arguments: &[$($argument),*],
            uid: $uid,
            in_container: $in_container,
            starts_others: matches!($name.as_bytes(), b"cron" | b"containerd-shim" | b"kubelet"),
        }),*]
    };
}

/// The first process.
pub(super) static INIT: Program = Program {
    name: "systemd",
    exe: "/usr/lib/systemd/systemd",
    arguments: &["/sbin/init"],
    uid: 0,
    in_container: false,
    starts_others: true,
};

/// What runs all the time.
pub(super) static LONG_LIVED: &[Program] = programs! {
    "systemd-journal" "/usr/lib/systemd/systemd-journald" 0 false ["/usr/lib/systemd/systemd-journald"]
    "sshd" "/usr/sbin/sshd" 0 false ["sshd:" "/usr/sbin/sshd" "-D"]
    "cron" "/usr/sbin/cron" 0 false ["/usr/sbin/cron" "-f"]
    "containerd" "/usr/bin/containerd" 0 false ["/usr/bin/containerd"]
    "containerd-shim" "/usr/bin/containerd-shim-runc-v2" 0 false
        ["/usr/bin/containerd-shim-runc-v2" "-namespace" "k8s.io" "-address" "/run/containerd/containerd.sock"]
    "kubelet" "/usr/bin/kubelet" 0 false
        ["/usr/bin/kubelet" "--config=/var/lib/kubelet/config.yaml" "--container-runtime-endpoint=unix:///run/containerd/containerd.sock"]
    "kube-proxy" "/usr/local/bin/kube-proxy" 0 true ["/usr/local/bin/kube-proxy" "--config=/var/lib/kube-proxy/config.conf"]
    "node_exporter" "/bin/node_exporter" 65534 true ["/bin/node_exporter" "--path.rootfs=/host"]
    "coredns" "/coredns" 65532 true ["/coredns" "-conf" "/etc/coredns/Corefile"]
    "nginx" "/usr/sbin/nginx" 101 true ["nginx:" "worker" "process"]
    "java" "/opt/java/openjdk/bin/java" 1000 true
        ["java" "-Xms512m" "-Xmx2g" "-XX:+UseG1GC" "-Dspring.profiles.active=production" "-jar" "/app/service.jar"]
    "node" "/usr/local/bin/node" 1000 true ["node" "/srv/app/server.js"]
    "python3" "/usr/local/bin/python3.12" 1000 true ["python3" "-m" "gunicorn" "app:application" "--workers" "4"]
    "postgres" "/usr/lib/postgresql/16/bin/postgres" 70 true ["postgres:" "app" "app" "10.244.1.17(45012)" "idle"]
    "redis-server" "/usr/local/bin/redis-server" 999 true ["redis-server" "*:6379"]
    "prometheus" "/bin/prometheus" 65534 true ["/bin/prometheus" "--config.file=/etc/prometheus/prometheus.yml"]
    "fluent-bit" "/fluent-bit/bin/fluent-bit" 0 true ["/fluent-bit/bin/fluent-bit" "-c" "/fluent-bit/etc/fluent-bit.conf"]
};

/// What comes and goes.
pub(super) static SHORT_LIVED: &[Program] = programs! {
    "sh" "/usr/bin/dash" 0 true ["sh" "-c" "pg_isready -U app -d app -h 127.0.0.1"]
    "runc" "/usr/bin/runc" 0 false ["runc" "--root" "/run/containerd/runc/k8s.io" "exec" "--process" "/tmp/runc-process1"]
    "pg_isready" "/usr/bin/pg_isready" 70 true ["pg_isready" "-U" "app" "-d" "app" "-h" "127.0.0.1"]
    "redis-cli" "/usr/local/bin/redis-cli" 999 true ["redis-cli" "ping"]
    "curl" "/usr/bin/curl" 1000 true ["curl" "-fsS" "http://127.0.0.1:8080/healthz"]
    "logrotate" "/usr/sbin/logrotate" 0 false ["/usr/sbin/logrotate" "/etc/logrotate.conf"]
    "iptables" "/usr/sbin/xtables-nft-multi" 0 true ["iptables" "-w" "5" "-t" "nat" "-S" "KUBE-SERVICES"]
    "date" "/usr/bin/date" 0 true ["date" "+%s"]
};

/// Files that programs read: a `{}` stands for a number.
pub(super) static READ_FILES: &[&str] = &[
    "/etc/ld.so.cache",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib/x86_64-linux-gnu/libpthread.so.0",
    "/usr/lib/x86_64-linux-gnu/libssl.so.3",
    "/usr/lib/locale/locale-archive",
    "/usr/share/zoneinfo/UTC",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/proc/{}/stat",
    "/proc/{}/cmdline",
    "/proc/self/mountinfo",
    "/proc/meminfo",
    "/proc/net/dev",
    "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/memory.current",
    "/sys/fs/cgroup/kubepods/burstable/pod{}/cpu.stat",
    "/sys/class/net/eth0/statistics/rx_bytes",
    "/dev/urandom",
    "/var/log/pods/default_web-{}/app/0.log",
    "/var/log/containers/web-{}.log",
    "/var/lib/kubelet/pods/{}/volumes/kubernetes.io~configmap/config/app.yaml",
    "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/{}/fs",
    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}/config.json",
    "/srv/app/node_modules/express/lib/router/index.js",
    "/usr/local/lib/python3.12/site-packages/django/core/handlers/base.py",
    "/opt/java/openjdk/lib/modules",
    "/app/lib/dependency-{}.jar",
    "/usr/share/nginx/html/assets/app.{}.js",
    "/usr/share/nginx/html/index.html",
];

/// Files that programs write, make and remove.
pub(super) static WRITTEN_FILES: &[&str] = &[
    "/dev/null",
    "/var/log/pods/default_web-{}/app/0.log",
    "/var/lib/kubelet/pods/{}/volumes/kubernetes.io~empty-dir/cache/index-{}",
    "/var/lib/postgresql/data/base/16384/{}",
    "/var/lib/postgresql/data/pg_wal/0000000100000000000000{}",
    "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta-{}.tmp",
    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/{}/log",
    "/data/appendonly-{}.aof",
    "/tmp/upload-{}.tmp",
];
