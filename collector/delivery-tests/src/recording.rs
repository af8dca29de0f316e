//! A recording made for tests: programs that open files, so that rules raise thousands of alerts with known ids.

use anyhow::{Result, ensure};
use saker_capture_file::recording::{Header, RecordingWriter, Room, Visibility, WriterOptions};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;

/// Rules, each of which sees its share of the opened files.
const RULES: u32 = 8;

/// Programs that open the files: repeats of one rule and program belong together.
const PROGRAMS: u32 = 25;

const FIRST_PID: u32 = 1000;
const PRIORITIES: [&str; 4] = ["NOTICE", "WARNING", "ERROR", "CRITICAL"];

/// Writes a recording of a host. Each of the opened files raises an alert; the host's name makes the ids.
///
/// # Errors
///
/// It cannot be written.
pub fn write_recording(path: &Path, hostname: &str, alerts: u32) -> Result<()> {
    let header = Header {
        hostname: hostname.to_owned(),
        boot_id: format!("boot of {hostname}"),
        ..Header::default()
    };
    let file = File::create(path)?;
    let mut writer = RecordingWriter::new(file, &header, WriterOptions::default())?;
    let started = (0..PROGRAMS).map(exec);
    let opened = (0..alerts).map(open);
    for (number, record) in (1..).zip(started.chain(opened)) {
        let room = writer.event(&record, number, Visibility::Shown)?;
        ensure!(room == Room::Left, "the recording is full");
    }
    writer.finish(0)?;
    Ok(())
}

fn exec(program: u32) -> Vec<u8> {
    let name = format!("program-{program}");
    EventBuilder::new(event::EXECVE)
        .time_boot_ns(u64::from(program) + 1)
        .pid(FIRST_PID + program)
        .comm(&name)
        .start_boot_ns(u64::from(program) + 1)
        .set("trusted_exepath", format!("/usr/bin/{name}").as_str())
        .build()
}

fn open(number: u32) -> Vec<u8> {
    let program = number % PROGRAMS;
    let rule = number % RULES;
    EventBuilder::new(event::OPENAT)
        .time_boot_ns(1_000_000 + u64::from(number) * 1000)
        .pid(FIRST_PID + program)
        .start_boot_ns(u64::from(program) + 1)
        .comm(format!("program-{program}"))
        .result(3)
        .set("name", format!("/tmp/{rule}/{number}").as_str())
        .build()
}

/// Writes the rules.
///
/// # Errors
///
/// They cannot be written.
pub fn write_rules(path: &Path) -> Result<()> {
    let mut text = String::new();
    for (rule, priority) in (0..RULES).zip(PRIORITIES.iter().cycle()) {
        writeln!(
            text,
            "- rule: opened below {rule}\n  desc: Every file is an alert.\n  \
             condition: evt.type = openat and fd.name startswith \"/tmp/{rule}/\"\n  \
             output: opened (file=%fd.name program=%proc.name)\n  priority: {priority}"
        )?;
    }
    fs::write(path, text)?;
    Ok(())
}
