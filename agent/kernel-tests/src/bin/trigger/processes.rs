//! Making, changing, tracing and signalling processes.

use crate::call::{address, address_of, call, must};
use crate::{Scenario, fact};
use std::arch::asm;
use std::ffi::CString;

const SIGNAL_CHILD: i64 = libc::SIGCHLD as i64;

pub(crate) const SCENARIOS: &[(&str, Scenario)] = &[
    ("fork", |_| {
        let child = must(libc::SYS_fork, &[]);
        leave_if_child(child);
        wait_for(child);
    }),
    ("vfork", |_| {
        let child = vfork();
        fact("child", child);
        wait_for(child);
    }),
    ("clone", |_| {
        let child = must(libc::SYS_clone, &[SIGNAL_CHILD, 0, 0, 0, 0]);
        leave_if_child(child);
        wait_for(child);
    }),
    ("clone3", |_| {
        let child = clone3(0);
        leave_if_child(child);
        wait_for(child);
    }),
    ("same_pid_twice", |_| {
        let first = clone3(0);
        leave_if_child(first);
        wait_for(first);
        let second = clone3(first as i32);
        leave_if_child(second);
        assert_eq!(first, second, "the kernel gives a pid that is asked for");
        fact("child", second);
        wait_for(second);
    }),
    ("execve", |paths| exec(libc::SYS_execve, paths, None)),
    ("execve_missing", |_| {
        let nothing = [0i64];
        let path = address(c"/nonexistent/program");
        assert!(
            call(
                libc::SYS_execve,
                &[path, address_of(&nothing), address_of(&nothing)]
            ) < 0
        );
    }),
    ("execveat", |paths| {
        let file = must(
            libc::SYS_open,
            &[address(&paths[0]), i64::from(libc::O_PATH), 0],
        );
        exec(libc::SYS_execveat, paths, Some(file));
    }),
    ("exec_in_thread", |paths| {
        let paths = paths.to_vec();
        let thread = std::thread::spawn(move || exec(libc::SYS_execve, &paths, None));
        drop(thread.join());
    }),
    ("procexit", |_| {
        let child = must(libc::SYS_fork, &[]);
        if child == 0 {
            // The last act of a child that leaves without running anything else.
            must(libc::SYS_exit_group, &[42]);
        }
        fact("child", child);
        wait_for(child);
    }),
    ("killed", |_| {
        let child = must(libc::SYS_fork, &[]);
        if child == 0 {
            must(libc::SYS_pause, &[]);
        }
        fact("child", child);
        must(libc::SYS_kill, &[child, i64::from(libc::SIGKILL)]);
        wait_for(child);
    }),
    ("ptrace", |_| {
        let child = must(libc::SYS_fork, &[]);
        if child == 0 {
            must(libc::SYS_pause, &[]);
        }
        fact("child", child);
        must(
            libc::SYS_ptrace,
            &[i64::from(libc::PTRACE_ATTACH), child, 0, 0],
        );
        must(libc::SYS_kill, &[child, i64::from(libc::SIGKILL)]);
        wait_for(child);
    }),
    ("setns", |_| {
        let namespace = must(libc::SYS_open, &[address(c"/proc/self/ns/uts"), 0, 0]);
        must(libc::SYS_setns, &[namespace, i64::from(libc::CLONE_NEWUTS)]);
    }),
    ("unshare", |_| {
        must(libc::SYS_unshare, &[i64::from(libc::CLONE_NEWUTS)]);
    }),
    ("setsid", |_| {
        let child = must(libc::SYS_fork, &[]);
        if child == 0 {
            must(libc::SYS_setsid, &[]);
            must(libc::SYS_exit_group, &[0]);
        }
        fact("child", child);
        wait_for(child);
    }),
    ("setpgid", |_| {
        must(libc::SYS_setpgid, &[0, 0]);
    }),
    ("kill", |_| {
        must(libc::SYS_kill, &[own_pid(), 0]);
    }),
    ("tkill", |_| {
        must(libc::SYS_tkill, &[own_pid(), 0]);
    }),
    ("tgkill", |_| {
        must(libc::SYS_tgkill, &[own_pid(), own_pid(), 0]);
    }),
    ("pidfd_send_signal", |_| {
        let process = must(libc::SYS_pidfd_open, &[own_pid(), 0]);
        must(libc::SYS_pidfd_send_signal, &[process, 0, 0, 0]);
    }),
    ("sched_process_fork", |_| {
        let child = must(libc::SYS_fork, &[]);
        leave_if_child(child);
        fact("child", child);
        wait_for(child);
    }),
    ("compat", compat),
    ("compat_socketcall", |_| compat_socketcall()),
];

