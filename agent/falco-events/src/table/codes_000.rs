//! Events with the codes 0 to 113.

use super::rows::*;

#[rustfmt::skip]
pub(super) static ROWS: &[EventType] = &[
    row(0, "syscall", Category::Other, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("ID", SyscallId), dec("nativeID", Uint16),
    ]),
    row(1, "syscall", Category::Other, Class::Syscall, CONVERTED, &[
        dec("ID", SyscallId), dec("nativeID", Uint16),
    ]),
    row(2, "open", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        plain("name", Path), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS), oct("mode", Uint32),
    ]),
    row(3, "open", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), plain("name", Path), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
        oct("mode", Uint32), hex("dev", Uint32), dec("ino", Uint64),
    ]),
    row(4, "close", Category::IoOther, Class::Syscall, DESTROYS_FD | USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(5, "close", Category::IoOther, Class::Syscall, DESTROYS_FD | USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd),
    ]),
    row(6, "read", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(7, "read", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
    ]),
    row(8, "write", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(9, "write", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
    ]),
    row(10, "brk", Category::Memory, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("size", Uint32)]),
    row(11, "brk", Category::Memory, Class::Syscall, OLD_VERSION | CONVERTED, &[hex("res", Uint64)]),
    row(12, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(13, "execve", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Errno), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Uint64),
    ]),
    row(14, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(15, "clone", Category::Process, Class::Syscall, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("res", Pid), plain("exe", Text), plain("args", Bytes), dec("tid", Pid), dec("pid", Pid),
        dec("ptid", Pid), plain("cwd", Text), dec("fdlimit", Int64),
        named("flags", Flags32, Hexadecimal, names::CLONE_FLAGS), dec("uid", Uint32), dec("gid", Uint32),
    ]),
    row(16, "procexit", Category::Process, Class::Tracepoint, MODIFIES_STATE | OLD_VERSION | CONVERTED, &[]),
    row(17, "NA", Category::Unknown, Class::Unknown, UNUSED, &[]),
    row(18, "socket", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        named("domain", Enum32, Decimal, names::SOCKET_FAMILIES), dec("type", Uint32), dec("proto", Uint32),
    ]),
    row(19, "socket", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), named("domain", Enum32, Decimal, names::SOCKET_FAMILIES), dec("type", Uint32),
        dec("proto", Uint32), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
    ]),
    row(20, "bind", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(21, "bind", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("addr", SocketAddress), dec("fd", Fd),
    ]),
    row(22, "connect", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), plain("addr", SocketAddress),
    ]),
    row(23, "connect", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("tuple", SocketTuple), dec("fd", Fd), plain("addr", SocketAddress),
    ]),
    row(24, "listen", Category::Net, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("backlog", Int32),
    ]),
    row(25, "listen", Category::Net, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), dec("backlog", Int32),
    ]),
    row(26, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(27, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), plain("tuple", SocketTuple), dec("queuepct", Uint8),
    ]),
    row(28, "send", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(29, "send", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
        plain("tuple", SocketTuple),
    ]),
    row(30, "sendto", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32), plain("tuple", SocketTuple),
    ]),
    row(31, "sendto", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
        plain("tuple", SocketTuple),
    ]),
    row(32, "recv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(33, "recv", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
        plain("tuple", SocketTuple),
    ]),
    row(34, "recvfrom", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32),
    ]),
    row(35, "recvfrom", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), plain("tuple", SocketTuple), dec("fd", Fd),
        dec("size", Uint32),
    ]),
    row(36, "shutdown", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), named("how", Enum8, Hexadecimal, names::SHUTDOWN_HOW),
    ]),
    row(37, "shutdown", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), named("how", Enum8, Hexadecimal, names::SHUTDOWN_HOW),
    ]),
    row(38, "getsockname", Category::Net, Class::Syscall, OLD_VERSION, &[]),
    row(39, "getsockname", Category::Net, Class::Syscall, 0, &[]),
    row(40, "getpeername", Category::Net, Class::Syscall, OLD_VERSION, &[]),
    row(41, "getpeername", Category::Net, Class::Syscall, 0, &[]),
    row(42, "socketpair", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        named("domain", Enum32, Decimal, names::SOCKET_FAMILIES), dec("type", Uint32), dec("proto", Uint32),
    ]),
    row(43, "socketpair", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("fd1", Fd), dec("fd2", Fd), hex("source", Uint64), hex("peer", Uint64),
        named("domain", Enum32, Decimal, names::SOCKET_FAMILIES), dec("type", Uint32), dec("proto", Uint32),
    ]),
    row(44, "setsockopt", Category::Net, Class::Syscall, OLD_VERSION, &[]),
    row(45, "setsockopt", Category::Net, Class::Syscall, USES_FD, &[
        dec("res", Errno), dec("fd", Fd), named("level", Enum8, Decimal, names::SOCKOPT_LEVELS),
        named("optname", Enum8, Decimal, names::SOCKOPT_OPTIONS),
        dec("val", Dynamic(SOCKOPT_DYNAMIC_PARAM)), dec("optlen", Uint32),
    ]),
    row(46, "getsockopt", Category::Net, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(47, "getsockopt", Category::Net, Class::Syscall, USES_FD | MODIFIES_STATE, &[
        dec("res", Errno), dec("fd", Fd), named("level", Enum8, Decimal, names::SOCKOPT_LEVELS),
        named("optname", Enum8, Decimal, names::SOCKOPT_OPTIONS),
        dec("val", Dynamic(SOCKOPT_DYNAMIC_PARAM)), dec("optlen", Uint32),
    ]),
    row(48, "sendmsg", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32), plain("tuple", SocketTuple),
    ]),
    row(49, "sendmsg", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32),
        plain("tuple", SocketTuple),
    ]),
    row(50, "sendmmsg", Category::IoWrite, Class::Syscall, OLD_VERSION, &[]),
    row(51, "sendmmsg", Category::IoWrite, Class::Syscall, USES_FD | WRITES_TO_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), dec("size", Uint32), plain("data", Bytes),
        plain("tuple", SocketTuple),
    ]),
    row(52, "recvmsg", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(53, "recvmsg", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("size", Uint32), plain("data", Bytes), plain("tuple", SocketTuple),
        plain("msgcontrol", Bytes), dec("fd", Fd),
    ]),
    row(54, "recvmmsg", Category::IoRead, Class::Syscall, OLD_VERSION, &[]),
    row(55, "recvmmsg", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), dec("size", Uint32), plain("data", Bytes),
        plain("tuple", SocketTuple), plain("msgcontrol", Bytes),
    ]),
    row(56, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        hex("flags", Int32),
    ]),
    row(57, "accept", Category::Net, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), plain("tuple", SocketTuple), dec("queuepct", Uint8),
    ]),
    row(58, "creat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        plain("name", Path), oct("mode", Uint32),
    ]),
    row(59, "creat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("fd", Fd), plain("name", Path), oct("mode", Uint32), hex("dev", Uint32), dec("ino", Uint64),
        named("creat_flags", Flags16, Hexadecimal, names::CREAT_FLAGS),
    ]),
    row(60, "pipe", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION, &[]),
    row(61, "pipe", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE, &[
        dec("res", Errno), dec("fd1", Fd), dec("fd2", Fd), dec("ino", Uint64),
    ]),
    row(62, "eventfd", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("initval", Uint64), hex("flags", Uint32),
    ]),
    row(63, "eventfd", Category::Ipc, Class::Syscall, CREATES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Fd), dec("initval", Uint64), hex("flags", Uint32),
    ]),
    row(64, "futex", Category::Ipc, Class::Syscall, OLD_VERSION | CONVERTED, &[
        hex("addr", Uint64), named("op", Flags16, Hexadecimal, names::FUTEX_OPERATIONS), dec("val", Uint64),
    ]),
    row(65, "futex", Category::Ipc, Class::Syscall, CONVERTED, &[
        dec("res", Errno), hex("addr", Uint64), named("op", Flags16, Hexadecimal, names::FUTEX_OPERATIONS),
        dec("val", Uint64),
    ]),
    row(66, "stat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(67, "stat", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(68, "lstat", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(69, "lstat", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(70, "fstat", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[plain("fd", Fd)]),
    row(71, "fstat", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd),
    ]),
    row(72, "stat64", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(73, "stat64", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(74, "lstat64", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(75, "lstat64", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Path)]),
    row(76, "fstat64", Category::File, Class::Syscall, USES_FD | OLD_VERSION, &[plain("fd", Fd)]),
    row(77, "fstat64", Category::File, Class::Syscall, 0, &[dec("res", Errno)]),
    row(78, "epoll_wait", Category::Wait, Class::Syscall, WAITS | OLD_VERSION | CONVERTED, &[
        dec("maxevents", Errno),
    ]),
    row(79, "epoll_wait", Category::Wait, Class::Syscall, WAITS | CONVERTED, &[
        dec("res", Errno), dec("maxevents", Errno),
    ]),
    row(80, "poll", Category::Wait, Class::Syscall, WAITS | OLD_VERSION | CONVERTED, &[
        dec("fds", FdList), dec("timeout", Int64),
    ]),
    row(81, "poll", Category::Wait, Class::Syscall, WAITS | CONVERTED, &[
        dec("res", Errno), dec("fds", FdList), dec("timeout", Int64),
    ]),
    row(82, "select", Category::Wait, Class::Syscall, WAITS | OLD_VERSION, &[]),
    row(83, "select", Category::Wait, Class::Syscall, WAITS, &[dec("res", Errno)]),
    row(84, "select", Category::Wait, Class::Syscall, WAITS | OLD_VERSION, &[]),
    row(85, "select", Category::Wait, Class::Syscall, WAITS | OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(86, "lseek", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("offset", Uint64), named("whence", Enum8, Decimal, names::LSEEK_WHENCE),
    ]),
    row(87, "lseek", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), dec("offset", Uint64),
        named("whence", Enum8, Decimal, names::LSEEK_WHENCE),
    ]),
    row(88, "llseek", Category::File, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("offset", Uint64), named("whence", Enum8, Decimal, names::LSEEK_WHENCE),
    ]),
    row(89, "llseek", Category::File, Class::Syscall, USES_FD | CONVERTED, &[
        dec("res", Errno), dec("fd", Fd), dec("offset", Uint64),
        named("whence", Enum8, Decimal, names::LSEEK_WHENCE),
    ]),
    row(90, "ioctl", Category::IoOther, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), hex("request", Uint64),
    ]),
    row(91, "ioctl", Category::IoOther, Class::Syscall, USES_FD | OLD_VERSION | CONVERTED, &[
        dec("res", Errno),
    ]),
    row(92, "getcwd", Category::File, Class::Syscall, OLD_VERSION, &[]),
    row(93, "getcwd", Category::File, Class::Syscall, 0, &[dec("res", Errno), plain("path", Text)]),
    row(94, "chdir", Category::File, Class::Syscall, MODIFIES_STATE | OLD_VERSION, &[]),
    row(95, "chdir", Category::File, Class::Syscall, MODIFIES_STATE, &[
        dec("res", Errno), plain("path", Text),
    ]),
    row(96, "fchdir", Category::File, Class::Syscall, USES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        plain("fd", Fd),
    ]),
    row(97, "fchdir", Category::File, Class::Syscall, USES_FD | MODIFIES_STATE | CONVERTED, &[
        dec("res", Errno), plain("fd", Fd),
    ]),
    row(98, "mkdir", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[
        plain("path", Path), hex("mode", Uint32),
    ]),
    row(99, "mkdir", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(100, "rmdir", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[plain("path", Path)]),
    row(101, "rmdir", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(102, "openat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("dirfd", Fd), plain("name", Text), named("flags", Flags32, Hexadecimal, names::FILE_FLAGS),
        oct("mode", Uint32),
    ]),
    row(103, "openat", Category::File, Class::Syscall, CREATES_FD | MODIFIES_STATE | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd),
    ]),
    row(104, "link", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[
        plain("oldpath", Path), plain("newpath", Path),
    ]),
    row(105, "link", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(106, "linkat", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("olddir", Fd), plain("oldpath", Text), dec("newdir", Fd), plain("newpath", Text),
    ]),
    row(107, "linkat", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(108, "unlink", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[plain("path", Path)]),
    row(109, "unlink", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(110, "unlinkat", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[
        dec("dirfd", Fd), plain("name", Text),
    ]),
    row(111, "unlinkat", Category::File, Class::Syscall, OLD_VERSION | CONVERTED, &[dec("res", Errno)]),
    row(112, "pread", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | OLD_VERSION | CONVERTED, &[
        dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
    row(113, "pread", Category::IoRead, Class::Syscall, USES_FD | READS_FROM_FD | CONVERTED, &[
        dec("res", Errno), plain("data", Bytes), dec("fd", Fd), dec("size", Uint32), dec("pos", Uint64),
    ]),
];
