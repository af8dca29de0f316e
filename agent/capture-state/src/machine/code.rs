//! Codes of the events that change what is known, and where they have their descriptor.
//!
//! An exit event has the name of its call, an enter event ends in `_ENTER`. Events of older forms are
//! converted before, so each call has one code here.

use saker_falco_events::EventCode;

pub(super) const GENERIC: u16 = 1;
pub(super) const OPEN_ENTER: u16 = 2;
pub(super) const OPEN: u16 = 3;
pub(super) const CLOSE: u16 = 5;
pub(super) const READ: u16 = 7;
pub(super) const WRITE: u16 = 9;
pub(super) const SOCKET: u16 = 19;
pub(super) const BIND: u16 = 21;
pub(super) const CONNECT_ENTER: u16 = 22;
pub(super) const CONNECT: u16 = 23;
pub(super) const LISTEN: u16 = 25;
pub(super) const SEND: u16 = 29;
pub(super) const SENDTO: u16 = 31;
pub(super) const RECV: u16 = 33;
pub(super) const RECVFROM: u16 = 35;
pub(super) const SHUTDOWN: u16 = 37;
pub(super) const SOCKETPAIR: u16 = 43;
pub(super) const SETSOCKOPT: u16 = 45;
pub(super) const GETSOCKOPT: u16 = 47;
pub(super) const SENDMSG: u16 = 49;
pub(super) const SENDMMSG: u16 = 51;
pub(super) const RECVMSG: u16 = 53;
pub(super) const RECVMMSG: u16 = 55;
pub(super) const CREAT_ENTER: u16 = 58;
pub(super) const CREAT: u16 = 59;
pub(super) const PIPE: u16 = 61;
pub(super) const EVENTFD: u16 = 63;
pub(super) const FSTAT: u16 = 71;
pub(super) const LSEEK: u16 = 87;
pub(super) const LLSEEK: u16 = 89;
pub(super) const GETCWD: u16 = 93;
pub(super) const CHDIR: u16 = 95;
pub(super) const FCHDIR: u16 = 97;
pub(super) const PREAD: u16 = 113;
pub(super) const PWRITE: u16 = 115;
pub(super) const READV: u16 = 117;
pub(super) const WRITEV: u16 = 119;
pub(super) const PREADV: u16 = 121;
pub(super) const PWRITEV: u16 = 123;
pub(super) const SIGNALFD: u16 = 127;
pub(super) const TIMERFD_CREATE: u16 = 137;
pub(super) const INOTIFY_INIT: u16 = 139;
pub(super) const GETRLIMIT: u16 = 141;
pub(super) const SETRLIMIT: u16 = 143;
pub(super) const PRLIMIT: u16 = 145;
pub(super) const FCNTL: u16 = 151;
pub(super) const SCHEDSWITCH: u16 = 152;
pub(super) const BRK: u16 = 159;
pub(super) const MMAP_ENTER: u16 = 160;
pub(super) const MMAP: u16 = 161;
pub(super) const MMAP2_ENTER: u16 = 162;
pub(super) const MMAP2: u16 = 163;
pub(super) const MUNMAP: u16 = 165;
pub(super) const SPLICE_ENTER: u16 = 166;
pub(super) const SPLICE: u16 = 167;
pub(super) const IOCTL: u16 = 171;
pub(super) const SYMLINKAT: u16 = 181;
pub(super) const PROCEXIT: u16 = 186;
pub(super) const SENDFILE: u16 = 189;
pub(super) const SETRESUID: u16 = 193;
pub(super) const SETRESGID: u16 = 195;
pub(super) const SETUID: u16 = 199;
pub(super) const SETGID: u16 = 201;
pub(super) const CLONE: u16 = 223;
pub(super) const FORK: u16 = 225;
pub(super) const VFORK: u16 = 227;
pub(super) const PROCINFO: u16 = 234;
pub(super) const GETDENTS: u16 = 237;
pub(super) const GETDENTS64: u16 = 239;
pub(super) const SETNS: u16 = 241;
pub(super) const FLOCK: u16 = 243;
pub(super) const ACCEPT: u16 = 247;
pub(super) const CHROOT: u16 = 267;
pub(super) const SETSID: u16 = 275;
pub(super) const UNSHARE: u16 = 285;
pub(super) const EXECVE_ENTER: u16 = 292;
pub(super) const EXECVE: u16 = 293;
pub(super) const UNLINKAT: u16 = 303;
pub(super) const MKDIRAT: u16 = 305;
pub(super) const OPENAT_ENTER: u16 = 306;
pub(super) const OPENAT: u16 = 307;
pub(super) const FCHMODAT: u16 = 313;
pub(super) const FCHMOD: u16 = 317;
pub(super) const USERFAULTFD: u16 = 321;
pub(super) const PLUGINEVENT: u16 = 322;
pub(super) const CONTAINER_JSON: u16 = 324;
pub(super) const OPENAT2_ENTER: u16 = 326;
pub(super) const OPENAT2: u16 = 327;
pub(super) const EXECVEAT_ENTER: u16 = 330;
pub(super) const EXECVEAT: u16 = 331;
pub(super) const COPY_FILE_RANGE: u16 = 333;
pub(super) const CLONE3: u16 = 335;
pub(super) const OPEN_BY_HANDLE_AT: u16 = 337;
pub(super) const IO_URING_SETUP: u16 = 339;
pub(super) const IO_URING_ENTER: u16 = 341;
pub(super) const IO_URING_REGISTER: u16 = 343;
pub(super) const CAPSET: u16 = 353;
pub(super) const USER_ADDED: u16 = 354;
pub(super) const USER_DELETED: u16 = 356;
pub(super) const GROUP_ADDED: u16 = 358;
pub(super) const GROUP_DELETED: u16 = 360;
pub(super) const DUP2: u16 = 363;
pub(super) const DUP3: u16 = 365;
pub(super) const DUP: u16 = 367;
pub(super) const BPF: u16 = 369;
pub(super) const FSCONFIG: u16 = 373;
pub(super) const EPOLL_CREATE: u16 = 375;
pub(super) const EPOLL_CREATE1: u16 = 377;
pub(super) const FCHOWN: u16 = 383;
pub(super) const FCHOWNAT: u16 = 385;
pub(super) const ACCEPT4: u16 = 389;
pub(super) const PIPE2: u16 = 393;
pub(super) const INOTIFY_INIT1: u16 = 395;
pub(super) const EVENTFD2: u16 = 397;
pub(super) const SIGNALFD4: u16 = 399;
pub(super) const PRCTL: u16 = 401;
pub(super) const ASYNCEVENT: u16 = 402;
pub(super) const MEMFD_CREATE: u16 = 405;
pub(super) const PIDFD_GETFD: u16 = 407;
pub(super) const PIDFD_OPEN: u16 = 409;
pub(super) const FINIT_MODULE: u16 = 413;
pub(super) const MKNODAT: u16 = 417;
pub(super) const NEWFSTATAT: u16 = 419;
pub(super) const SETREUID: u16 = 427;
pub(super) const SETREGID: u16 = 429;
pub(super) const CLOSE_RANGE: u16 = 451;

