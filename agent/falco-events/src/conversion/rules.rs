//! What becomes of events of older forms, by code and number of parameters.

use super::rule::Action::{Add, Become, Pass, Store, StoreAndPass};
use super::rule::Value::{ContainerJson, Default, Empty, Enter, EnterOrEmpty, Old, OldFrom};
use super::rule::{Rule, rule};

#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    rule(0, 2, Store), // syscall
    rule(1, 1, Add(&[EnterOrEmpty(1)])), // syscall
    rule(2, 0, Add(&[Empty, Empty, Empty])), // open
    rule(2, 3, Pass), // open
    rule(3, 4, Add(&[Empty])), // open
    rule(3, 5, Add(&[Empty])), // open
    rule(4, 1, Store), // close
    rule(5, 1, Add(&[Enter(0)])), // close
    rule(6, 2, Store), // read
    rule(7, 2, Add(&[Enter(0), Enter(1)])), // read
    rule(8, 2, Store), // write
    rule(9, 2, Add(&[Enter(0), Enter(1)])), // write
    rule(10, 1, Store), // brk
    rule(11, 1, Become(159, &[Old(0), EnterOrEmpty(0), Empty, Empty, Empty])), // brk
    rule(12, 0, Become(154, &[])), // execve
    rule(13, 8, Become(155, &[OldFrom(0, 8), Empty, Empty, Empty, Empty, Empty])), // execve
    rule(15, 11, Become(157, &[ // clone
        OldFrom(0, 8), Empty, Empty, Empty, Empty, Empty, OldFrom(8, 3),
    ])),
    rule(16, 0, Become(186, &[Empty, Empty, Empty, Empty, Empty])), // procexit
    rule(18, 3, Store), // socket
    rule(19, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // socket
    rule(19, 4, Add(&[Default])), // socket
    rule(20, 1, Store), // bind
    rule(21, 2, Add(&[Enter(0)])), // bind
    rule(22, 1, Add(&[Default])), // connect
    rule(22, 2, StoreAndPass), // connect
    rule(23, 2, Add(&[Enter(0)])), // connect
    rule(23, 3, Add(&[Enter(1)])), // connect
    rule(24, 2, Store), // listen
    rule(25, 1, Add(&[Enter(0), Enter(1)])), // listen
    rule(27, 3, Become(247, &[OldFrom(0, 3), Default, Default])), // accept
    rule(28, 2, Store), // send
    rule(29, 2, Add(&[Enter(0), Enter(1), Default])), // send
    rule(30, 3, Store), // sendto
    rule(31, 2, Add(&[Enter(0), Enter(1), Enter(2)])), // sendto
    rule(32, 2, Store), // recv
    rule(33, 2, Add(&[Enter(0), Enter(1), Default])), // recv
    rule(34, 2, Store), // recvfrom
    rule(35, 3, Add(&[Enter(0), Enter(1)])), // recvfrom
    rule(36, 2, Store), // shutdown
    rule(37, 1, Add(&[Enter(0), Enter(1)])), // shutdown
    rule(42, 3, Store), // socketpair
    rule(43, 5, Add(&[Enter(0), Enter(1), Enter(2)])), // socketpair
    rule(48, 3, Store), // sendmsg
    rule(49, 2, Add(&[Enter(0), Enter(1), Enter(2)])), // sendmsg
    rule(51, 0, Add(&[Default, Empty, Empty, Empty, Empty])), // sendmmsg
    rule(52, 1, Store), // recvmsg
    rule(53, 4, Add(&[Default])), // recvmsg
    rule(53, 5, Add(&[Enter(0)])), // recvmsg
    rule(55, 0, Add(&[Default, Empty, Empty, Empty, Empty, Empty])), // recvmmsg
    rule(56, 1, Store), // accept
    rule(57, 3, Become(389, &[OldFrom(0, 3), Default, Default, Enter(0)])), // accept
    rule(58, 0, Add(&[Empty, Empty])), // creat
    rule(58, 2, Pass), // creat
    rule(59, 3, Add(&[Empty])), // creat
    rule(59, 4, Add(&[Empty])), // creat
    rule(59, 5, Add(&[Empty])), // creat
    rule(62, 2, Store), // eventfd
    rule(63, 1, Add(&[Enter(0), Enter(1)])), // eventfd
    rule(64, 3, Store), // futex
    rule(65, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // futex
    rule(70, 1, Store), // fstat
    rule(71, 1, Add(&[Enter(0)])), // fstat
    rule(78, 1, Store), // epoll_wait
    rule(79, 1, Add(&[Enter(0)])), // epoll_wait
    rule(80, 2, Store), // poll
    rule(81, 2, Add(&[Enter(1)])), // poll
    rule(85, 1, Become(83, &[Old(0)])), // select
    rule(86, 3, Store), // lseek
    rule(87, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // lseek
    rule(88, 3, Store), // llseek
    rule(89, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // llseek
    rule(90, 2, Store), // ioctl
    rule(91, 1, Become(171, &[Old(0), EnterOrEmpty(0), EnterOrEmpty(1), Empty])), // ioctl
    rule(96, 1, Store), // fchdir
    rule(97, 1, Add(&[EnterOrEmpty(0)])), // fchdir
    rule(98, 2, Store), // mkdir
    rule(99, 1, Become(277, &[Old(0), EnterOrEmpty(0), EnterOrEmpty(1)])), // mkdir
    rule(100, 1, Store), // rmdir
    rule(101, 1, Become(279, &[Old(0), EnterOrEmpty(0)])), // rmdir
    rule(102, 4, Store), // openat
    rule(103, 1, Become(307, &[ // openat
        Old(0), EnterOrEmpty(0), EnterOrEmpty(1), EnterOrEmpty(2), EnterOrEmpty(3), Empty, Empty,
    ])),
    rule(104, 2, Store), // link
    rule(105, 1, Become(309, &[Old(0), EnterOrEmpty(0), EnterOrEmpty(1)])), // link
    rule(106, 4, Store), // linkat
    rule(107, 1, Become(311, &[ // linkat
        Old(0), EnterOrEmpty(0), EnterOrEmpty(1), EnterOrEmpty(2), EnterOrEmpty(3), Empty,
    ])),
    rule(108, 1, Store), // unlink
    rule(109, 1, Become(301, &[Old(0), EnterOrEmpty(0)])), // unlink
    rule(110, 2, Store), // unlinkat
    rule(111, 1, Become(303, &[Old(0), EnterOrEmpty(0), EnterOrEmpty(1), Empty])), // unlinkat
    rule(112, 3, Store), // pread
    rule(113, 2, Add(&[Enter(0), Enter(1), Enter(2)])), // pread
    rule(114, 3, Store), // pwrite
    rule(115, 2, Add(&[Enter(0), Enter(1), Enter(2)])), // pwrite
    rule(116, 1, Store), // readv
    rule(117, 3, Add(&[Enter(0)])), // readv
    rule(118, 2, Store), // writev
    rule(119, 2, Add(&[Enter(0), Enter(1)])), // writev
    rule(120, 2, Store), // preadv
    rule(121, 3, Add(&[Enter(0), Enter(1)])), // preadv
    rule(122, 3, Store), // pwritev
    rule(123, 2, Add(&[Enter(0), Enter(1), Enter(2)])), // pwritev
    rule(124, 1, Store), // dup
    rule(125, 1, Become(367, &[Old(0), EnterOrEmpty(0)])), // dup
    rule(126, 3, Store), // signalfd
    rule(127, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // signalfd
    rule(128, 2, Store), // kill
    rule(129, 1, Add(&[Enter(0), Enter(1)])), // kill
    rule(130, 2, Store), // tkill
    rule(131, 1, Add(&[Enter(0), Enter(1)])), // tkill
    rule(132, 3, Store), // tgkill
    rule(133, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // tgkill
    rule(134, 1, Store), // nanosleep
    rule(135, 1, Add(&[Enter(0)])), // nanosleep
    rule(136, 2, Store), // timerfd_create
    rule(137, 1, Add(&[Enter(0), Enter(1)])), // timerfd_create
    rule(138, 1, Store), // inotify_init
    rule(139, 1, Add(&[Enter(0)])), // inotify_init
    rule(140, 1, Store), // getrlimit
    rule(141, 3, Add(&[Enter(0)])), // getrlimit
    rule(142, 1, Store), // setrlimit
    rule(143, 3, Add(&[Enter(0)])), // setrlimit
    rule(144, 2, Store), // prlimit
    rule(145, 5, Add(&[EnterOrEmpty(0), EnterOrEmpty(1)])), // prlimit
    rule(146, 1, Become(152, &[Old(0), Empty, Empty, Empty, Empty, Empty])), // switch
    rule(150, 2, Store), // fcntl
    rule(151, 1, Add(&[Enter(0), Enter(1)])), // fcntl
    rule(151, 3, Add(&[Default])), // fcntl
    rule(154, 0, Become(172, &[])), // execve
    rule(155, 13, Become(173, &[OldFrom(0, 13), Empty])), // execve
    rule(157, 16, Become(217, &[OldFrom(0, 13), Empty, OldFrom(13, 3)])), // clone
    rule(158, 1, Store), // brk
    rule(159, 4, Add(&[EnterOrEmpty(0)])), // brk
    rule(160, 6, Store), // mmap
    rule(161, 4, Add(&[Enter(0), Enter(1), Enter(2), Enter(3), Enter(4), Enter(5)])), // mmap
    rule(162, 6, Store), // mmap2
    rule(163, 4, Add(&[Enter(0), Enter(1), Enter(2), Enter(3), Enter(4), Enter(5)])), // mmap2
    rule(164, 2, Store), // munmap
    rule(165, 4, Add(&[Enter(0), Enter(1)])), // munmap
    rule(166, 4, Store), // splice
    rule(167, 1, Add(&[Enter(0), Enter(1), Enter(2), Enter(3)])), // splice
    rule(168, 2, Store), // ptrace
    rule(169, 0, Add(&[Empty, Empty, Empty])), // ptrace
    rule(169, 3, Add(&[EnterOrEmpty(0), EnterOrEmpty(1)])), // ptrace
    rule(170, 3, Store), // ioctl
    rule(171, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // ioctl
    rule(172, 0, Become(214, &[])), // execve
    rule(173, 14, Become(215, &[OldFrom(0, 13), Empty, Old(13)])), // execve
    rule(183, 16, Become(219, &[OldFrom(0, 13), Empty, OldFrom(13, 3)])), // fork
    rule(185, 16, Become(221, &[OldFrom(0, 13), Empty, OldFrom(13, 3)])), // vfork
    rule(188, 4, Store), // sendfile
    rule(189, 2, Add(&[Enter(0), Enter(1), Enter(3)])), // sendfile
    rule(190, 4, Store), // quotactl
    rule(191, 14, Add(&[Enter(0), Enter(1), Enter(2), Enter(3)])), // quotactl
    rule(192, 3, Store), // setresuid
    rule(193, 1, Add(&[EnterOrEmpty(0), EnterOrEmpty(1), EnterOrEmpty(2)])), // setresuid
    rule(194, 3, Store), // setresgid
    rule(195, 1, Add(&[EnterOrEmpty(0), EnterOrEmpty(1), EnterOrEmpty(2)])), // setresgid
    rule(198, 1, Store), // setuid
    rule(199, 1, Add(&[EnterOrEmpty(0)])), // setuid
    rule(200, 1, Store), // setgid
    rule(201, 1, Add(&[EnterOrEmpty(0)])), // setgid
    rule(214, 0, Become(230, &[])), // execve
    rule(215, 15, Become(231, &[OldFrom(0, 14), Empty, Old(14)])), // execve
    rule(217, 17, Become(223, &[OldFrom(0, 14), Empty, OldFrom(14, 3), Empty, Empty])), // clone
    rule(219, 17, Become(225, &[OldFrom(0, 14), Empty, OldFrom(14, 3), Empty, Empty])), // fork
    rule(221, 17, Become(227, &[OldFrom(0, 14), Empty, OldFrom(14, 3), Empty, Empty])), // vfork
    rule(223, 20, Add(&[Empty])), // clone
    rule(225, 20, Add(&[Empty])), // fork
    rule(227, 20, Add(&[Empty])), // vfork
    rule(228, 4, Become(272, &[ContainerJson])), // container
    rule(230, 0, Become(282, &[])), // execve
    rule(231, 16, Become(283, &[OldFrom(0, 16), Empty])), // execve
    rule(236, 1, Store), // getdents
    rule(237, 1, Add(&[Enter(0)])), // getdents
    rule(238, 1, Store), // getdents64
    rule(239, 1, Add(&[Enter(0)])), // getdents64
    rule(240, 2, Store), // setns
    rule(241, 1, Add(&[EnterOrEmpty(0), EnterOrEmpty(1)])), // setns
    rule(242, 2, Store), // flock
    rule(243, 1, Add(&[Enter(0), Enter(1)])), // flock
    rule(248, 1, Store), // accept
    rule(249, 5, Become(389, &[OldFrom(0, 5), Enter(0)])), // accept
    rule(250, 1, Store), // semop
    rule(251, 8, Add(&[Enter(0)])), // semop
    rule(252, 4, Store), // semctl
    rule(253, 1, Add(&[Enter(0), Enter(1), Enter(2), Enter(3)])), // semctl
    rule(254, 3, Store), // ppoll
    rule(255, 2, Add(&[Enter(1), Enter(2)])), // ppoll
    rule(256, 1, Store), // mount
    rule(257, 4, Add(&[Enter(0)])), // mount
    rule(259, 2, Become(387, &[Old(0), Old(1)])), // umount
    rule(262, 3, Store), // semget
    rule(263, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // semget
    rule(264, 1, Store), // access
    rule(265, 2, Add(&[Enter(0)])), // access
    rule(272, 1, Become(324, &[Old(0)])), // container
    rule(276, 1, Store), // mkdir
    rule(277, 2, Add(&[EnterOrEmpty(0)])), // mkdir
    rule(282, 0, Become(288, &[Empty])), // execve
    rule(283, 17, Become(289, &[OldFrom(0, 17)])), // execve
    rule(284, 1, Store), // unshare
    rule(285, 1, Add(&[Enter(0)])), // unshare
    rule(288, 1, Become(292, &[Old(0)])), // execve
    rule(289, 17, Become(293, &[OldFrom(0, 17), Empty])), // execve
    rule(292, 1, StoreAndPass), // execve
    rule(293, 18, Add(&[Empty])), // execve
    rule(293, 19, Add(&[Empty])), // execve
    rule(293, 20, Add(&[Empty, Empty, Empty])), // execve
    rule(293, 23, Add(&[Empty, Empty, Empty])), // execve
    rule(293, 26, Add(&[Empty])), // execve
    rule(293, 27, Add(&[Empty])), // execve
    rule(293, 28, Add(&[Empty])), // execve
    rule(293, 29, Add(&[Empty])), // execve
    rule(293, 30, Add(&[EnterOrEmpty(0)])), // execve
    rule(294, 2, Store), // setpgid
    rule(295, 1, Add(&[EnterOrEmpty(0), EnterOrEmpty(1)])), // setpgid
    rule(296, 1, Store), // bpf
    rule(297, 1, Become(369, &[Old(0), EnterOrEmpty(0)])), // bpf
    rule(298, 1, Add(&[Default])), // seccomp
    rule(298, 2, Store), // seccomp
    rule(299, 1, Add(&[Enter(0), Enter(1)])), // seccomp
    rule(306, 0, Add(&[Empty, Empty, Empty, Empty])), // openat
    rule(306, 4, Pass), // openat
    rule(307, 5, Add(&[Empty])), // openat
    rule(307, 6, Add(&[Empty])), // openat
    rule(326, 0, Add(&[Empty, Empty, Empty, Empty, Empty])), // openat2
    rule(326, 5, Pass), // openat2
    rule(327, 6, Add(&[Empty, Empty])), // openat2
    rule(328, 3, Store), // mprotect
    rule(329, 1, Add(&[Enter(0), Enter(1), Enter(2)])), // mprotect
    rule(330, 3, Pass), // execveat
    rule(331, 19, Add(&[Empty])), // execveat
    rule(331, 20, Add(&[Empty, Empty, Empty])), // execveat
    rule(331, 23, Add(&[Empty, Empty, Empty])), // execveat
    rule(331, 26, Add(&[Empty])), // execveat
    rule(331, 27, Add(&[Empty])), // execveat
    rule(331, 28, Add(&[Empty])), // execveat
    rule(331, 29, Add(&[Empty])), // execveat
    rule(332, 3, Store), // copy_file_range
    rule(333, 3, Add(&[Enter(0), Enter(1), Enter(2)])), // copy_file_range
    rule(335, 20, Add(&[Empty])), // clone3
    rule(374, 1, Store), // epoll_create
    rule(375, 1, Add(&[Enter(0)])), // epoll_create
    rule(376, 1, Store), // epoll_create1
    rule(377, 1, Add(&[Enter(0)])), // epoll_create1
    rule(388, 1, Store), // accept4
    rule(389, 5, Add(&[Enter(0)])), // accept4
    rule(390, 1, Store), // umount2
    rule(391, 2, Add(&[Enter(0)])), // umount2
    rule(396, 1, Store), // eventfd2
    rule(397, 2, Add(&[Enter(0)])), // eventfd2
    rule(398, 2, Store), // signalfd4
    rule(399, 2, Add(&[Enter(0), Enter(1)])), // signalfd4
];
