//! The load of `cargo xtask bench load`: one process of it, nothing but the system calls counted.
//!
//! `load-generator open FILE N` makes N times open(O_RDONLY|O_CLOEXEC) and close, `load-generator
//! exec PROGRAM N` N times fork, execve and waitpid. Either says `ready`, waits for a line on
//! standard input and begins; when the input ends without one, it ends too.
//!
//! A program of its own, because it is built with optimisation: without, the standard library
//! checks each descriptor before it closes it, which is a system call more. And because fork has no
//! safe form: [`std::process::Command`] makes a socket pair for each child, so its calls are others.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

/// What a child ends with that could not become the program.
const EXEC_FAILED: libc::c_int = 127;

enum Load {
    Open(String),
    Exec(CString),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((load, count)) = parse(&arguments) else {
        eprintln!("usage: load-generator open FILE COUNT | exec PROGRAM COUNT");
        return ExitCode::from(2);
    };
    match generate(&load, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load-generator: {}: {error}", arguments.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Option<(Load, u64)> {
    let [kind, path, count] = arguments else {
        return None;
    };
    let load = match kind.as_str() {
        "open" => Load::Open(path.clone()),
        "exec" => Load::Exec(CString::new(path.as_str()).ok()?),
        _ => return None,
    };
    Some((load, count.parse().ok()?))
}

fn generate(load: &Load, count: u64) -> io::Result<()> {
    // Once before the clock runs: caches are warm, and mistakes show.
    once(load)?;
    println!("ready");
    io::stdout().flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Ok(());
    }
    for _ in 0..count {
        once(load)?;
    }
    Ok(())
}

fn once(load: &Load) -> io::Result<()> {
    match load {
        Load::Open(path) => File::open(path).map(drop),
        Load::Exec(program) => fork_and_wait(program),
    }
}

/// Runs the program with an empty environment, and fails when it does.
fn fork_and_wait(program: &CString) -> io::Result<()> {
    let arguments = [program.as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: this process has one thread, so the child may do anything; it makes two system calls.
    let child = unsafe { libc::fork() };
    match child {
        -1 => return Err(io::Error::last_os_error()),
        // SAFETY: path and both arrays live until execve has copied them, and the arrays end with a
        // null pointer. _exit runs nothing of ours.
        0 => unsafe {
            libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr());
            libc::_exit(EXEC_FAILED);
        },
        _ => {}
    }
    let mut status = 0;
    // SAFETY: the status is ours and lives through the call.
    if unsafe { libc::waitpid(child, &raw mut status, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    if status != 0 {
        return Err(io::Error::other(format!(
            "the program ended with wait status {status}"
        )));
    }
    Ok(())
}
