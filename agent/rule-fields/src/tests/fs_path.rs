//! `fs.path.*` and `evt.abspath`.

use super::scene::Scene;
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

#[test]
fn one_path() {
    let scene = Scene::new(
        EventBuilder::new(event::UNLINKAT)
            .result(0)
            .set("name", "a/../b")
            .set("directory", "/tmp/x"),
    );
    scene.text("fs.path.name", "/tmp/x/b");
    scene.text("fs.path.nameraw", "a/../b");
    scene.text("evt.abspath", "/tmp/x/b");
    scene.text("evt.arg.name", "a/../b");
    scene.missing(&["fs.path.source", "fs.path.targetraw", "evt.abspath[src]"]);
    assert!(!scene.views_differ());
    scene.resolved("fs.path.name", "/tmp/x/b");
}

#[test]
fn two_paths() {
    let scene = Scene::new(
        EventBuilder::new(event::RENAMEAT2)
            .result(0)
            .set("oldpath", "new.tmp")
            .set("old_directory", "/home/ann")
            .set("newpath", "/etc/cron.d/x"),
    );
    scene.text("fs.path.source", "/home/ann/new.tmp");
    scene.text("fs.path.sourceraw", "new.tmp");
    scene.text("fs.path.target", "/etc/cron.d/x");
    scene.text("evt.abspath.src", "/home/ann/new.tmp");
    scene.text("evt.abspath[dst]", "/etc/cron.d/x");
    scene.missing(&["fs.path.name", "evt.abspath"]);
}

#[test]
fn links_are_the_other_way_round() {
    let hard = Scene::new(
        EventBuilder::new(event::LINK)
            .result(0)
            .set("oldpath", "/etc/shadow")
            .set("newpath", "/tmp/s"),
    );
    hard.text("fs.path.source", "/tmp/s");
    hard.text("fs.path.target", "/etc/shadow");
    hard.text("evt.abspath.src", "/etc/shadow");
    let symbolic = Scene::new(
        EventBuilder::new(event::SYMLINK)
            .result(0)
            .set("target", "../etc/shadow")
            .set("linkpath", "s")
            .set("directory", "/tmp"),
    );
    symbolic.text("fs.path.source", "/tmp/s");
    symbolic.text("fs.path.target", "../etc/shadow");
}

#[test]
fn only_calls_that_succeeded() {
    let scene = Scene::new(
        EventBuilder::new(event::MKDIR)
            .result(-17)
            .set("path", "/tmp/x"),
    );
    scene.missing(&["fs.path.name", "fs.path.nameraw"]);
    scene.text("evt.abspath", "/tmp/x");
}

#[test]
fn a_call_on_an_open_file() {
    let scene = Scene::new(
        EventBuilder::new(event::FCHMOD)
            .result(0)
            .set("fd", 3)
            .set("file_path", "/etc/shadow")
            .set("mode", 0o777_u32),
    );
    scene.text("fs.path.name", "/etc/shadow");
}
