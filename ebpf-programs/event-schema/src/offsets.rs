//! Where the running kernel keeps what the programs read.
//!
//! rustc emits no CO-RE relocations, so the loader reads these offsets from the kernel's BTF and
//! writes them over a read-only global before the programs are loaded.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

macro_rules! offsets {
    ($($(#[$doc:meta])* $field:ident = $($path:literal)|+;)*) => {
        /// Offsets in bytes; [`KernelOffsets::ABSENT`] where the running kernel has no such member.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(C)]
        pub struct KernelOffsets {
            $($(#[$doc])* pub $field: u32,)*
        }

        impl KernelOffsets {
            /// Stands for a member that the running kernel does not have.
            pub const ABSENT: u32 = u32::MAX;

            /// What the object file holds until the loader fills it.
            pub const UNRESOLVED: Self = Self { $($field: Self::ABSENT,)* };

            /// For each offset, in order: its name and the members it may be found at, newest
            /// kernel first, written `type.member.member`, with `+n` for an element of an array;
            /// `sizeof type` is a size, `enum type.name` a value.
            pub const PATHS: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($field), &[$($path),+])),*];
        }
    };
}

offsets! {
    /// Leader of the thread group.
    task_group_leader = "task_struct.group_leader";
    /// Start time since boot, in ns (5.5 named it so).
    task_start_boottime = "task_struct.start_boottime" | "task_struct.real_start_time";
    /// Parent, ptrace notwithstanding.
    task_real_parent = "task_struct.real_parent";
    /// Process id.
    task_tgid = "task_struct.tgid";
    /// Thread id.
    task_pid = "task_struct.pid";
    /// Count of images run.
    task_self_exec_id = "task_struct.self_exec_id";
    /// Effective credentials.
    task_cred = "task_struct.cred";
    /// Namespaces but for pid and user.
    task_nsproxy = "task_struct.nsproxy";
    /// Ids in every pid namespace.
    task_thread_pid = "task_struct.thread_pid";
    /// State shared by the thread group.
    task_signal = "task_struct.signal";
    /// Audit login uid (CONFIG_AUDIT).
    task_loginuid = "task_struct.loginuid";
    /// Address space.
    task_mm = "task_struct.mm";
    /// Root and working directory.
    task_fs = "task_struct.fs";
    /// Descriptors.
    task_files = "task_struct.files";
    /// cgroup memberships.
    task_cgroups = "task_struct.cgroups";
    /// Status word of a finished task.
    task_exit_code = "task_struct.exit_code";
    /// x86: bit 1 says that the call came through the 32-bit entry.
    task_thread_status = "task_struct.thread_info.status";
    /// Number of the system call in the saved registers.
    regs_number = "pt_regs.orig_ax" | "pt_regs.syscallno";
    /// First argument of a system call.
    regs_argument_0 = "pt_regs.di" | "pt_regs.orig_x0";
    /// Second argument.
    regs_argument_1 = "pt_regs.si" | "pt_regs.regs+8";
    /// Third argument.
    regs_argument_2 = "pt_regs.dx" | "pt_regs.regs+16";
    /// Fourth argument.
    regs_argument_3 = "pt_regs.r10" | "pt_regs.regs+24";
    /// Fifth argument.
    regs_argument_4 = "pt_regs.r8" | "pt_regs.regs+32";
    /// Sixth argument.
    regs_argument_5 = "pt_regs.r9" | "pt_regs.regs+40";
    /// x86, 32-bit entry: first argument; the others are in cx, dx, si, di, bp.
    regs_compat_0 = "pt_regs.bx";
    /// x86, 32-bit entry: second argument.
    regs_compat_1 = "pt_regs.cx";
    /// x86, 32-bit entry: sixth argument.
    regs_compat_5 = "pt_regs.bp";
    /// Name of the thread.
    task_comm = "task_struct.comm";
    /// Mount namespace.
    nsproxy_mnt_ns = "nsproxy.mnt_ns";
    /// Its inode number.
    mnt_namespace_inum = "mnt_namespace.ns.inum";
    /// Network namespace of a socket.
    net_inum = "net.ns.inum";
    /// Depth of the pid namespace.
    pid_level = "pid.level";
    /// One entry for each depth.
    pid_numbers = "pid.numbers";
    /// Id in that namespace.
    upid_nr = "upid.nr";
    /// The namespace.
    upid_ns = "upid.ns";
    /// Size of one entry.
    upid_size = "sizeof upid";
    /// Inode number of a pid namespace.
    pid_namespace_inum = "pid_namespace.ns.inum";
    /// Threads that still live.
    signal_live = "signal_struct.live";
    /// Controlling terminal.
    signal_tty = "signal_struct.tty";
    /// Ids of thread group, process group and session.
    signal_pids = "signal_struct.pids";
    /// Driver of a terminal.
    tty_driver = "tty_struct.driver";
    /// Number of a terminal.
    tty_index = "tty_struct.index";
    /// Major number of a terminal driver.
    tty_driver_major = "tty_driver.major";
    /// First minor number of a terminal driver.
    tty_driver_minor_start = "tty_driver.minor_start";
    /// Real user id.
    cred_uid = "cred.uid";
    /// Real group id.
    cred_gid = "cred.gid";
    /// Saved user id.
    cred_suid = "cred.suid";
    /// Effective user id.
    cred_euid = "cred.euid";
    /// Effective group id.
    cred_egid = "cred.egid";
    /// User namespace.
    cred_user_ns = "cred.user_ns";
    /// Its inode number.
    user_namespace_inum = "user_namespace.ns.inum";
    /// Inheritable capabilities.
    cred_cap_inheritable = "cred.cap_inheritable";
    /// Permitted capabilities.
    cred_cap_permitted = "cred.cap_permitted";
    /// Effective capabilities.
    cred_cap_effective = "cred.cap_effective";
    /// Start of the argument vector in user memory.
    mm_arg_start = "mm_struct.arg_start";
    /// Its end.
    mm_arg_end = "mm_struct.arg_end";
    /// Start of the environment in user memory.
    mm_env_start = "mm_struct.env_start";
    /// Its end.
    mm_env_end = "mm_struct.env_end";
    /// The executed file.
    mm_exe_file = "mm_struct.exe_file";
    /// Root directory.
    fs_root = "fs_struct.root";
    /// Working directory.
    fs_pwd = "fs_struct.pwd";
    /// Mount of a path.
    path_mnt = "path.mnt";
    /// Directory entry of a path.
    path_dentry = "path.dentry";
    /// Descriptor table.
    files_fdt = "files_struct.fdt";
    /// Its array.
    fdtable_fd = "fdtable.fd";
    /// Length of its array.
    fdtable_max_fds = "fdtable.max_fds";
    /// Path of an open file.
    file_f_path = "file.f_path";
    /// Inode of an open file.
    file_f_inode = "file.f_inode";
    /// The socket, in a socket's file.
    file_private_data = "file.private_data";
    /// Type and permissions.
    inode_mode = "inode.i_mode";
    /// Inode number.
    inode_ino = "inode.i_ino";
    /// Its file system.
    inode_sb = "inode.i_sb";
    /// Change time: one struct until 6.11.
    inode_ctime = "inode.i_ctime" | "inode.__i_ctime";
    /// Change time, seconds (6.11).
    inode_ctime_sec = "inode.i_ctime_sec";
    /// Change time, nanoseconds (6.11).
    inode_ctime_nsec = "inode.i_ctime_nsec";
    /// Modification time: one struct until 6.11.
    inode_mtime = "inode.i_mtime" | "inode.__i_mtime";
    /// Modification time, seconds (6.11).
    inode_mtime_sec = "inode.i_mtime_sec";
    /// Modification time, nanoseconds (6.11).
    inode_mtime_nsec = "inode.i_mtime_nsec";
    /// Size; overlayfs keeps its upper entry right behind the inode.
    inode_size = "sizeof inode";
    /// Device of a file system.
    sb_dev = "super_block.s_dev";
    /// Magic number of a file system.
    sb_magic = "super_block.s_magic";
    /// Parent entry.
    dentry_parent = "dentry.d_parent";
    /// Length of the name.
    dentry_name_length = "dentry.d_name.len";
    /// The name.
    dentry_name = "dentry.d_name.name";
    /// The inode.
    dentry_inode = "dentry.d_inode";
    /// Null once the entry is unlinked.
    dentry_hash_pprev = "dentry.d_hash.pprev";
    /// The mount proper, inside `struct mount`.
    mount_mnt = "mount.mnt";
    /// Parent mount.
    mount_parent = "mount.mnt_parent";
    /// Where it is mounted.
    mount_mountpoint = "mount.mnt_mountpoint";
    /// Root entry of a mount.
    vfsmount_root = "vfsmount.mnt_root";
    /// The file to execute.
    binprm_file = "linux_binprm.file";
    /// The path as the caller gave it.
    binprm_filename = "linux_binprm.filename";
    /// Set where the caller named the file by a descriptor.
    binprm_fdpath = "linux_binprm.fdpath";
    /// The interpreter, or again the path.
    binprm_interp = "linux_binprm.interp";
    /// The kernel's socket.
    socket_sk = "socket.sk";
    /// Address family.
    sock_family = "sock.__sk_common.skc_family";
    /// State.
    sock_state = "sock.__sk_common.skc_state";
    /// Remote port, network byte order.
    sock_dport = "sock.__sk_common.skc_dport";
    /// Local port, host byte order.
    sock_num = "sock.__sk_common.skc_num";
    /// Remote IPv4 address.
    sock_daddr = "sock.__sk_common.skc_daddr";
    /// Local IPv4 address.
    sock_rcv_saddr = "sock.__sk_common.skc_rcv_saddr";
    /// Remote IPv6 address.
    sock_v6_daddr = "sock.__sk_common.skc_v6_daddr";
    /// Local IPv6 address.
    sock_v6_rcv_saddr = "sock.__sk_common.skc_v6_rcv_saddr";
    /// Network namespace.
    sock_net = "sock.__sk_common.skc_net";
    /// Type.
    sock_type = "sock.sk_type";
    /// Protocol.
    sock_protocol = "sock.sk_protocol";
    /// Flags of a socket, one bit each.
    sock_flags = "sock.__sk_common.skc_flags";
    /// Record of the local port of a TCP socket.
    tcp_bind_bucket = "inet_connection_sock.icsk_bind_hash";
    /// Negative where the port was chosen by connecting.
    bind_bucket_reuse = "inet_bind_bucket.fastreuse";
    /// Bound address of a unix socket.
    unix_sock_addr = "unix_sock.addr";
    /// Peer of a unix socket.
    unix_sock_peer = "unix_sock.peer";
    /// Length of a unix address.
    unix_address_len = "unix_address.len";
    /// The address.
    unix_address_name = "unix_address.name";
    /// cgroup v2 membership.
    css_set_dfl_cgrp = "css_set.dfl_cgrp";
    /// Directory of a cgroup.
    cgroup_kn = "cgroup.kn";
    /// Id of a directory.
    kernfs_node_id = "kernfs_node.id";
    /// State of a task's cgroup for each controller.
    css_set_subsys = "css_set.subsys";
    /// The cgroup of such a state.
    css_cgroup = "cgroup_subsys_state.cgroup";
    /// Hierarchy of a cgroup.
    cgroup_root = "cgroup.root";
    /// Number of a hierarchy; 0 is cgroup v2.
    cgroup_root_hierarchy_id = "cgroup_root.hierarchy_id";
    /// Controllers of a hierarchy, one bit for each.
    cgroup_root_subsys_mask = "cgroup_root.subsys_mask";
    /// Not an offset but the number of the controller `pids`; the loader takes it out where
    /// no hierarchy of cgroup v1 has the controller.
    pids_controller = "enum cgroup_subsys_id.pids_cgrp_id";
    /// The same of the controller `memory`.
    memory_controller = "enum cgroup_subsys_id.memory_cgrp_id";
}
