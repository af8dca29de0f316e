//! The names that `evt.type` and `evt.arg` know.
//!
//! A rule may name every event that Falco has, whether or not Saker sees it: shared rule files must
//! load, and a name that nobody knows is a mistake worth an error. Both lists are sorted.

use saker_event_schema::{ROWS, Row};
use saker_kube_metadata::PodEventKind;

/// Whether an event occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// The event table has a row for it, or it is of the source `flow` or `pod`.
    Emitted,
    /// Rules may name it; it does not occur.
    NameOnly,
}

/// Whether rules see the events of a row. Those of the category `flow` become events of the source
/// `flow` first.
#[must_use]
pub fn is_shown_to_rules(row: &Row) -> bool {
    row.category != "flow"
}

/// Whether events of this type occur; `None` for a name that nobody knows.
#[must_use]
pub fn emission(name: &str) -> Option<Emission> {
    if FlowEventName::new(name).is_some() || POD_EVENT_NAMES.contains(&name) {
        return Some(Emission::Emitted);
    }
    let mut shown = ROWS.iter().filter(|row| is_shown_to_rules(row));
    if shown.any(|row| row.name == name) {
        Some(Emission::Emitted)
    } else {
        is_event(name).then_some(Emission::NameOnly)
    }
}

/// The name of an event, one of [`EVENT_NAMES`]: what tells events of captures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventName(u16);

impl EventName {
    /// Looks a name up; nothing for one that nobody knows.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let position = EVENT_NAMES.binary_search(&name).ok()?;
        u16::try_from(position).ok().map(Self)
    }

    /// Every name, in the order of [`EVENT_NAMES`].
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(EVENT_NAMES.len()).map(Self)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        EVENT_NAMES.get(self.index()).copied().unwrap_or_default()
    }

    /// The position among [`EVENT_NAMES`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// The name of an event of the source `flow`, one of [`FLOW_EVENT_NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowEventName(u8);

impl FlowEventName {
    /// Looks a name up; nothing for one that nobody knows.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let position = FLOW_EVENT_NAMES.binary_search(&name).ok()?;
        u8::try_from(position).ok().map(Self)
    }

    /// Every name, in the order of [`FLOW_EVENT_NAMES`].
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(FLOW_EVENT_NAMES.len()).map(Self)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        FLOW_EVENT_NAMES
            .get(self.index())
            .copied()
            .unwrap_or_default()
    }

    /// What the event is, in a sentence.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self.as_str() {
            "dns_answer" => "A DNS answer was sent or received over the connection.",
            "dns_query" => "A DNS query was sent or received over the connection.",
            "flow_classified" => {
                "It became clear what a connection is, or it will not: once for each connection."
            }
            "flow_closed" => {
                "A connection ended, with what went over it: once for each connection."
            }
            _ => "",
        }
    }

    /// The position among [`FLOW_EVENT_NAMES`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// Whether an event has this name.
pub(crate) fn is_event(name: &str) -> bool {
    EVENT_NAMES.binary_search(&name).is_ok()
}

/// Whether Falco has an event with this parameter.
pub(crate) fn is_parameter(name: &str) -> bool {
    PARAMETER_NAMES.binary_search(&name).is_ok()
}

/// Every event of the source `flow`.
pub static FLOW_EVENT_NAMES: &[&str] =
    &["dns_answer", "dns_query", "flow_classified", "flow_closed"];

/// Events of the source `pod`.
pub static POD_EVENT_NAMES: &[&str] = &[PodEventKind::Changed.name(), PodEventKind::Seen.name()];

