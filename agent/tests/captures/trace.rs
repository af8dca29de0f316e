use crate::sample::{CAPTURE, folder};

#[test]
fn a_program_gets_one_object_for_each_selected_event() {
    let said = folder().saker(&[
        "trace",
        "--capture",
        CAPTURE,
        "--filter",
        "fd.name startswith /root",
        "--fields",
        "evt.num,evt.type,fd.name,proc.cmdline,evt.rawres",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.json(),
        serde_json::json!({
            "evt.num": 2,
            "evt.type": "open",
            "fd.name": "/root/notes.txt",
            "proc.cmdline": "cat /etc/shadow",
            "evt.rawres": 3,
        })
    );
}

#[test]
fn people_get_a_table_of_as_many_events_as_they_want() {
    let arguments = ["trace", "--capture", CAPTURE, "--output", "text", "-n", "1"];
    let said = folder().saker(&arguments);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", said.out);
    assert!(
        lines[0].starts_with("EVT.TIME  PROC.PID  PROC.NAME"),
        "{}",
        said.out
    );
    assert!(lines[1].contains("name=/etc/shadow"), "{}", said.out);
}

#[test]
fn what_cannot_be_traced_is_refused() {
    let folder = folder();
    let trace =
        |arguments: &[&str]| folder.saker(&[&["trace", "--capture", CAPTURE], arguments].concat());
    trace(&["--filter", "proc.nam = cat"]).is_refused(&["proc.nam", "filter:1:1"]);
    trace(&["--fields", "evt.typ"]).is_refused(&["evt.typ", "evt.type"]);
    folder.write("no.scap", "these are no events");
    let said = folder.saker(&["trace", "--capture", "no.scap"]);
    said.is_refused(&["no.scap is no capture"]);
    folder
        .saker(&["trace", "--capture", "missing.scap"])
        .is_refused(&["missing.scap"]);
}
