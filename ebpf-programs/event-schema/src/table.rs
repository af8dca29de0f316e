//! The event table: one row an event.
//!
//! A row reads: id, constant, wire struct, Falco's name, Falco's category, ring, the calls that it
//! stands for by calling convention, then the arguments as `name: Kind = source`; first those that
//! Falco has, under its names and in its order, then what Saker adds. Ids are never reused.
//!
//! A row with calls whose arguments are filled by a [`Hook`](crate::Source::Hook) reports success
//! through that hook and only failure through the exit of the call.

/// Calls `$callback!` with every row of the event table.
macro_rules! event_table {
    ($callback:ident) => {
        $callback! {
            /// A file was opened, or could not be.
            1 OPEN Open "open" "file" Bulk
            { x86_64 [2], i386 [5], aarch64 [] }
            args {
                fd: Fd = Returned,
                name: UserPath = UserString(0),
                flags: OpenFlags = Word(1),
                mode: FileMode = Unsigned(2),
                dev: Device = FileDevice(AtReturned),
                ino: Inode = FileInode(AtReturned),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
            }

            /// A file was created and opened for writing, or could not be.
            2 CREAT Creat "creat" "file" Bulk
            { x86_64 [85], i386 [8], aarch64 [] }
            args {
                fd: Fd = Returned,
                name: UserPath = UserString(0),
                mode: FileMode = Unsigned(1),
                dev: Device = FileDevice(AtReturned),
                ino: Inode = FileInode(AtReturned),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
            }

            /// A file was opened relative to a directory, or could not be.
            3 OPENAT Openat "openat" "file" Bulk
            { x86_64 [257], i386 [295], aarch64 [56] }
            args {
                fd: Fd = Returned,
                dirfd: DirectoryFd = Signed(0),
                name: UserPath = UserString(1),
                flags: OpenFlags = Word(2),
                mode: FileMode = Unsigned(3),
                dev: Device = FileDevice(AtReturned),
                ino: Inode = FileInode(AtReturned),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
            }

            /// A file was opened with `struct open_how`, or could not be.
            4 OPENAT2 Openat2 "openat2" "file" Bulk
            { x86_64 [437], i386 [437], aarch64 [437] }
            args {
                fd: Fd = Returned,
                dirfd: DirectoryFd = Signed(0),
                name: UserPath = UserString(1),
                flags: OpenFlags = UserWord { pointer: 2, offset: 0 },
                mode: FileMode = UserWord { pointer: 2, offset: 8 },
                resolve: ResolveFlags = UserWord { pointer: 2, offset: 16 },
                dev: Device = FileDevice(AtReturned),
                ino: Inode = FileInode(AtReturned),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
            }

            /// A name was removed.
            5 UNLINK Unlink "unlink" "file" Bulk
            { x86_64 [87], i386 [10], aarch64 [] }
            args {
                res: Errno = Returned,
                path: UserPath = UserString(0),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// A name was removed relative to a directory.
            6 UNLINKAT Unlinkat "unlinkat" "file" Bulk
            { x86_64 [263], i386 [301], aarch64 [35] }
            args {
                res: Errno = Returned,
                dirfd: DirectoryFd = Signed(0),
                name: UserPath = UserString(1),
                flags: UnlinkFlags = Unsigned(2),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
            }

            /// A file was renamed.
            7 RENAME Rename "rename" "file" Bulk
            { x86_64 [82], i386 [38], aarch64 [] }
            args {
                res: Errno = Returned,
                oldpath: UserPath = UserString(0),
                newpath: UserPath = UserString(1),
            }
            extra {
                old_directory: KernelPath = Base { path: 1, directory: Working },
                new_directory: KernelPath = Base { path: 2, directory: Working },
            }

            /// A file was renamed relative to directories.
            8 RENAMEAT Renameat "renameat" "file" Bulk
            { x86_64 [264], i386 [302], aarch64 [38] }
            args {
                res: Errno = Returned,
                olddirfd: DirectoryFd = Signed(0),
                oldpath: UserPath = UserString(1),
                newdirfd: DirectoryFd = Signed(2),
                newpath: UserPath = UserString(3),
            }
            extra {
                old_directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
                new_directory: KernelPath = Base { path: 4, directory: DirectoryAt(2) },
            }

            /// A file was renamed, exchanged or moved without replacing.
            9 RENAMEAT2 Renameat2 "renameat2" "file" Bulk
            { x86_64 [316], i386 [353], aarch64 [276] }
            args {
                res: Errno = Returned,
                olddirfd: DirectoryFd = Signed(0),
                oldpath: UserPath = UserString(1),
                newdirfd: DirectoryFd = Signed(2),
                newpath: UserPath = UserString(3),
                flags: RenameFlags = Unsigned(4),
            }
            extra {
                old_directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
                new_directory: KernelPath = Base { path: 4, directory: DirectoryAt(2) },
            }

            /// A directory was made.
            10 MKDIR Mkdir "mkdir" "file" Bulk
            { x86_64 [83], i386 [39], aarch64 [] }
            args {
                res: Errno = Returned,
                path: UserPath = UserString(0),
                mode: FileMode = Unsigned(1),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// A directory was made relative to another.
            11 MKDIRAT Mkdirat "mkdirat" "file" Bulk
            { x86_64 [258], i386 [296], aarch64 [34] }
            args {
                res: Errno = Returned,
                dirfd: DirectoryFd = Signed(0),
                path: UserPath = UserString(1),
                mode: FileMode = Unsigned(2),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
            }

            /// A directory was removed.
            12 RMDIR Rmdir "rmdir" "file" Bulk
            { x86_64 [84], i386 [40], aarch64 [] }
            args {
                res: Errno = Returned,
                path: UserPath = UserString(0),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// Permissions of a file were changed.
            13 CHMOD Chmod "chmod" "file" Bulk
            { x86_64 [90], i386 [15], aarch64 [] }
            args {
                res: Errno = Returned,
                filename: UserPath = UserString(0),
                mode: FileMode = Unsigned(1),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// Permissions of an open file were changed.
            14 FCHMOD Fchmod "fchmod" "file" Bulk
            { x86_64 [91], i386 [94], aarch64 [52] }
            args {
                res: Errno = Returned,
                fd: Fd = Signed(0),
                mode: FileMode = Unsigned(1),
            }
            extra {
                file_path: KernelPath = FilePath(AtArgument(0)),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtArgument(0)),
            }

            /// Permissions of a file were changed relative to a directory.
            15 FCHMODAT Fchmodat "fchmodat" "file" Bulk
            { x86_64 [268], i386 [306], aarch64 [53] }
            args {
                res: Errno = Returned,
                dirfd: DirectoryFd = Signed(0),
                filename: UserPath = UserString(1),
                mode: FileMode = Unsigned(2),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
            }

            /// Permissions of a file were changed relative to a directory, with flags.
            16 FCHMODAT2 Fchmodat2 "fchmodat2" "file" Bulk
            { x86_64 [452], i386 [452], aarch64 [452] }
            args {
                res: Errno = Returned,
                dirfd: DirectoryFd = Signed(0),
                filename: UserPath = UserString(1),
                mode: FileMode = Unsigned(2),
                flags: AtFlags = Unsigned(3),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
            }

            /// A hard link was made.
            17 LINK Link "link" "file" Bulk
            { x86_64 [86], i386 [9], aarch64 [] }
            args {
                res: Errno = Returned,
                oldpath: UserPath = UserString(0),
                newpath: UserPath = UserString(1),
            }
            extra {
                old_directory: KernelPath = Base { path: 1, directory: Working },
                new_directory: KernelPath = Base { path: 2, directory: Working },
            }

            /// A hard link was made relative to directories.
            18 LINKAT Linkat "linkat" "file" Bulk
            { x86_64 [265], i386 [303], aarch64 [37] }
            args {
                res: Errno = Returned,
                olddir: DirectoryFd = Signed(0),
                oldpath: UserPath = UserString(1),
                newdir: DirectoryFd = Signed(2),
                newpath: UserPath = UserString(3),
                flags: LinkFlags = Unsigned(4),
            }
            extra {
                old_directory: KernelPath = Base { path: 2, directory: DirectoryAt(0) },
                new_directory: KernelPath = Base { path: 4, directory: DirectoryAt(2) },
            }

            /// A symbolic link was made.
            19 SYMLINK Symlink "symlink" "file" Bulk
            { x86_64 [88], i386 [83], aarch64 [] }
            args {
                res: Errno = Returned,
                target: UserText = UserString(0),
                linkpath: UserPath = UserString(1),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: Working },
            }

            /// A symbolic link was made relative to a directory.
            20 SYMLINKAT Symlinkat "symlinkat" "file" Bulk
            { x86_64 [266], i386 [304], aarch64 [36] }
            args {
                res: Errno = Returned,
                target: UserText = UserString(0),
                linkdirfd: DirectoryFd = Signed(1),
                linkpath: UserPath = UserString(2),
            }
            extra {
                directory: KernelPath = Base { path: 3, directory: DirectoryAt(1) },
            }

            /// The working directory changed.
            21 CHDIR Chdir "chdir" "file" Bulk
            { x86_64 [80], i386 [12], aarch64 [49] }
            args {
                res: Errno = Returned,
                path: UserPath = UserString(0),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
                working_directory: KernelPath = WorkingDirectory,
            }

            /// The working directory changed to an open directory.
            22 FCHDIR Fchdir "fchdir" "file" Bulk
            { x86_64 [81], i386 [133], aarch64 [50] }
            args {
                res: Errno = Returned,
                fd: Fd = Signed(0),
            }
            extra {
                working_directory: KernelPath = WorkingDirectory,
            }

            /// The root directory changed.
            23 CHROOT Chroot "chroot" "process" Bulk
            { x86_64 [161], i386 [61], aarch64 [51] }
            args {
                res: Errno = Returned,
                path: UserPath = UserString(0),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
                working_directory: KernelPath = WorkingDirectory,
            }

            /// A file system was mounted, moved or changed.
            24 MOUNT Mount "mount" "file" Bulk
            { x86_64 [165], i386 [21], aarch64 [40] }
            args {
                res: Errno = Returned,
                dev: UserText = UserString(0),
                dir: UserPath = UserString(1),
                r#type: UserText = UserString(2),
                flags: MountFlags = Word(3),
            }
            extra {
                directory: KernelPath = Base { path: 2, directory: Working },
            }

            /// A file system was unmounted.
            25 UMOUNT Umount "umount" "file" Bulk
            { x86_64 [], i386 [22], aarch64 [] }
            args {
                res: Errno = Returned,
                name: UserPath = UserString(0),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// A file system was unmounted, with flags.
            26 UMOUNT2 Umount2 "umount2" "file" Bulk
            { x86_64 [166], i386 [52], aarch64 [39] }
            args {
                res: Errno = Returned,
                name: UserPath = UserString(0),
                flags: UmountFlags = Unsigned(1),
            }
            extra {
                directory: KernelPath = Base { path: 1, directory: Working },
            }

            /// A descriptor was duplicated.
            30 DUP Dup "dup" "other" Bulk
            { x86_64 [32], i386 [41], aarch64 [23] }
            args {
                res: Fd = Returned,
                oldfd: Fd = Signed(0),
            }
            extra {
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
                socket: Socket = Socket(AtReturned),
            }

            /// A descriptor was duplicated onto another.
            31 DUP2 Dup2 "dup2" "other" Bulk
            { x86_64 [33], i386 [63], aarch64 [] }
            args {
                res: Fd = Returned,
                oldfd: Fd = Signed(0),
                newfd: Fd = Signed(1),
            }
            extra {
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
                socket: Socket = Socket(AtReturned),
            }

            /// A descriptor was duplicated onto another, with flags.
            32 DUP3 Dup3 "dup3" "other" Bulk
            { x86_64 [292], i386 [330], aarch64 [24] }
            args {
                res: Fd = Returned,
                oldfd: Fd = Signed(0),
                newfd: Fd = Signed(1),
                flags: DescriptorFlags = Unsigned(2),
            }
            extra {
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
                socket: Socket = Socket(AtReturned),
            }

            /// An anonymous file in memory was made.
            33 MEMFD_CREATE MemfdCreate "memfd_create" "memory" Bulk
            { x86_64 [319], i386 [356], aarch64 [279] }
            args {
                fd: Fd = Returned,
                name: UserText = UserString(0),
                flags: MemfdFlags = Unsigned(1),
            }
            extra {
                file_path: KernelPath = FilePath(AtReturned),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtReturned),
            }

            /// A socket was made.
            40 SOCKET SocketCreate "socket" "net" Bulk
            { x86_64 [41], i386 [359], aarch64 [198] }
            args {
                fd: Fd = Returned,
                domain: AddressFamily = Unsigned(0),
                r#type: SocketType = Unsigned(1),
                proto: Uint = Unsigned(2),
            }
            extra {
                socket: Socket = Socket(AtReturned),
            }

            /// A socket was bound to an address.
            41 BIND Bind "bind" "net" Lifecycle
            { x86_64 [49], i386 [361], aarch64 [200] }
            args {
                res: Errno = Returned,
                addr: SocketAddress = UserBytes { pointer: 1, length: 2 },
                fd: Fd = Signed(0),
            }
            extra {
                socket: Socket = Socket(AtArgument(0)),
            }

            /// A connection was made or begun, or could not be.
            42 CONNECT Connect "connect" "net" Lifecycle
            { x86_64 [42], i386 [362], aarch64 [203] }
            args {
                res: Errno = Returned,
                tuple: Socket = Socket(AtArgument(0)),
                fd: Fd = Signed(0),
                addr: SocketAddress = UserBytes { pointer: 1, length: 2 },
            }
            extra {}

            /// A socket began to take connections.
            43 LISTEN Listen "listen" "net" Lifecycle
            { x86_64 [50], i386 [363], aarch64 [201] }
            args {
                res: Errno = Returned,
                fd: Fd = Signed(0),
                backlog: Int = Signed(1),
            }
            extra {
                socket: Socket = Socket(AtArgument(0)),
            }

            /// A connection was taken.
            44 ACCEPT Accept "accept" "net" Lifecycle
            { x86_64 [43], i386 [], aarch64 [202] }
            args {
                fd: Fd = Returned,
                tuple: Socket = Socket(AtReturned),
            }
            extra {
                listener: Fd = Signed(0),
            }

            /// A connection was taken, with flags.
            45 ACCEPT4 Accept4 "accept4" "net" Lifecycle
            { x86_64 [288], i386 [364], aarch64 [242] }
            args {
                fd: Fd = Returned,
                tuple: Socket = Socket(AtReturned),
                flags: DescriptorFlags = Unsigned(3),
            }
            extra {
                listener: Fd = Signed(0),
            }

            /// User ids were set.
            50 SETUID Setuid "setuid" "user" Lifecycle
            { x86_64 [105], i386 [213, 23], aarch64 [146] }
            args {
                res: Errno = Returned,
                uid: Uid = Signed(0),
            }
            extra {}

            /// Group ids were set.
            51 SETGID Setgid "setgid" "user" Lifecycle
            { x86_64 [106], i386 [214, 46], aarch64 [144] }
            args {
                res: Errno = Returned,
                gid: Gid = Signed(0),
            }
            extra {}

            /// Real and effective user id were set.
            52 SETREUID Setreuid "setreuid" "user" Lifecycle
            { x86_64 [113], i386 [203, 70], aarch64 [145] }
            args {
                res: Errno = Returned,
                ruid: Uid = Signed(0),
                euid: Uid = Signed(1),
            }
            extra {}

            /// Real and effective group id were set.
            53 SETREGID Setregid "setregid" "user" Lifecycle
            { x86_64 [114], i386 [204, 71], aarch64 [143] }
            args {
                res: Errno = Returned,
                rgid: Gid = Signed(0),
                egid: Gid = Signed(1),
            }
            extra {}

            /// Real, effective and saved user id were set.
            54 SETRESUID Setresuid "setresuid" "user" Lifecycle
            { x86_64 [117], i386 [208, 164], aarch64 [147] }
            args {
                res: Errno = Returned,
                ruid: Uid = Signed(0),
                euid: Uid = Signed(1),
                suid: Uid = Signed(2),
            }
            extra {}

            /// Real, effective and saved group id were set.
            55 SETRESGID Setresgid "setresgid" "user" Lifecycle
            { x86_64 [119], i386 [210, 170], aarch64 [149] }
            args {
                res: Errno = Returned,
                rgid: Gid = Signed(0),
                egid: Gid = Signed(1),
                sgid: Gid = Signed(2),
            }
            extra {}

            /// The user id for file access was set.
            56 SETFSUID Setfsuid "setfsuid" "user" Lifecycle
            { x86_64 [122], i386 [215, 138], aarch64 [151] }
            args {
                res: Int = Returned,
                uid: Uid = Signed(0),
            }
            extra {}

            /// The group id for file access was set.
            57 SETFSGID Setfsgid "setfsgid" "user" Lifecycle
            { x86_64 [123], i386 [216, 139], aarch64 [152] }
            args {
                res: Int = Returned,
                gid: Gid = Signed(0),
            }
            extra {}

            /// A task was made. The header is the parent's; no call has to return for it.
            60 SCHED_PROCESS_FORK SchedProcessFork "sched_process_fork" "process" Lifecycle
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                child_pid: Pid = Hook,
                child_tid: Pid = Hook,
                child_vpid: Pid = Hook,
                child_vtid: Pid = Hook,
                child_start: BootTime = Hook,
                child_exec_id: Uint = Hook,
                child_cgroup: Uint = Hook,
                child_pid_namespace: Uint = Hook,
                child_ppid: Pid = Hook,
            }

            /// A process runs another image, or could not. Success is reported by a hook of its own, before the image runs.
            61 EXECVE Execve "execve" "process" Lifecycle
            { x86_64 [59], i386 [11], aarch64 [221] }
            args {
                res: Errno = Returned,
                args: ArgumentVector = Hook,
                cwd: KernelPath = Hook,
                env: Environment = Hook,
                tty: Uint = Hook,
                vpgid: Pid = Hook,
                loginuid: Int = Hook,
                flags: ExecFlags = Hook,
                cap_inheritable: Capabilities = Hook,
                cap_permitted: Capabilities = Hook,
                cap_effective: Capabilities = Hook,
                exe_ino: Inode = Hook,
                exe_ino_ctime: WallTime = Hook,
                exe_ino_mtime: WallTime = Hook,
                uid: Uid = Hook,
                trusted_exepath: KernelPath = Hook,
                pgid: Pid = Hook,
                gid: Gid = Hook,
                filename: UserPath = UserString(0),
            }
            extra {
                exe_root: KernelPath = Hook,
                exe_dev: Device = Hook,
                interpreter: UserText = Hook,
                ruid: Uid = Hook,
                suid: Uid = Hook,
                rgid: Gid = Hook,
                previous_tid: Pid = Hook,
                user_namespace: Uint = Hook,
            }

            /// A process runs another image named by a directory and a path, or could not.
            62 EXECVEAT Execveat "execveat" "process" Lifecycle
            { x86_64 [322], i386 [358], aarch64 [281] }
            args {
                res: Errno = Returned,
                args: ArgumentVector = Hook,
                cwd: KernelPath = Hook,
                env: Environment = Hook,
                tty: Uint = Hook,
                vpgid: Pid = Hook,
                loginuid: Int = Hook,
                flags: ExecFlags = Hook,
                cap_inheritable: Capabilities = Hook,
                cap_permitted: Capabilities = Hook,
                cap_effective: Capabilities = Hook,
                exe_ino: Inode = Hook,
                exe_ino_ctime: WallTime = Hook,
                exe_ino_mtime: WallTime = Hook,
                uid: Uid = Hook,
                trusted_exepath: KernelPath = Hook,
                pgid: Pid = Hook,
                gid: Gid = Hook,
                filename: UserPath = UserString(1),
            }
            extra {
                exe_root: KernelPath = Hook,
                exe_dev: Device = Hook,
                interpreter: UserText = Hook,
                ruid: Uid = Hook,
                suid: Uid = Hook,
                rgid: Gid = Hook,
                previous_tid: Pid = Hook,
                user_namespace: Uint = Hook,
                dirfd: DirectoryFd = Signed(0),
                at_flags: AtFlags = Unsigned(4),
            }

            /// A task ended; with the last of its process, the process.
            63 PROCEXIT Procexit "procexit" "process" Lifecycle
            { x86_64 [], i386 [], aarch64 [] }
            args {
                status: ExitStatus = Hook,
                ret: Int = Hook,
                sig: Signal = Hook,
                core: Bool = Hook,
            }
            extra {
                group_dead: Bool = Hook,
            }

            /// A task was made: 0 as the result is the child's own return.
            64 CLONE Clone "clone" "process" Bulk
            { x86_64 [56], i386 [120], aarch64 [220] }
            args {
                res: Pid = Returned,
                flags: CloneFlags = Word(0),
            }
            extra {}

            /// A task was made with `struct clone_args`: 0 as the result is the child's own return.
            65 CLONE3 Clone3 "clone3" "process" Bulk
            { x86_64 [435], i386 [435], aarch64 [435] }
            args {
                res: Pid = Returned,
                flags: CloneFlags = UserWord { pointer: 0, offset: 0 },
            }
            extra {}

            /// A process was made: 0 as the result is the child's own return.
            66 FORK Fork "fork" "process" Bulk
            { x86_64 [57], i386 [2], aarch64 [] }
            args {
                res: Pid = Returned,
            }
            extra {}

            /// A process was made that borrows its parent's memory: 0 as the result is the child's own return.
            67 VFORK Vfork "vfork" "process" Bulk
            { x86_64 [58], i386 [190], aarch64 [] }
            args {
                res: Pid = Returned,
            }
            extra {}

            /// A process traced another, or asked to be traced.
            68 PTRACE Ptrace "ptrace" "process" Bulk
            { x86_64 [101], i386 [26], aarch64 [117] }
            args {
                res: Errno = Returned,
                addr: Hex = Word(2),
                data: Hex = Word(3),
                request: PtraceRequest = Word(0),
                pid: Pid = Signed(1),
            }
            extra {}

            /// A task entered a namespace.
            69 SETNS Setns "setns" "process" Lifecycle
            { x86_64 [308], i386 [346], aarch64 [268] }
            args {
                res: Errno = Returned,
                fd: Fd = Signed(0),
                nstype: NamespaceFlags = Unsigned(1),
            }
            extra {
                file_path: KernelPath = FilePath(AtArgument(0)),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtArgument(0)),
            }

            /// A task left namespaces for new ones.
            70 UNSHARE Unshare "unshare" "process" Lifecycle
            { x86_64 [272], i386 [310], aarch64 [97] }
            args {
                res: Errno = Returned,
                flags: CloneFlags = Word(0),
            }
            extra {}

            /// A process began a session.
            71 SETSID Setsid "setsid" "process" Lifecycle
            { x86_64 [112], i386 [66], aarch64 [157] }
            args {
                res: Pid = Returned,
            }
            extra {}

            /// A process was put into a process group.
            72 SETPGID Setpgid "setpgid" "process" Lifecycle
            { x86_64 [109], i386 [57], aarch64 [154] }
            args {
                res: Errno = Returned,
                pid: Pid = Signed(0),
                pgid: Pid = Signed(1),
            }
            extra {}

            /// A cgroup was made, before a task can enter it. Of v1 only those by which records name cgroups.
            73 CGROUP_MKDIR CgroupMkdir "cgroup_mkdir" "process" Lifecycle
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cgroup: Uint = Hook,
                hierarchy: Uint = Hook,
                cgroup_path: KernelPath = Hook,
            }

            /// A cgroup was removed: no task is in it any more.
            74 CGROUP_RMDIR CgroupRmdir "cgroup_rmdir" "process" Lifecycle
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cgroup: Uint = Hook,
                hierarchy: Uint = Hook,
                cgroup_path: KernelPath = Hook,
            }

            /// A task, or all tasks of a process, were moved into a cgroup.
            75 CGROUP_ATTACH_TASK CgroupAttachTask "cgroup_attach_task" "process" Lifecycle
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cgroup: Uint = Hook,
                hierarchy: Uint = Hook,
                cgroup_path: KernelPath = Hook,
                moved_pid: Pid = Hook,
                moved_tid: Pid = Hook,
                moved_start: BootTime = Hook,
                whole_process: Bool = Hook,
            }

            /// A signal was sent to a process.
            80 KILL Kill "kill" "signal" Bulk
            { x86_64 [62], i386 [37], aarch64 [129] }
            args {
                res: Errno = Returned,
                pid: Pid = Signed(0),
                sig: Signal = Unsigned(1),
            }
            extra {}

            /// A signal was sent to a thread.
            81 TKILL Tkill "tkill" "signal" Bulk
            { x86_64 [200], i386 [238], aarch64 [130] }
            args {
                res: Errno = Returned,
                tid: Pid = Signed(0),
                sig: Signal = Unsigned(1),
            }
            extra {}

            /// A signal was sent to a thread of a process.
            82 TGKILL Tgkill "tgkill" "signal" Bulk
            { x86_64 [234], i386 [270], aarch64 [131] }
            args {
                res: Errno = Returned,
                pid: Pid = Signed(0),
                tid: Pid = Signed(1),
                sig: Signal = Unsigned(2),
            }
            extra {}

            /// A signal was sent through a process descriptor.
            83 PIDFD_SEND_SIGNAL PidfdSendSignal "pidfd_send_signal" "signal" Bulk
            { x86_64 [424], i386 [424], aarch64 [424] }
            args {}
            extra {
                res: Errno = Returned,
                pidfd: Fd = Signed(0),
                sig: Signal = Unsigned(1),
            }

            /// The bpf call: a program was loaded, a map made, …
            90 BPF Bpf "bpf" "other" Bulk
            { x86_64 [321], i386 [357], aarch64 [280] }
            args {
                fd: Fd = Returned,
                cmd: BpfCommand = Unsigned(0),
            }
            extra {}

            /// A kernel module was loaded from memory.
            91 INIT_MODULE InitModule "init_module" "other" Bulk
            { x86_64 [175], i386 [128], aarch64 [105] }
            args {
                res: Errno = Returned,
                length: Uint = Word(1),
                uargs: UserText = UserString(2),
            }
            extra {}

            /// A kernel module was loaded from a file.
            92 FINIT_MODULE FinitModule "finit_module" "other" Bulk
            { x86_64 [313], i386 [350], aarch64 [273] }
            args {
                res: Errno = Returned,
                fd: Fd = Signed(0),
                uargs: UserText = UserString(1),
                flags: ModuleFlags = Unsigned(2),
            }
            extra {
                file_path: KernelPath = FilePath(AtArgument(0)),
                file_root: KernelPath = FileRoot,
                file_mode: FileMode = FileMode(AtArgument(0)),
            }

            /// A connection was established, or the first datagram between a UDP socket and a peer went by.
            100 FLOW_OPENED FlowOpened "flow_opened" "flow" Network
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cookie: Uint = Hook,
                socket: Socket = Hook,
                interface: Uint = Hook,
            }

            /// A packet carried bytes that may tell what a connection is.
            101 FLOW_PAYLOAD FlowPayload "flow_payload" "flow" Network
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cookie: Uint = Hook,
                socket: Socket = Hook,
                packet: Socket = Hook,
                interface: Uint = Hook,
                is_ingress: Bool = Hook,
                offset: Uint = Hook,
                sent: Uint = Hook,
                payload: Payload = Hook,
            }

            /// A connection, or an attempt at one, ended; a UDP socket was closed.
            102 FLOW_CLOSED FlowClosed "flow_closed" "flow" Network
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cookie: Uint = Hook,
                socket: Socket = Hook,
                opened: BootTime = Hook,
                sent_bytes: Uint = Hook,
                received_bytes: Uint = Hook,
                was_established: Bool = Hook,
            }

            /// A TCP socket began to listen.
            104 FLOW_LISTENING FlowListening "flow_listening" "flow" Network
            { x86_64 [], i386 [], aarch64 [] }
            args {}
            extra {
                cookie: Uint = Hook,
                socket: Socket = Hook,
            }

        }
    };
}

pub(crate) use event_table;