/// Every event that rules of the source `syscall` may name: Falco's and those of the event table.
#[rustfmt::skip]
pub static EVENT_NAMES: &[&str] = &[
    "_llseek", "_newselect", "_sysctl", "accept", "accept4", "access", "acct", "add_key",
    "adjtimex", "alarm", "arch_prctl", "asyncevent", "bdflush", "bind", "bpf", "brk", "cachestat",
    "capget", "capset", "cgroup_attach_task", "cgroup_mkdir", "cgroup_rmdir", "chdir", "chmod", "chown", "chroot", "clock_adjtime", "clock_getres",
    "clock_gettime", "clock_nanosleep", "clock_settime", "clone", "clone3", "close", "close_range",
    "connect", "container", "copy_file_range", "cpu_hotplug", "creat", "create_module",
    "delete_module", "drop", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd",
    "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64",
    "fallocate", "fanotify_init", "fanotify_mark", "fchdir", "fchmod", "fchmodat", "fchmodat2",
    "fchown", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "file_getattr",
    "file_setattr", "finit_module", "flistxattr", "flock", "fork", "fremovexattr", "fsconfig",
    "fsetxattr", "fsmount", "fsopen", "fspick", "fstat", "fstat64", "fstatat64", "fstatfs",
    "fstatfs64", "fsync", "ftruncate", "futex", "futex_requeue", "futex_wait", "futex_waitv",
    "futex_wake", "futimesat", "get_kernel_syms", "get_mempolicy", "get_robust_list",
    "get_thread_area", "getcpu", "getcwd", "getdents", "getdents64", "getegid", "getegid32",
    "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getitimer", "getpeername",
    "getpgid", "getpgrp", "getpid", "getpmsg", "getppid", "getpriority", "getrandom", "getresgid",
    "getresgid32", "getresuid", "getresuid32", "getrlimit", "getrusage", "getsid", "getsockname",
    "getsockopt", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "getxattrat",
    "groupadded", "groupdeleted", "idle", "infra", "init_module", "inotify_add_watch",
    "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents",
    "io_pgetevents", "io_setup", "io_submit", "io_uring_enter", "io_uring_register",
    "io_uring_setup", "ioctl", "ioperm", "iopl", "ioprio_get", "ioprio_set", "ipc", "k8s", "kcmp",
    "kexec_file_load", "kexec_load", "keyctl", "kill", "landlock_add_rule",
    "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lgetxattr", "link", "linkat",
    "listen", "listmount", "listns", "listxattr", "listxattrat", "llistxattr", "llseek",
    "lookup_dcookie", "lremovexattr", "lseek", "lsetxattr", "lsm_get_self_attr", "lsm_list_modules",
    "lsm_set_self_attr", "lstat", "lstat64", "madvise", "map_shadow_stack", "mbind", "membarrier",
    "memfd_create", "memfd_secret", "mesos", "migrate_pages", "mincore", "mkdir", "mkdirat",
    "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mmap2", "modify_ldt", "mount",
    "mount_setattr", "move_mount", "move_pages", "mprotect", "mq_getsetattr", "mq_notify",
    "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "mremap", "mseal", "msgctl",
    "msgget", "msgrcv", "msgsnd", "msync", "multiplexer", "munlock", "munlockall", "munmap", "na_1",
    "name_to_handle_at", "nanosleep", "newfstatat", "nfsservctl", "nice", "notification",
    "oldfstat", "oldlstat", "oldolduname", "oldstat", "olduname", "open", "open_by_handle_at",
    "open_tree", "open_tree_attr", "openat", "openat2", "page_fault", "page_fault_kernel",
    "page_fault_user", "pause", "pciconfig_iobase", "pciconfig_read", "pciconfig_write",
    "perf_event_open", "personality", "pidfd_getfd", "pidfd_open", "pidfd_send_signal", "pipe",
    "pipe2", "pivot_root", "pkey_alloc", "pkey_free", "pkey_mprotect", "pluginevent", "poll",
    "ppoll", "prctl", "pread", "pread64", "preadv", "preadv2", "prlimit", "prlimit64",
    "process_madvise", "process_mrelease", "process_vm_readv", "process_vm_writev", "procexit",
    "procinfo", "pselect6", "ptrace", "pwrite", "pwrite64", "pwritev", "pwritev2", "query_module",
    "quotactl", "quotactl_fd", "read", "readahead", "readdir", "readlink", "readlinkat", "readv",
    "reboot", "recv", "recvfrom", "recvmmsg", "recvmsg", "remap_file_pages", "removexattr",
    "removexattrat", "rename", "renameat", "renameat2", "request_key", "restart_syscall",
    "riscv_flush_icache", "riscv_hwprobe", "rmdir", "rseq", "rseq_slice_yield", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "rt_tgsigqueueinfo", "rtas", "s390_guarded_storage", "s390_pci_mmio_read",
    "s390_pci_mmio_write", "s390_runtime_instr", "s390_sthyi", "scapevent",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
    "sched_getparam", "sched_getscheduler", "sched_process_exit", "sched_process_fork",
    "sched_rr_get_interval", "sched_setaffinity", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "sched_switch", "sched_yield", "seccomp", "select", "semctl", "semget",
    "semop", "semtimedop", "send", "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto",
    "set_mempolicy", "set_mempolicy_home_node", "set_robust_list", "set_thread_area",
    "set_tid_address", "setdomainname", "setfsgid", "setfsuid", "setgid", "setgid32", "setgroups",
    "sethostname", "setitimer", "setns", "setpgid", "setpriority", "setregid", "setresgid",
    "setresgid32", "setresuid", "setresuid32", "setreuid", "setrlimit", "setsid", "setsockopt",
    "settimeofday", "setuid", "setuid32", "setxattr", "setxattrat", "sgetmask", "shmat", "shmctl",
    "shmdt", "shmget", "shutdown", "sigaction", "sigaltstack", "signal", "signal_deliver",
    "signaldeliver", "signalfd", "signalfd4", "sigpending", "sigprocmask", "sigreturn",
    "sigsuspend", "socket", "socketcall", "socketpair", "splice", "spu_create", "spu_run",
    "ssetmask", "stat", "stat64", "statfs", "statfs64", "statmount", "statx", "stime",
    "subpage_prot", "swapcontext", "swapoff", "swapon", "switch", "switch_endian", "symlink",
    "symlinkat", "sync", "sync_file_range", "sync_file_range2", "syncfs", "sys_debug_setcontext",
    "syscall", "sysfs", "sysinfo", "syslog", "task", "task_file_anon_inode", "task_file_directory",
    "task_file_memfd", "task_file_pipe", "task_file_regular", "task_file_socket_inet",
    "task_file_socket_inet6", "task_file_socket_netlink", "task_file_socket_unix", "tee", "tgkill",
    "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
    "timerfd", "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "tkill", "tracer",
    "truncate", "ugetrlimit", "umask", "umount", "umount2", "uname", "unlink", "unlinkat",
    "unshare", "uprobe", "uretprobe", "uselib", "useradded", "userdeleted", "userfaultfd", "ustat",
    "utime", "utimensat", "utimes", "vfork", "vhangup", "vm86", "vmsplice", "wait4", "waitid",
    "waitpid", "write", "writev",
];