/// Position of the descriptor among the parameters of an enter event that works on one.
pub(super) const fn enter_descriptor(code: EventCode) -> usize {
    match code.0 {
        MMAP_ENTER | MMAP2_ENTER => 4,
        SPLICE_ENTER => 1,
        _ => 0,
    }
}

/// Position of the descriptor among the parameters of an exit event that works on one; `None` where
/// only the enter event has it.
pub(super) const fn exit_descriptor(code: EventCode) -> Option<usize> {
    Some(match code.0 {
        SETNS | LISTEN | SHUTDOWN | FCHDIR | LSEEK | LLSEEK | IOCTL | FSTAT | CLOSE | GETDENTS
        | GETDENTS64 | FLOCK | COPY_FILE_RANGE | FCNTL | DUP | DUP2 | DUP3 | NEWFSTATAT
        | FCHOWNAT | FCHMODAT | MKDIRAT | UNLINKAT | MKNODAT | SENDMMSG | RECVMMSG
        | IO_URING_REGISTER | IO_URING_ENTER | SETSOCKOPT | GETSOCKOPT | FSCONFIG
        | FINIT_MODULE | FCHMOD | FCHOWN => 1,
        READ | PREAD | BIND | WRITE | PWRITE | RECV | SEND | SENDTO | SENDMSG | SENDFILE
        | SPLICE | WRITEV | PWRITEV | CONNECT | SYMLINKAT => 2,
        RECVFROM | READV | PREADV => 3,
        RECVMSG => 5,
        MMAP | MMAP2 => 8,
        _ => return None,
    })
}
