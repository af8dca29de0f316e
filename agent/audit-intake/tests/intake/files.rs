//! Files that grow, are renamed and cut back.

use crate::rig::{Seen, desk, event, wait_until};
use saker_audit_intake::{DeskThread, FileSettings, Follower, Start};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

struct Reading {
    follower: Follower,
    thread: DeskThread,
    seen: Seen,
}

impl Reading {
    fn expect(&self, ids: &[&str]) {
        wait_until(&format!("{ids:?}"), || self.seen.ids() == ids);
    }

    fn end(self) -> Vec<String> {
        drop(self.follower);
        assert!(self.thread.join(), "the desk panicked");
        self.seen.ids()
    }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("log")).expect("a folder");
        Self { folder }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join("log").join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.log(name))
            .expect("a file");
        file.write_all(text.as_bytes()).expect("it is written");
    }

    fn add(&self, name: &str, id: &str) {
        self.append(name, &format!("{}\n", event(id, "get")));
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.log(from), self.log(to)).expect("it was there");
    }

    fn read(&self, name: &str, from: Option<Start>) -> Reading {
        let (desk, thread, seen) = desk();
        let settings = FileSettings {
            path: self.log(name),
            from,
        };
        let positions = self.folder.path().join("state/positions.json");
        Reading {
            follower: Follower::start(&[settings], &positions, desk).expect("a thread"),
            thread,
            seen,
        }
    }
}

#[test]
fn lines_are_read_when_they_are_whole() {
    let place = Place::new();
    place.add("audit.log", "old");
    let reading = place.read("audit.log", None);
    wait_until("it is open", || {
        place.folder.path().join("state/positions.json").exists()
    });
    std::thread::sleep(std::time::Duration::from_millis(700));
    let line = event("a", "get");
    let (first, second) = line.split_at(20);
    place.append("audit.log", first);
    place.append("audit.log", &format!("{second}\nnonsense\n"));
    place.add("audit.log", "b");
    reading.expect(&["a", "b"]);
    assert_eq!(reading.end(), ["a", "b"]);
}

#[test]
fn it_goes_on_where_it_ended() {
    let place = Place::new();
    place.add("audit.log", "a");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["a"]);
    reading.end();
    place.add("audit.log", "b");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["b"]);
    assert_eq!(reading.end(), ["b"]);
}

#[test]
fn renamed_files_are_read_to_their_ends() {
    let place = Place::new();
    place.add("audit.log", "a");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["a"]);
    place.add("audit.log", "b");
    place.rename("audit.log", "audit-2026-11-22T00-00-00.000.log");
    place.add("audit.log", "c");
    reading.expect(&["a", "b", "c"]);
    reading.end();
    // While nobody looks: twice.
    place.add("audit.log", "d");
    place.rename("audit.log", "audit-2026-11-22T00-00-01.000.log");
    place.add("audit.log", "e");
    place.rename("audit.log", "audit-2026-11-22T00-00-02.000.log");
    place.add("audit.log", "f");
    let reading = place.read("audit.log", None);
    reading.expect(&["d", "e", "f"]);
    assert_eq!(reading.end(), ["d", "e", "f"]);
}

#[test]
fn a_file_that_was_cut_back_is_read_from_its_beginning() {
    let place = Place::new();
    place.add("audit.log", "a");
    place.add("audit.log", "b");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["a", "b"]);
    fs::write(place.log("audit.log"), "").expect("it is emptied");
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    place.add("audit.log", "c");
    reading.expect(&["a", "b", "c"]);
    reading.end();
}

#[test]
fn a_file_may_come_later() {
    let place = Place::new();
    let reading = place.read("audit.log", None);
    std::thread::sleep(std::time::Duration::from_millis(700));
    place.add("audit.log", "a");
    reading.expect(&["a"]);
    reading.end();
}

#[test]
fn every_file_of_a_folder() {
    let place = Place::new();
    place.add("one.json", "a");
    let reading = place.read("", None);
    reading.expect(&["a"]);
    place.add("two.jsonl", "b");
    place.add("notes.txt", "x");
    reading.expect(&["a", "b"]);
    place.add("one.json", "c");
    reading.expect(&["a", "b", "c"]);
    reading.end();
    place.add("three.log", "d");
    let reading = place.read("", None);
    reading.expect(&["d"]);
    reading.end();
}

#[test]
fn an_inode_that_is_used_again_is_another_file() {
    let place = Place::new();
    place.add("audit.log", "a");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["a"]);
    reading.end();
    // The same inode and a longer text: what was there is not.
    let text = format!("{}\n{}\n", event("other", "get"), event("more", "get"));
    fs::write(place.log("audit.log"), text).expect("a file");
    let reading = place.read("audit.log", Some(Start::Beginning));
    reading.expect(&["other", "more"]);
    reading.end();
}
