//! The load: processes of the program `load-generator`, started together.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::progress;
use crate::workspace::Workspace;

const PACKAGE: &str = "xtask";
const BINARY: &str = "load-generator";

/// What is executed when there is no C compiler; it has a library to load.
const FALLBACK_PROGRAM: &str = "/bin/true";

const NO_OP_SOURCE: &[u8] = b"int main(void) { return 0; }\n";

/// What a process of the load does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// open(O_RDONLY|O_CLOEXEC) and close of a small file.
    OpenClose,
    /// fork, execve of a program that does nothing, waitpid.
    ForkExec,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) operation: Operation,
    /// Operations of each process.
    pub(super) count: u32,
    pub(super) processes: u32,
}

/// The built generator, and what its processes work on.
#[derive(Debug)]
pub(super) struct Generator {
    binary: PathBuf,
    file: PathBuf,
    program: PathBuf,
    /// What a reader of the figures must know of the executed program.
    pub(super) remark: Option<String>,
}

impl Generator {
    /// Builds the generator; what its processes work on goes to `scratch`.
    pub(super) fn build(workspace: &Workspace, scratch: &Path) -> Result<Self> {
        progress::heading("building the load generator");
        command::run(
            command::cargo()
                .current_dir(workspace.root())
                .args(["build", "--release", "--package", PACKAGE])
                .args(["--bin", BINARY]),
        )?;
        let file = scratch.join("small-file");
        fs::write(&file, "small\n").with_context(|| format!("cannot write {}", file.display()))?;
        let (program, remark) = if command::find_on_path("cc").is_some() {
            (compile_no_op(scratch)?, None)
        } else {
            let remark = format!(
                "There is no `cc` on the machine: {FALLBACK_PROGRAM} was executed in place of a \
                 static program, so times are longer and events more."
            );
            (FALLBACK_PROGRAM.into(), Some(remark))
        };
        Ok(Self {
            binary: workspace.cargo_target()?.join("release").join(BINARY),
            file,
            program,
            remark,
        })
    }

    /// Makes the load and returns the wall time, from the start to the end of the last process.
    pub(super) fn run(&self, load: &Load) -> Result<Duration> {
        let (operation, path) = match load.operation {
            Operation::OpenClose => ("open", &self.file),
            Operation::ForkExec => ("exec", &self.program),
        };
        let mut command = Command::new(&self.binary);
        command
            .arg(operation)
            .arg(path)
            .arg(load.count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Processes::start(&mut command, load.processes)?.run()
    }
}

fn compile_no_op(scratch: &Path) -> Result<PathBuf> {
    let program = scratch.join("no-op");
    let mut compiler = Command::new("cc")
        .args(["-static", "-O1", "-x", "c", "-", "-o"])
        .arg(&program)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start `cc`")?;
    let mut source = compiler.stdin.take().context("`cc` has no input")?;
    let written = source.write_all(NO_OP_SOURCE);
    drop(source);
    let status = compiler.wait().context("cannot wait for `cc`")?;
    if !status.success() {
        bail!("`cc -static` failed ({status}); it needs the static C library (libc6-dev)");
    }
    written.context("`cc` did not read its input")?;
    Ok(program)
}

/// Processes that wait for the word to begin; killed when dropped.
struct Processes(Vec<Child>);

impl Processes {
    fn start(command: &mut Command, count: u32) -> Result<Self> {
        let mut processes = Self(Vec::new());
        for _ in 0..count {
            let child = command.spawn().context("cannot start the load generator")?;
            processes.0.push(child);
        }
        for child in &mut processes.0 {
            let output = child.stdout.take().context("the generator has no output")?;
            let mut line = String::new();
            BufReader::new(output)
                .read_line(&mut line)
                .context("cannot read what the load generator says")?;
            if line != "ready\n" {
                bail!("the load generator is not ready: {line:?}");
            }
        }
        Ok(processes)
    }

    fn run(mut self) -> Result<Duration> {
        let began = Instant::now();
        for child in &mut self.0 {
            let mut input = child.stdin.take().context("the generator has no input")?;
            input
                .write_all(b"go\n")
                .context("the load generator does not listen")?;
        }
        for child in &mut self.0 {
            let status = child.wait().context("cannot wait for the load generator")?;
            if !status.success() {
                bail!("the load generator failed ({status})");
            }
        }
        Ok(began.elapsed())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Both fail only for a process that has ended, which is what is wanted.
            child.kill().unwrap_or_default();
            child.wait().map(drop).unwrap_or_default();
        }
    }
}
