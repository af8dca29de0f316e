//! Events with the codes 114 to 227.

use super::rows::*;

#[rustfmt::skip]
pub(super) static ROWS: &[EventType] = &[
    row(114, "pwrite", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
    row(115, "pwrite", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
    row(116, "readv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(117, "readv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | CONVERTED, &[
        dec("res", Errno), dec("size", Uint32), plain("data", Bytes), dec("fd", Fd),
    ]),
    row(118, "writev", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(119, "writev", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
    ]),
    row(120, "preadv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("pos", Uint64),
    ]),
    row(121, "preadv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | CONVERTED, &[
        dec("res", Errno), dec("size", Uint32), plain("data", Bytes), dec("fd", Fd), dec("pos", Uint64),
    ]),
    row(122, "pwritev", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
    row(123, "pwritev", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
    row(124, "dup", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(125, "dup", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Fd),
    ]),
    row(126, "signalfd", Category::Signal, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), hex("mask", Uint32), hex("flags", Uint8),
    ]),
    row(127, "signalfd", Category::Signal, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), dec("fd", Fd), hex("mask", Uint32), hex("flags", Uint8),
    ]),
    row(128, "kill", Category::Signal, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("pid", Pid), dec("sig", Signal),
    ]),
    row(129, "kill", Category::Signal, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("pid", Pid), dec("sig", Signal),
    ]),
    row(130, "tkill", Category::Signal, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("tid", Pid), dec("sig", Signal),
    ]),
    row(131, "tkill", Category::Signal, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("tid", Pid), dec("sig", Signal),
    ]),
    row(132, "tgkill", Category::Signal, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("pid", Pid), dec("tid", Pid), dec("sig", Signal),
    ]),
    row(133, "tgkill", Category::Signal, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("pid", Pid), dec("tid", Pid), dec("sig", Signal),
    ]),
    row(134, "nanosleep", Category::Sleep, Class::Syscall, WAITS | OLD_VERSION | CONVERTED, &[
        dec("interval", RelativeTime),
    ]),
    row(135, "nanosleep", Category::Sleep, Class::Syscall, WAITS | CONVERTED, &[
        dec("res", Errno), dec("interval", RelativeTime),
    ]),
    row(136, "timerfd_create", Category::Time, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("clockid", Uint8), hex("flags", Uint8),
    ]),
    row(137, "timerfd_create", Category::Time, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), dec("clockid", Uint8), hex("flags", Uint8),
    ]),
    row(138, "inotify_init", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        hex("flags", Uint8),
    ]),
    row(139, "inotify_init", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), hex("flags", Uint8),
    ]),
    row(140, "getrlimit", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(141, "getrlimit", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("cur", Int64), dec("max", Int64),
        named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(142, "setrlimit", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(143, "setrlimit", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("cur", Int64), dec("max", Int64),
        named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(144, "prlimit", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("pid", Pid), named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(145, "prlimit", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("newcur", Int64), dec("newmax", Int64), dec("oldcur", Int64),
        dec("oldmax", Int64), dec("pid", Int64), named("resource", Enum8, Decimal, names::RLIMIT_RESOURCES),
    ]),
    row(146, "switch", Category::Scheduler, Class::Tracepoint, KEEPS_PENDING | OLD_VERSION | CONVERTED, &[
        dec("next", Pid),
    ]),
    row(147, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(148, "drop", Category::Internal, Class::Meta, KEEPS_PENDING, &[dec("ratio", Uint32)]),
    row(149, "drop", Category::Internal, Class::Meta, KEEPS_PENDING, &[dec("ratio", Uint32)]),
    row(150, "fcntl", Category::IoOther, Class::Syscall, USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), named("cmd", Enum8, Decimal, names::FCNTL_COMMANDS),
    ]),
    row(151, "fcntl", Category::IoOther, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), dec("fd", Fd), named("cmd", Enum8, Decimal, names::FCNTL_COMMANDS),
        hex("arg", Uint64),
    ]),
    row(152, "switch", Category::Scheduler, Class::Tracepoint, 0, &[
        dec("next", Pid), dec("pgft_maj", Uint64), dec("pgft_min", Uint64), dec("vm_size", Uint32),
        dec("vm_rss", Uint32), dec("vm_swap", Uint32),
    ]),
    row(153, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(154, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(155, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
    ]),
    row(156, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(157, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(158, "brk", Category::Memory, Class::Syscall, OLD_VERSION | CONVERTED, &[hex("addr", Uint64)]),
    row(159, "brk", Category::Memory, Class::Syscall, CONVERTED, &[
        hex("res", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        hex("addr", Uint64),
    ]),
    row(160, "mmap", Category::Memory, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        hex("addr", Uint64), dec("length", Uint64), named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
        named("flags", Flags32, Hexadecimal, names::MMAP_FLAGS), dec("fd", Fd), dec("offset", Uint64),
    ]),
    row(161, "mmap", Category::Memory, Class::Syscall, USES_FD | CONVERTED, &[
        hex("res", Errno), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        hex("addr", Uint64), dec("length", Uint64), named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
        named("flags", Flags32, Hexadecimal, names::MMAP_FLAGS), dec("fd", Fd), dec("offset", Uint64),
    ]),
    row(162, "mmap2", Category::Memory, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        hex("addr", Uint64), dec("length", Uint64), named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
        named("flags", Flags32, Hexadecimal, names::MMAP_FLAGS), dec("fd", Fd), dec("pgoffset", Uint64),
    ]),
    row(163, "mmap2", Category::Memory, Class::Syscall, USES_FD | CONVERTED, &[
        hex("res", Errno), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        hex("addr", Uint64), dec("length", Uint64), named("prot", Flags32, Hexadecimal, names::PROT_FLAGS),
        named("flags", Flags32, Hexadecimal, names::MMAP_FLAGS), dec("fd", Fd), dec("pgoffset", Uint64),
    ]),
    row(164, "munmap", Category::Memory, Class::Syscall, OLD_VERSION | CONVERTED, &[
        hex("addr", Uint64), dec("length", Uint64),
    ]),
    row(165, "munmap", Category::Memory, Class::Syscall, CONVERTED, &[
        dec("res", Errno), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        hex("addr", Uint64), dec("length", Uint64),
    ]),
    row(166, "splice", Category::IoOther, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd_in", Fd), dec("fd_out", Fd), dec("size", Uint64),
        named("flags", Flags32, Hexadecimal, names::SPLICE_FLAGS),
    ]),
    row(167, "splice", Category::IoOther, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("fd_in", Fd), dec("fd_out", Fd), dec("size", Uint64),
        named("flags", Flags32, Hexadecimal, names::SPLICE_FLAGS),
    ]),
    row(168, "ptrace", Category::Process, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("request", Enum16, Decimal, names::PTRACE_REQUESTS), dec("pid", Pid),
    ]),
    row(169, "ptrace", Category::Process, Class::Syscall, CONVERTED, &[
        dec("res", Errno), hex("addr", Dynamic(PTRACE_DYNAMIC_PARAM)),
        hex("data", Dynamic(PTRACE_DYNAMIC_PARAM)),
        named("request", Enum16, Decimal, names::PTRACE_REQUESTS), dec("pid", Pid),
    ]),
    row(170, "ioctl", Category::IoOther, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), hex("request", Uint64), hex("argument", Uint64),
    ]),
    row(171, "ioctl", Category::IoOther, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), hex("request", Uint64), hex("argument", Uint64),
    ]),
    row(172, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(173, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("env", Bytes),
    ]),
    row(174, "rename", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(175, "rename", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("oldpath", Path), plain("newpath", Path),
    ]),
    row(176, "renameat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(177, "renameat", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), dec("olddirfd", Fd), plain("oldpath", PathRelativeTo(1)), dec("newdirfd", Fd),
        plain("newpath", PathRelativeTo(3)),
    ]),
    row(178, "symlink", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(179, "symlink", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("target", Text), plain("linkpath", Path),
    ]),
    row(180, "symlinkat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(181, "symlinkat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), plain("target", Text), dec("linkdirfd", Fd),
        plain("linkpath", PathRelativeTo(2)),
    ]),
    row(182, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(183, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(184, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(185, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(186, "procexit", Category::Process, Class::Tracepoint, MODIFIES_STATE, &[
        dec("status", Errno), dec("ret", Errno), dec("sig", Signal), dec("core", Uint8),
        dec("reaper_tid", Pid),
    ]),
    row(187, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(188, "sendfile", Category::IoWrite, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("out_fd", Fd), dec("in_fd", Fd), dec("offset", Uint64), dec("size", Uint64),
    ]),
    row(189, "sendfile", Category::IoWrite, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("offset", Uint64), dec("out_fd", Fd), dec("in_fd", Fd), dec("size", Uint64),
    ]),
    row(190, "quotactl", Category::User, Class::Syscall, OLD_VERSION | CONVERTED, &[
        named("cmd", Flags16, Decimal, names::QUOTACTL_CMDS),
        named("type", Flags8, Decimal, names::QUOTACTL_TYPES), dec("id", Uint32),
        named("quota_fmt", Flags8, Decimal, names::QUOTACTL_QUOTA_FMTS),
    ]),
    row(191, "quotactl", Category::User, Class::Syscall, CONVERTED, &[
        dec("res", Errno), plain("special", Text), plain("quotafilepath", Text),
        dec("dqb_bhardlimit", Uint64), dec("dqb_bsoftlimit", Uint64), dec("dqb_curspace", Uint64),
        dec("dqb_ihardlimit", Uint64), dec("dqb_isoftlimit", Uint64), dec("dqb_btime", RelativeTime),
        dec("dqb_itime", RelativeTime), dec("dqi_bgrace", RelativeTime), dec("dqi_igrace", RelativeTime),
        named("dqi_flags", Flags8, Decimal, names::QUOTACTL_DQI_FLAGS),
        named("quota_fmt_out", Flags8, Decimal, names::QUOTACTL_QUOTA_FMTS),
        named("cmd", Flags16, Decimal, names::QUOTACTL_CMDS),
        named("type", Flags8, Decimal, names::QUOTACTL_TYPES), dec("id", Uint32),
        named("quota_fmt", Flags8, Decimal, names::QUOTACTL_QUOTA_FMTS),
    ]),
    row(192, "setresuid", Category::User, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("ruid", Uid), dec("euid", Uid), dec("suid", Uid),
    ]),
    row(193, "setresuid", Category::User, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("ruid", Uid), dec("euid", Uid), dec("suid", Uid),
    ]),
    row(194, "setresgid", Category::User, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("rgid", Gid), dec("egid", Gid), dec("sgid", Gid),
    ]),
    row(195, "setresgid", Category::User, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("rgid", Gid), dec("egid", Gid), dec("sgid", Gid),
    ]),
    row(196, "scapevent", Category::Internal, Class::Meta, KEEPS_PENDING, &[
        dec("event_type", Uint32), dec("event_data", Uint64),
    ]),
    row(197, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(198, "setuid", Category::User, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("uid", Uid),
    ]),
    row(199, "setuid", Category::User, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("uid", Uid),
    ]),
    row(200, "setgid", Category::User, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("gid", Gid),
    ]),
    row(201, "setgid", Category::User, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("gid", Gid),
    ]),
    row(202, "getuid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(203, "getuid", Category::User, Class::Syscall, 0, &[dec("uid", Uid)]),
    row(204, "geteuid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(205, "geteuid", Category::User, Class::Syscall, 0, &[dec("euid", Uid)]),
    row(206, "getgid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(207, "getgid", Category::User, Class::Syscall, 0, &[dec("gid", Gid)]),
    row(208, "getegid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(209, "getegid", Category::User, Class::Syscall, 0, &[dec("egid", Gid)]),
    row(210, "getresuid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(211, "getresuid", Category::User, Class::Syscall, 0, &[
        dec("res", Errno), dec("ruid", Uid), dec("euid", Uid), dec("suid", Uid),
    ]),
    row(212, "getresgid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(213, "getresgid", Category::User, Class::Syscall, 0, &[
        dec("res", Errno), dec("rgid", Gid), dec("egid", Gid), dec("sgid", Gid),
    ]),
    row(214, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(215, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("env", Bytes),
    ]),
    row(216, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(217, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32),
        dec("gid", Uint32),
    ]),
    row(218, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(219, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32),
        dec("gid", Uint32),
    ]),
    row(220, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(221, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32),
        dec("gid", Uint32),
    ]),
    row(222, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(223, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
        dec("vtid", Pid), dec("vpid", Pid), dec("pidns_init_start_ts", Uint64),
    ]),
    row(224, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(225, "fork", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
        dec("vtid", Pid), dec("vpid", Pid), dec("pidns_init_start_ts", Uint64),
    ]),
    row(226, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(227, "vfork", Category::Process, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32),
        plain("comm", Text), plain("cgroups", Bytes),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
        dec("vtid", Pid), dec("vpid", Pid), dec("pidns_init_start_ts", Uint64),
    ]),
];
