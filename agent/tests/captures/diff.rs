use crate::folder::{Folder, Said};
use crate::sample::{CAPTURE, folder};

const OLD: &str = "
- rule: Shadow
  desc: d
  condition: evt.type = open and fd.name = /etc/shadow
  output: shadow read by %proc.name
  priority: WARNING
- rule: Relative
  desc: d
  condition: evt.type = open and evt.rawarg.name = notes.txt
  output: relative %evt.arg.name
  priority: INFO
";

fn diff(folder: &Folder, new: &str, arguments: &[&str]) -> Said {
    folder.write("old.yaml", OLD);
    folder.write("new.yaml", new);
    let command = [
        "rules",
        "diff",
        "old.yaml",
        "new.yaml",
        "--capture",
        CAPTURE,
    ];
    folder.saker(&[&command, arguments].concat())
}

#[test]
fn the_same_alerts_are_no_difference() {
    let said = diff(
        &folder(),
        &OLD.replace("desc: d", "desc: other"),
        &["--output", "json"],
    );
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let report = said.json();
    assert_eq!(report["differs"], false);
    assert_eq!(report["events"], 2);
    assert_eq!(report["rules"][0]["old"], 1);
    assert!(report["rules"][0]["new_ns_per_event"].is_number());
}

#[test]
fn what_appears_vanishes_and_changes_is_shown_with_an_example() {
    let new = OLD
        .replace("read by %proc.name", "read by %proc.cmdline")
        .replace("Relative", "Not absolute");
    let folder = folder();
    let said = diff(&folder, &new, &["--output", "json"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let report = said.json();
    let rule = |name: &str| {
        let rules = report["rules"].as_array().expect("rules");
        rules
            .iter()
            .find(|rule| rule["rule"] == name)
            .expect("the rule")
            .clone()
    };
    let changed = &rule("Shadow")["changed"];
    assert_eq!(changed["count"], 1);
    assert_eq!(changed["example"]["event"], 1);
    assert_eq!(changed["example"]["old"]["output"], "shadow read by cat");
    assert_eq!(
        changed["example"]["new"]["output"],
        "shadow read by cat /etc/shadow"
    );
    assert_eq!(rule("Relative")["vanished"]["count"], 1);
    assert_eq!(rule("Not absolute")["appeared"]["count"], 1);
    let text = diff(&folder, &new, &[]).out;
    assert!(
        text.contains("Shadow\n  changes once, first at sample.scap, event 1"),
        "{text}"
    );
    assert!(
        text.contains("    + Warning: shadow read by cat /etc/shadow"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = folder();
    diff(&folder, "- rule: x", &[]).is_refused(&["new.yaml"]);
    folder.write("old.yaml", OLD);
    let arguments = [
        "rules",
        "diff",
        "old.yaml",
        "old.yaml",
        "--capture",
        "missing.scap",
    ];
    folder.saker(&arguments).is_refused(&["missing.scap"]);
}