/// Parameters of Falco's events: rules may name them as arguments of `evt.arg` and `evt.rawarg`,
/// beside those of the event table.
#[rustfmt::skip]
pub(crate) static PARAMETER_NAMES: &[&str] = &[
    "ID", "action", "addr", "arg", "arg2", "arg2_int", "arg2_str", "arg3", "arg4", "arg5", "args",
    "argument", "argv", "aux", "backlog", "cap_effective", "cap_inheritable", "cap_permitted",
    "cgroups", "clockid", "cmd", "comm", "container_id", "core", "cpu", "cpu_sys", "cpu_usr",
    "cq_entries", "creat_flags", "cur", "cwd", "data", "desc", "description", "dev", "dir", "dirfd",
    "domain", "dpid", "dqb_bhardlimit", "dqb_bsoftlimit", "dqb_btime", "dqb_curspace",
    "dqb_ihardlimit", "dqb_isoftlimit", "dqb_itime", "dqi_bgrace", "dqi_flags", "dqi_igrace",
    "egid", "entries", "env", "error", "euid", "event_data", "event_type", "exe", "exe_ino",
    "exe_ino_ctime", "exe_ino_mtime", "exe_ino_num", "exepath", "fd", "fd1", "fd2", "fd_in",
    "fd_out", "fd_type", "fdin", "fdlimit", "fdout", "fds", "features", "filename", "first",
    "flags", "gid", "home", "how", "id", "img", "in_fd", "initval", "ino", "ino_num", "interval",
    "ip", "json", "key", "last", "len", "length", "level", "linkdirfd", "linkpath", "local_ip",
    "local_port", "loginuid", "mask", "max", "maxevents", "min_complete", "mnt_id", "mode",
    "mountfd", "msgcontrol", "name", "nativeID", "newcur", "newdir", "newdirfd", "newfd", "newmax",
    "newpath", "next", "nr_args", "nsems", "nsops", "nstype", "offin", "offout", "offset", "oldcur",
    "olddir", "olddirfd", "oldfd", "oldmax", "oldpath", "op", "opcode", "operation", "option",
    "optlen", "optname", "out_fd", "path", "pathname", "peer", "pgft_maj", "pgft_min", "pgid",
    "pgoffset", "pid", "pid_fd", "pidns_init_start_ts", "plugin_id", "pos", "ppid", "prot", "proto",
    "ptid", "queuelen", "queuemax", "queuepct", "quota_fmt", "quota_fmt_out", "quotafilepath",
    "ratio", "reaper_tid", "remote_ip", "remote_port", "request", "res", "resolve", "resource",
    "ret", "rgid", "root", "ruid", "scope", "sem_flg_0", "sem_flg_1", "sem_num_0", "sem_num_1",
    "sem_op_0", "sem_op_1", "semflg", "semid", "semnum", "sgid", "shell", "sid", "sig", "sigmask",
    "size", "sk_pointer", "sk_proto", "sk_type", "source", "special", "spid", "sq_entries",
    "sq_thread_cpu", "sq_thread_idle", "start_time", "status", "suid", "sun_path", "target",
    "target_fd", "tid", "timeout", "to_submit", "trusted_exepath", "tty", "tuple", "type", "uargs",
    "uid", "val", "value_bytebuf", "value_charbuf", "vm_rss", "vm_size", "vm_swap", "vpgid", "vpid",
    "vtgid", "vtid", "whence",
];
