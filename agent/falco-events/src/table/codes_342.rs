//! Events with the codes 342 to 453.

use super::rows::*;

#[rustfmt::skip]
pub(super) static ROWS: &[EventType] = &[
    row(342, "io_uring_register", Category::IoOther, Class::Syscall, OLD_VERSION, &[]),
    row(343, "io_uring_register", Category::IoOther, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd),
        named("opcode", Enum16, Decimal, names::IO_URING_REGISTER_OPCODES), hex("arg", Uint64),
        dec("nr_args", Uint32),
    ]),
    row(344, "mlock", Category::Memory, Class::Syscall, OLD_VERSION, &[]),
    row(345, "mlock", Category::Memory, Class::Syscall, 0, &[
        dec("res", Errno), hex("addr", Uint64), dec("len", Uint64),
    ]),
    row(346, "munlock", Category::Memory, Class::Syscall, OLD_VERSION, &[]),
    row(347, "munlock", Category::Memory, Class::Syscall, 0, &[
        dec("res", Errno), hex("addr", Uint64), dec("len", Uint64),
    ]),
    row(348, "mlockall", Category::Memory, Class::Syscall, OLD_VERSION, &[]),
    row(349, "mlockall", Category::Memory, Class::Syscall, 0, &[
        dec("res", Errno), named("flags", Flags32, Hexadecimal, names::MLOCKALL_FLAGS),
    ]),
    row(350, "munlockall", Category::Memory, Class::Syscall, OLD_VERSION, &[]),
    row(351, "munlockall", Category::Memory, Class::Syscall, 0, &[dec("res", Errno)]),
    row(352, "capset", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(353, "capset", Category::Process, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), hex("cap_inheritable", Uint64), hex("cap_permitted", Uint64),
        hex("cap_effective", Uint64),
    ]),
    row(354, "useradded", Category::Process, Class::Meta, MODIFIES_STATE, &[
        dec("uid", Uint32), dec("gid", Uint32), plain("name", Text), plain("home", Text),
        plain("shell", Text), plain("container_id", Text),
    ]),
    row(355, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(356, "userdeleted", Category::Process, Class::Meta, MODIFIES_STATE, &[
        dec("uid", Uint32), dec("gid", Uint32), plain("name", Text), plain("home", Text),
        plain("shell", Text), plain("container_id", Text),
    ]),
    row(357, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(358, "groupadded", Category::Process, Class::Meta, MODIFIES_STATE, &[
        dec("gid", Uint32), plain("name", Text), plain("container_id", Text),
    ]),
    row(359, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(360, "groupdeleted", Category::Process, Class::Meta, MODIFIES_STATE, &[
        dec("gid", Uint32), plain("name", Text), plain("container_id", Text),
    ]),
    row(361, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(362, "dup2", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE | OLD_VERSION, &[
        dec("fd", Fd),
    ]),
    row(363, "dup2", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        dec("res", Fd), dec("oldfd", Fd), dec("newfd", Fd),
    ]),
    row(364, "dup3", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE | OLD_VERSION, &[
        dec("fd", Fd),
    ]),
    row(365, "dup3", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        dec("res", Fd), dec("oldfd", Fd), dec("newfd", Fd),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
    ]),
    row(366, "dup", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE | OLD_VERSION, &[
        dec("fd", Fd),
    ]),
    row(367, "dup", Category::IoOther, Class::Syscall, CREATES_FD | USES_FD | MODIFIES_STATE, &[
        dec("res", Fd), dec("oldfd", Fd),
    ]),
    row(368, "bpf", Category::Other, Class::Syscall, CREATES_FD | OLD_VERSION, &[dec("cmd", Int64)]),
    row(369, "bpf", Category::Other, Class::Syscall, CREATES_FD, &[
        dec("fd", Fd), named("cmd", Enum32, Decimal, names::BPF_COMMANDS),
    ]),
    row(370, "mlock2", Category::Memory, Class::Syscall, OLD_VERSION, &[]),
    row(371, "mlock2", Category::Memory, Class::Syscall, 0, &[
        dec("res", Errno), hex("addr", Uint64), dec("len", Uint64),
        named("flags", Flags32, Hexadecimal, names::MLOCK2_FLAGS),
    ]),
    row(372, "fsconfig", Category::System, Class::Syscall, OLD_VERSION, &[]),
    row(373, "fsconfig", Category::System, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd), named("cmd", Enum32, Decimal, names::FSCONFIG_CMDS),
        plain("key", Text), plain("value_bytebuf", Bytes), plain("value_charbuf", Text), dec("aux", Int32),
    ]),
    row(374, "epoll_create", Category::Wait, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("size", Int32),
    ]),
    row(375, "epoll_create", Category::Wait, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("size", Int32),
    ]),
    row(376, "epoll_create1", Category::Wait, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        named("flags", Flags32, Hexadecimal, names::EPOLL_CREATE1_FLAGS),
    ]),
    row(377, "epoll_create1", Category::Wait, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), named("flags", Flags32, Hexadecimal, names::EPOLL_CREATE1_FLAGS),
    ]),
    row(378, "chown", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(379, "chown", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("path", Path), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(380, "lchown", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(381, "lchown", Category::File, Class::Syscall, 0, &[
        dec("res", Errno), plain("path", Path), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(382, "fchown", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(383, "fchown", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(384, "fchownat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(385, "fchownat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("pathname", PathRelativeTo(1)), dec("uid", Uint32),
        dec("gid", Uint32), named("flags", Flags32, Hexadecimal, names::FCHOWNAT_FLAGS),
    ]),
    row(386, "umount", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(387, "umount", Category::File, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), plain("name", Path),
    ]),
    row(388, "accept4", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        hex("flags", Int32),
    ]),
    row(389, "accept4", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), plain("tuple", SocketTuple), dec("queuepct", Uint8), dec("queuelen", Uint32),
        dec("queuemax", Uint32), hex("flags", Int32),
    ]),
    row(390, "umount2", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        named("flags", Flags32, Hexadecimal, names::UMOUNT_FLAGS),
    ]),
    row(391, "umount2", Category::File, Class::Syscall, MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("name", Path), named("flags", Flags32, Hexadecimal, names::UMOUNT_FLAGS),
    ]),
    row(392, "pipe2", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(393, "pipe2", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("res", Errno), dec("fd1", Fd), dec("fd2", Fd), dec("ino", Uint64),
        named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
    ]),
    row(394, "inotify_init1", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(395, "inotify_init1", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("res", Fd), named("flags", Flags16, Hexadecimal, names::FILE_FLAGS),
    ]),
    row(396, "eventfd2", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("initval", Uint64),
    ]),
    row(397, "eventfd2", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), named("flags", Flags16, Hexadecimal, names::FILE_FLAGS), dec("initval", Uint64),
    ]),
    row(398, "signalfd4", Category::Signal, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), hex("mask", Uint32),
    ]),
    row(399, "signalfd4", Category::Signal, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), named("flags", Flags16, Hexadecimal, names::FILE_FLAGS), dec("fd", Fd),
        hex("mask", Uint32),
    ]),
    row(400, "prctl", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(401, "prctl", Category::Process, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), named("option", Enum32, Decimal, names::PRCTL_OPTIONS), plain("arg2_str", Text),
        dec("arg2_int", Int64),
    ]),
    row(402, "asyncevent", Category::Other, Class::Meta, LARGE_PAYLOAD, &[
        dec("plugin_id", Uint32), plain("name", Text), plain("data", Bytes),
    ]),
    row(403, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(404, "memfd_create", Category::Memory, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[
       
    ]),
    row(405, "memfd_create", Category::Memory, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("fd", Fd), plain("name", Text), named("flags", Flags32, Hexadecimal, names::MEMFD_CREATE_FLAGS),
    ]),
    row(406, "pidfd_getfd", Category::Process, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[
       
    ]),
    row(407, "pidfd_getfd", Category::Process, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("fd", Fd), dec("pid_fd", Fd), dec("target_fd", Fd), hex("flags", Uint32),
    ]),
    row(408, "pidfd_open", Category::Process, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(409, "pidfd_open", Category::Process, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("fd", Fd), dec("pid", Pid), named("flags", Flags32, Hexadecimal, names::PIDFD_OPEN_FLAGS),
    ]),
    row(410, "init_module", Category::Other, Class::Syscall, OLD_VERSION, &[]),
    row(411, "init_module", Category::Other, Class::Syscall, 0, &[
        dec("res", Errno), plain("img", Bytes), dec("length", Uint64), plain("uargs", Text),
    ]),
    row(412, "finit_module", Category::Other, Class::Syscall, OLD_VERSION, &[]),
    row(413, "finit_module", Category::Other, Class::Syscall, USES_FD | READS_FROM_FD, &[
        dec("res", Errno), dec("fd", Fd), plain("uargs", Text),
        named("flags", Flags32, Hexadecimal, names::FINIT_MODULE_FLAGS),
    ]),
    row(414, "mknod", Category::Other, Class::Syscall, OLD_VERSION, &[]),
    row(415, "mknod", Category::Other, Class::Syscall, 0, &[
        dec("res", Errno), plain("path", Path), named("mode", Mode, Octal, names::MKNOD_MODE),
        dec("dev", Uint32),
    ]),
    row(416, "mknodat", Category::Other, Class::Syscall, OLD_VERSION, &[]),
    row(417, "mknodat", Category::Other, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("path", PathRelativeTo(1)),
        named("mode", Mode, Octal, names::MKNOD_MODE), dec("dev", Uint32),
    ]),
    row(418, "newfstatat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(419, "newfstatat", Category::File, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("dirfd", Fd), plain("path", PathRelativeTo(1)),
        named("flags", Flags32, Hexadecimal, names::NEWFSTATAT_FLAGS),
    ]),
    row(420, "process_vm_readv", Category::Ipc, Class::Syscall, OLD_VERSION, &[]),
    row(421, "process_vm_readv", Category::Ipc, Class::Syscall, 0, &[
        dec("res", Int64), dec("pid", Pid), plain("data", Bytes),
    ]),
    row(422, "process_vm_writev", Category::Ipc, Class::Syscall, OLD_VERSION, &[]),
    row(423, "process_vm_writev", Category::Ipc, Class::Syscall, 0, &[
        dec("res", Int64), dec("pid", Pid), plain("data", Bytes),
    ]),
    row(424, "delete_module", Category::Other, Class::Syscall, OLD_VERSION, &[]),
    row(425, "delete_module", Category::Other, Class::Syscall, 0, &[
        dec("res", Errno), plain("name", Text),
        named("flags", Flags32, Hexadecimal, names::DELETE_MODULE_FLAGS),
    ]),
    row(426, "setreuid", Category::User, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(427, "setreuid", Category::User, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), dec("ruid", Uid), dec("euid", Uid),
    ]),
    row(428, "setregid", Category::User, Class::Syscall, OLD_VERSION, &[]),
    row(429, "setregid", Category::User, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), dec("rgid", Uid), dec("egid", Uid),
    ]),
    row(430, "task", Category::Process, Class::Iterator, MODIFIES_STATE, &[
        dec("ppid", Pid32), dec("pgid", Pid32), dec("vpgid", Pid32), dec("sid", Pid32), plain("comm", Text),
        plain("argv", TextArray), plain("exepath", Path),
        named("flags", Flags32, Hexadecimal, names::EXECVE_FLAGS), plain("env", TextArray),
        plain("cwd", Text), dec("fdlimit", Uint64), dec("euid", Uid), dec("egid", Gid),
        hex("cap_permitted", Uint64), hex("cap_effective", Uint64), hex("cap_inheritable", Uint64),
        dec("exe_ino_num", Uint64), dec("exe_ino_ctime", AbsoluteTime), dec("exe_ino_mtime", AbsoluteTime),
        dec("vm_size", Uint32), dec("vm_rss", Uint32), dec("vm_swap", Uint32), dec("pgft_maj", Uint64),
        dec("pgft_min", Uint64), dec("vtgid", Pid32), dec("vpid", Pid32),
        dec("pidns_init_start_ts", Uint64), plain("cgroups", TextArray), plain("root", Path),
        dec("start_time", AbsoluteTime), dec("tty", Uint32), dec("loginuid", Uid),
    ]),
    row(431, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(432, "task_file_pipe", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), plain("path", Path), dec("ino_num", Uint64),
    ]),
    row(433, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(434, "task_file_memfd", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), plain("path", Path), dec("ino_num", Uint64),
    ]),
    row(435, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(436, "task_file_regular", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), plain("path", Path), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
        dec("mnt_id", Uint32), dec("ino_num", Uint64),
    ]),
    row(437, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(438, "task_file_directory", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), plain("path", Path), dec("ino_num", Uint64),
    ]),
    row(439, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(440, "task_file_socket_inet", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), dec("sk_type", Uint16), dec("sk_proto", Uint16), hex("local_ip", Ipv4Address),
        hex("local_port", Port), hex("remote_ip", Ipv4Address), hex("remote_port", Port),
        dec("ino_num", Uint64),
    ]),
    row(441, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(442, "task_file_socket_inet6", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), dec("sk_type", Uint16), dec("sk_proto", Uint16), hex("local_ip", Ipv4Address),
        hex("local_port", Port), hex("remote_ip", Ipv4Address), hex("remote_port", Port),
        dec("ino_num", Uint64),
    ]),
    row(443, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(444, "task_file_socket_unix", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), dec("sk_type", Uint16), dec("sk_proto", Uint16), plain("sk_pointer", Uint64),
        plain("sun_path", Path), dec("ino_num", Uint64),
    ]),
    row(445, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(446, "task_file_socket_netlink", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), dec("sk_type", Uint16), dec("sk_proto", Uint16), dec("ino_num", Uint64),
    ]),
    row(447, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(448, "task_file_anon_inode", Category::File, Class::Iterator, MODIFIES_STATE, &[
        dec("fd", Fd32), named("fd_type", Flags8, Decimal, names::ANON_INODE_FD_TYPES), plain("path", Path),
        dec("ino_num", Uint64),
    ]),
    row(449, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(450, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(451, "close_range", Category::IoOther, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), dec("first", Uint32), dec("last", Uint32),
        named("flags", Flags32, Hexadecimal, names::CLOSE_RANGE_FLAGS),
    ]),
    row(452, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(453, "keyctl", Category::Other, Class::Syscall, 0, &[
        dec("res", Errno), named("operation", Enum32, Decimal, names::KEYCTL_OPERATIONS),
        dec("arg2", Dynamic(KEYCTL_DYNAMIC_PARAM)), dec("arg3", Dynamic(KEYCTL_DYNAMIC_PARAM)),
        dec("arg4", Dynamic(KEYCTL_DYNAMIC_PARAM)), dec("arg5", Dynamic(KEYCTL_DYNAMIC_PARAM)),
    ]),
];
