//! Events with the codes 228 to 341.

use super::rows::*;

#[rustfmt::skip]
pub(super) static ROWS: &[EventType] = &[
    row(228, "container", Category::Internal, Class::Meta, MODIFIES_STATE | KEEPS_PENDING | OLD_VERSION | CONVERTED, &[
        plain("id", Text), dec("type", Uint32), plain("name", Text), plain("image", Text),
    ]),
    row(229, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(230, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(231, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes), plain("env", Bytes),
    ]),
    row(232, "signaldeliver", Category::Signal, Class::Tracepoint, 0, &[
        dec("spid", Pid), dec("dpid", Pid), dec("sig", Signal),
    ]),
    row(233, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(234, "procinfo", Category::Internal, Class::Meta, KEEPS_PENDING, &[
        dec("cpu_usr", Uint64), dec("cpu_sys", Uint64),
    ]),
    row(235, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(236, "getdents", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        plain("fd", Fd),
    ]),
    row(237, "getdents", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd),
    ]),
    row(238, "getdents64", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        plain("fd", Fd),
    ]),
    row(239, "getdents64", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd),
    ]),
    row(240, "setns", Category::Process, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        plain("fd", Fd), named("nstype", Flags32, Hexadecimal, names::CLONE_FLAGS),
    ]),
    row(241, "setns", Category::Process, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd), named("nstype", Flags32, Hexadecimal, names::CLONE_FLAGS),
    ]),
    row(242, "flock", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        plain("fd", Fd), named("operation", Flags32, Hexadecimal, names::FLOCK_FLAGS),
    ]),
    row(243, "flock", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd), named("operation", Flags32, Hexadecimal, names::FLOCK_FLAGS),
    ]),
    row(244, "cpu_hotplug", Category::System, Class::Meta, MODIFIES_STATE | KEEPS_PENDING, &[
        dec("cpu", Uint32), dec("action", Uint32),
    ]),
    row(245, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(246, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(247, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("fd", Fd), plain("tuple", SocketTuple), dec("queuepct", Uint8), dec("queuelen", Uint32),
        dec("queuemax", Uint32),
    ]),
    row(248, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        hex("flags", Int32),
    ]),
    row(249, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), plain("tuple", SocketTuple), dec("queuepct", Uint8), dec("queuelen", Uint32),
        dec("queuemax", Uint32),
    ]),
    row(250, "semop", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("semid", Int32)]),
    row(251, "semop", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("nsops", Uint32), dec("sem_num_0", Uint16), dec("sem_op_0", Int16),
        named("sem_flg_0", Flags16, Hexadecimal, names::SEMOP_FLAGS), dec("sem_num_1", Uint16),
        dec("sem_op_1", Int16), named("sem_flg_1", Flags16, Hexadecimal, names::SEMOP_FLAGS),
        dec("semid", Int32),
    ]),
    row(252, "semctl", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("semid", Int32), dec("semnum", Int32),
        named("cmd", Flags16, Hexadecimal, names::SEMCTL_COMMANDS), dec("val", Int32),
    ]),
    row(253, "semctl", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("semid", Int32), dec("semnum", Int32),
        named("cmd", Flags16, Hexadecimal, names::SEMCTL_COMMANDS), dec("val", Int32),
    ]),
    row(254, "ppoll", Category::Wait, Class::Syscall, WAITS | OLD_VERSION | CONVERTED, &[
        dec("fds", FdList), dec("timeout", RelativeTime), dec("sigmask", SignalSet),
    ]),
    row(255, "ppoll", Category::Wait, Class::Syscall, WAITS | CONVERTED, &[
        dec("res", Errno), dec("fds", FdList), dec("timeout", RelativeTime), dec("sigmask", SignalSet),
    ]),
    row(256, "mount", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        named("flags", Flags32, Hexadecimal, names::MOUNT_FLAGS),
    ]),
    row(257, "mount", Category::File, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("dev", Text), plain("dir", Path), plain("type", Text),
        named("flags", Flags32, Hexadecimal, names::MOUNT_FLAGS),
    ]),
    row(258, "umount", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[
        named("flags", Flags32, Hexadecimal, names::UMOUNT_FLAGS),
    ]),
    row(259, "umount", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("name", Path),
    ]),
    row(260, "k8s", Category::Internal, Class::Meta, MODIFIES_STATE | KEEPS_PENDING | OLD_VERSION, &[
        plain("json", Text),
    ]),
    row(261, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(262, "semget", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        hex("key", Int32), dec("nsems", Int32), named("semflg", Flags32, Hexadecimal, names::SEMGET_FLAGS),
    ]),
    row(263, "semget", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), hex("key", Int32), dec("nsems", Int32),
        named("semflg", Flags32, Hexadecimal, names::SEMGET_FLAGS),
    ]),
    row(264, "access", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("mode", Flags32, Hexadecimal, names::ACCESS_FLAGS),
    ]),
    row(265, "access", Category::File, Class::Syscall, CONVERTED, &[
        dec("res", Errno), plain("name", Path), named("mode", Flags32, Hexadecimal, names::ACCESS_FLAGS),
    ]),
    row(266, "chroot", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(267, "chroot", Category::Process, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), plain("path", Path),
    ]),
    row(268, "tracer", Category::Other, Class::Meta, OLD_VERSION, &[
        dec("id", Int64), plain("tags", TextArray), plain("args", TextPairArray),
    ]),
    row(269, "NA", Category::Unknown, Class::Unknown, UNUSED, &[
        dec("id", Int64), plain("tags", TextArray), plain("args", TextPairArray),
    ]),
    row(270, "mesos", Category::Internal, Class::Meta, MODIFIES_STATE | KEEPS_PENDING | OLD_VERSION, &[
        plain("json", Text),
    ]),
    row(271, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(272, "container", Category::Process, Class::Meta, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        plain("json", Text),
    ]),
    row(273, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(274, "setsid", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(275, "setsid", Category::Process, Class::Syscall, MODIFIES_STATE, &[dec("res", Pid)]),
    row(276, "mkdir", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[hex("mode", Uint32)]),
    row(277, "mkdir", Category::File, Class::Syscall, CONVERTED, &[
        dec("res", Errno), plain("path", Path), hex("mode", Uint32),
    ]),
    row(278, "rmdir", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(279, "rmdir", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(280, "notification", Category::Other, Class::Meta, KEEPS_PENDING, &[
        dec("id", Text), plain("desc", Text),
    ]),
    row(281, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(282, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(283, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes), plain("env", Bytes), dec("tty", Int32),
    ]),
    row(284, "unshare", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS),
    ]),
    row(285, "unshare", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS),
    ]),
    row(286, "infra", Category::Internal, Class::Meta, KEEPS_PENDING, &[
        dec("source", Text), plain("name", Text), plain("description", Text), plain("scope", Text),
    ]),
    row(287, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(288, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        plain("filename", Path),
    ]),
    row(289, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes), plain("env", Bytes), dec("tty", Int32),
    ]),
    row(290, "page_fault", Category::Other, Class::Tracepoint, KEEPS_PENDING, &[
        hex("addr", Uint64), hex("ip", Uint64), named("error", Flags32, Hexadecimal, names::PF_FLAGS),
    ]),
    row(291, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(292, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        plain("filename", Path),
    ]),
    row(293, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes), plain("env", Bytes), dec("tty", Uint32),
        dec("vpgid", Pid), dec("loginuid", Uid), named("flags", Flags32, Hexadecimal, names::EXECVE_FLAGS),
        hex("cap_inheritable", Uint64), hex("cap_permitted", Uint64), hex("cap_effective", Uint64),
        dec("exe_ino", Uint64), dec("exe_ino_ctime", AbsoluteTime), dec("exe_ino_mtime", AbsoluteTime),
        dec("uid", Uid), plain("trusted_exepath", Path), plain("pgid", Pid), dec("gid", Gid),
        plain("filename", Path),
    ]),
    row(294, "setpgid", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("pid", Pid), dec("pgid", Pid),
    ]),
    row(295, "setpgid", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("pid", Pid), dec("pgid", Pid),
    ]),
    row(296, "bpf", Category::Other, Class::Syscall, CREATES_FD | OLD_VERSION | CONVERTED, &[
        dec("cmd", Int64),
    ]),
    row(297, "bpf", Category::Other, Class::Syscall, CREATES_FD | OLD_VERSION | CONVERTED, &[
        dec("res_or_fd", Dynamic(BPF_DYNAMIC_PARAM)),
    ]),
    row(298, "seccomp", Category::Other, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("op", Uint64), hex("flags", Uint64),
    ]),
    row(299, "seccomp", Category::Other, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("op", Uint64), hex("flags", Uint64),
    ]),
    row(300, "unlink", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(301, "unlink", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(302, "unlinkat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(303, "unlinkat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("name", PathRelativeTo(1)),
        named("flags", Flags32, Hexadecimal, names::UNLINKAT_FLAGS),
    ]),
    row(304, "mkdirat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(305, "mkdirat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("path", PathRelativeTo(1)), hex("mode", Uint32),
    ]),
    row(306, "openat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("dirfd", Fd), plain("name", PathRelativeTo(0)),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS), oct("mode", Uint32),
    ]),
    row(307, "openat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), dec("dirfd", Fd), plain("name", PathRelativeTo(1)),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS), oct("mode", Uint32), hex("dev", Uint32),
        dec("ino", Uint64),
    ]),
    row(308, "link", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(309, "link", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("oldpath", Path), plain("newpath", Path),
    ]),
    row(310, "linkat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(311, "linkat", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), dec("olddir", Fd), plain("oldpath", PathRelativeTo(1)), dec("newdir", Fd),
        plain("newpath", PathRelativeTo(3)), named("flags", Flags32, Hexadecimal, names::LINKAT_FLAGS),
    ]),
    row(312, "fchmodat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(313, "fchmodat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("filename", PathRelativeTo(1)),
        named("mode", Mode, Octal, names::CHMOD_MODE),
    ]),
    row(314, "chmod", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(315, "chmod", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("filename", Path), named("mode", Mode, Octal, names::CHMOD_MODE),
    ]),
    row(316, "fchmod", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(317, "fchmod", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd), named("mode", Mode, Octal, names::CHMOD_MODE),
    ]),
    row(318, "renameat2", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(319, "renameat2", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), dec("olddirfd", Fd), plain("oldpath", PathRelativeTo(1)), dec("newdirfd", Fd),
        plain("newpath", PathRelativeTo(3)), named("flags", Flags32, Hexadecimal, names::RENAMEAT2_FLAGS),
    ]),
    row(320, "userfaultfd", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(321, "userfaultfd", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("res", Errno), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
    ]),
    row(322, "pluginevent", Category::Other, Class::Plugin, LARGE_PAYLOAD, &[
        dec("plugin_id", Uint32), plain("event_data", Bytes),
    ]),
    row(323, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(324, "container", Category::Process, Class::Meta, MODIFIES_STATE | LARGE_PAYLOAD, &[
        plain("json", Text),
    ]),
    row(325, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(326, "openat2", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("dirfd", Fd), plain("name", PathRelativeTo(0)),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS), oct("mode", Uint32),
        named("resolve", Flags32, Hexadecimal, names::OPENAT2_FLAGS),
    ]),
    row(327, "openat2", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), dec("dirfd", Fd), plain("name", PathRelativeTo(1)),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS), oct("mode", Uint32),
        named("resolve", Flags32, Hexadecimal, names::OPENAT2_FLAGS), hex("dev", Uint32),
        dec("ino", Uint64),
    ]),
    row(328, "mprotect", Category::Memory, Class::Syscall, OLD_VERSION | CONVERTED, &[
        hex("addr", Uint64), dec("length", Uint64), named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
    ]),
    row(329, "mprotect", Category::Memory, Class::Syscall, CONVERTED, &[
        dec("res", Errno), hex("addr", Uint64), dec("length", Uint64),
        named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
    ]),
    row(330, "execveat", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("dirfd", Fd), plain("pathname", PathRelativeTo(0)),
        named("flags", Flags32, Hexadecimal, names::EXECVEAT_FLAGS),
    ]),
    row(331, "execveat", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes), plain("env", Bytes), dec("tty", Uint32),
        dec("vpgid", Pid), dec("loginuid", Uid), named("flags", Flags32, Hexadecimal, names::EXECVE_FLAGS),
        hex("cap_inheritable", Uint64), hex("cap_permitted", Uint64), hex("cap_effective", Uint64),
        dec("exe_ino", Uint64), dec("exe_ino_ctime", AbsoluteTime), dec("exe_ino_mtime", AbsoluteTime),
        dec("uid", Uid), plain("trusted_exepath", Path), plain("pgid", Pid), dec("gid", Gid),
    ]),
    row(332, "copy_file_range", Category::File, Class::Syscall, USES_FD | READS_FROM_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fdin", Fd), dec("offin", Uint64), dec("len", Uint64),
    ]),
    row(333, "copy_file_range", Category::File, Class::Syscall, USES_FD | READS_FROM_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), dec("fdout", Fd), dec("offout", Uint64), dec("fdin", Fd), dec("offin", Uint64),
        dec("len", Uint64),
    ]),
    row(334, "clone3", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(335, "clone3", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
        dec("vtid", Pid), dec("vpid", Pid), dec("pidns_init_start_ts", Uint64),
    ]),
    row(336, "open_by_handle_at", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[
       
    ]),
    row(337, "open_by_handle_at", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("fd", Fd), dec("mountfd", Fd), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
        plain("path", Path), hex("dev", Uint32), dec("ino", Uint64),
    ]),
    row(338, "io_uring_setup", Category::IoOther, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[
       
    ]),
    row(339, "io_uring_setup", Category::IoOther, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("res", Errno), dec("entries", Uint32), dec("sq_entries", Uint32), dec("cq_entries", Uint32),
        named("flags", Flags32, Hexadecimal, names::IO_URING_SETUP_FLAGS), dec("sq_thread_cpu", Uint32),
        dec("sq_thread_idle", Uint32), named("features", Flags32, Hexadecimal, names::IO_URING_SETUP_FEATS),
    ]),
    row(340, "io_uring_enter", Category::IoOther, Class::Syscall, OLD_VERSION, &[]),
    row(341, "io_uring_enter", Category::IoOther, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd), dec("to_submit", Uint32), dec("min_complete", Uint32),
        named("flags", Flags32, Hexadecimal, names::IO_URING_ENTER_FLAGS), dec("sig", SignalSet),
    ]),
];
