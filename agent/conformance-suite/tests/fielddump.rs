//! The fields of captured events.

use std::fs;
use std::path::Path;

use saker_conformance_suite::fielddump::{Places, run};
use saker_conformance_suite::{DOCUMENT, Detail, parse_declined};

/// A capture of the data that has few events.
const CAPTURE: &str = "syscall";

#[test]
fn every_field_is_as_in_falco() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let declined = parse_declined(DOCUMENT);
    let report = run(&Places::of_data(&folder), None, &declined).unwrap();
    let text = report.text(Detail::All);
    assert!(report.is_clean(), "{text}");
    assert!(report.without_dump.is_empty(), "{text}");
}

#[test]
fn a_difference_is_found_told_and_can_be_declined() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let dumps = tempfile::tempdir().unwrap();
    let places = Places {
        dumps: dumps.path().to_owned(),
        ..Places::of_data(&folder)
    };
    // The second event has another name, the third is missing, and one follows that is not there.
    let events = dump(&folder);
    let mut lines: Vec<String> = events.lines().map(str::to_owned).collect();
    lines[1] = lines[1].replacen("\"evt.type\":\"procinfo\"", "\"evt.type\":\"other\"", 1);
    lines.remove(2);
    lines.push("{\"evt.num\": 99999, \"evt.type\": \"open\"}".to_owned());
    let file = dumps.path().join(format!("{CAPTURE}.jsonl"));
    fs::write(file, lines.join("\n")).unwrap();

    let report = run(&places, Some(CAPTURE), &[]).unwrap();
    let text = report.text(Detail::All);
    assert!(!report.is_clean());
    let capture = &report.captures[0];
    assert_eq!(capture.fields["evt.type"].different, 1, "{text}");
    assert_eq!(capture.unwanted, ["3 procinfo"], "{text}");
    assert_eq!(capture.missing, ["99999 open"], "{text}");
    for part in ["evt.type of 2 procinfo", "\"other\"", "3 differences"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let row =
        "## Declined cases\n|a|b|c|d|\n|-|-|-|-|\n| `fielddump` | `sys*` | `evt.type` | why |\n";
    let declined = run(&places, Some(CAPTURE), &parse_declined(row)).unwrap();
    let field = &declined.captures[0].fields["evt.type"];
    assert_eq!((field.different, field.declined), (0, 1));
}

#[test]
fn nothing_to_compare_is_an_error() {
    let Some(folder) = saker_conformance::folder() else {
        return;
    };
    let empty = tempfile::tempdir().unwrap();
    let places = Places {
        dumps: empty.path().to_owned(),
        ..Places::of_data(&folder)
    };
    let error = run(&places, None, &[]).unwrap_err().to_string();
    assert!(error.contains("has a dump"), "{error}");
}

/// What Falco gave for the capture.
fn dump(folder: &Path) -> String {
    let file = fs::File::open(folder.join(format!("fielddump/{CAPTURE}.jsonl.gz"))).unwrap();
    std::io::read_to_string(flate2::read::MultiGzDecoder::new(file)).unwrap()
}