fn own_pid() -> i64 {
    i64::from(std::process::id())
}

/// Ends the child at once.
fn leave_if_child(child: i64) {
    if child == 0 {
        must(libc::SYS_exit_group, &[0]);
    }
    fact("child", child);
}

fn wait_for(child: i64) {
    must(libc::SYS_wait4, &[child, 0, 0, 0]);
}

/// `struct clone_args`, as far as it is needed; `set_tid` asks for a pid (0: any).
fn clone3(set_tid: i32) -> i64 {
    let wanted = [set_tid];
    let count = u64::from(set_tid != 0);
    let mut arguments = [0u64; 11];
    arguments[4] = libc::SIGCHLD as u64;
    arguments[8] = if count == 0 {
        0
    } else {
        address_of(&wanted) as u64
    };
    arguments[9] = count;
    must(libc::SYS_clone3, &[address_of(&arguments), 88])
}

/// A child that borrows this memory and leaves at once, without touching the stack.
fn vfork() -> i64 {
    let child: i64;
    // SAFETY: the child runs nothing but the two instructions that end it.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov eax, 231",
            "xor edi, edi",
            "syscall",
            "2:",
            inout("rax") libc::SYS_vfork => child,
            out("rcx") _,
            out("r11") _,
            out("rdi") _,
        );
    }
    assert!(child > 0, "vfork failed");
    child
}

/// Runs a program with two arguments and one variable.
fn exec(number: libc::c_long, paths: &[CString], descriptor: Option<i64>) {
    let arguments = [address(c"name-zero"), address(c"first argument"), 0];
    let variables = [address(c"SAKER_TEST=yes"), 0];
    let (vector, environment) = (address_of(&arguments), address_of(&variables));
    match descriptor {
        None => must(number, &[address(&paths[0]), vector, environment]),
        Some(file) => {
            let empty_path = i64::from(libc::AT_EMPTY_PATH);
            must(
                number,
                &[file, address(c""), vector, environment, empty_path],
            )
        }
    };
}

/// `mkdir` and `umount` through the 32-bit entry; `umount` exists only there.
fn compat(paths: &[CString]) {
    const MKDIR_I386: i64 = 39;
    const UMOUNT_I386: i64 = 22;
    let low = copy_low(paths[0].to_bytes_with_nul());
    assert_eq!(int_80(MKDIR_I386, low, 0o755), 0);
    fact("umount", int_80(UMOUNT_I386, low, 0));
}

/// A connection through `socketcall`, the only way that old 32-bit programs have.
fn compat_socketcall() {
    const SOCKETCALL_I386: i64 = 102;
    const CONNECT: i64 = 3;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let there = listener.local_addr().expect("its address");
    let family = i64::from(libc::AF_INET);
    let socket = must(libc::SYS_socket, &[family, i64::from(libc::SOCK_STREAM), 0]);
    let mut place = [0u8; 16];
    place[0] = libc::AF_INET as u8;
    place[2..4].copy_from_slice(&there.port().to_be_bytes());
    place[4..8].copy_from_slice(&[127, 0, 0, 1]);
    let place = copy_low(&place);
    let arguments = [socket as u32, place as u32, 16]
        .map(u32::to_ne_bytes)
        .concat();
    assert_eq!(int_80(SOCKETCALL_I386, CONNECT, copy_low(&arguments)), 0);
    fact("server", there);
}

/// Copies bytes to memory below 4 GiB, as the 32-bit entry needs it.
fn copy_low(bytes: &[u8]) -> i64 {
    // SAFETY: a new mapping, larger than the bytes that are copied there; nothing else uses it.
    unsafe {
        let place = libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT,
            -1,
            0,
        );
        assert_ne!(place, libc::MAP_FAILED);
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), place.cast(), bytes.len());
        place as i64
    }
}

fn int_80(number: i64, first: i64, second: i64) -> i32 {
    let result: i64;
    // SAFETY: a system call with a path below 4 GiB and a number. rbx is saved by hand, because the
    // compiler keeps it for itself.
    unsafe {
        asm!(
            "push rbx",
            "mov rbx, {first}",
            "int 0x80",
            "pop rbx",
            first = in(reg) first,
            inout("rax") number => result,
            in("rcx") second,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result as i32
}
