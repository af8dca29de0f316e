use crate::folder::{Folder, Said};
use crate::sample::{CAPTURE, folder};

const RULES: &str = "
- rule: Shadow
  desc: d
  condition: evt.type = open and fd.name = /etc/shadow
  output: shadow read by %proc.name (event=%evt.num)
  priority: WARNING
  tags: [files]
- rule: Notes
  desc: d
  condition: evt.type = open and fd.name = /root/notes.txt
  output: notes read by %proc.cmdline
  priority: INFO
";

fn replay(folder: &Folder, arguments: &[&str]) -> Said {
    folder.write("rules.yaml", RULES);
    let command = ["replay", CAPTURE, "--rules", "rules.yaml"];
    folder.saker(&[&command, arguments].concat())
}

#[test]
fn alerts_come_at_the_time_and_in_the_name_of_the_captured_host() {
    let said = replay(&folder(), &["--output", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let alerts: Vec<serde_json::Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(alerts.len(), 2, "{}", said.out);
    assert_eq!(alerts[0]["hostname"], "node-7");
    assert_eq!(alerts[0]["time"], "2023-11-14T22:13:20.000000000Z");
    assert_eq!(alerts[0]["output_fields"]["evt.num"], 1);
    assert_eq!(
        alerts[1]["output_fields"]["proc.cmdline"],
        "cat /etc/shadow"
    );
    assert_ne!(alerts[0]["id"], alerts[1]["id"]);
    let again = replay(&folder(), &["--output", "json"]);
    assert_eq!(again.out, said.out, "ids are the same again");
}

#[test]
fn what_was_counted_is_told_apart_from_the_alerts() {
    let said = replay(&folder(), &["--time", "iso-8601"]);
    let lines: Vec<&str> = said.out.lines().collect();
    // What Falco's container plugin suggests follows each output.
    assert_eq!(
        lines[0],
        "2023-11-14T22:13:20.000000000+0000: Warning shadow read by cat (event=1) container_id=host \
         container_name=host container_image_repository= container_image_tag= k8s_pod_name=<NA> \
         k8s_ns_name=<NA>"
    );
    for text in [
        "events: 2 of 1 capture in",
        "alerts: 2",
        "1  Warning",
        "Shadow",
    ] {
        assert!(said.err.contains(text), "no '{text}' in {}", said.err);
    }
    let quiet = replay(&folder(), &["--quiet"]);
    assert_eq!((quiet.out.lines().count(), &*quiet.err), (2, ""));
}

#[test]
fn rules_and_the_host_can_be_chosen() {
    let folder = folder();
    let alerts = |arguments: &[&str]| {
        let said = replay(&folder, &[&["--quiet"], arguments].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    let shadow_only = |out: &str| out.contains("shadow") && !out.contains("notes");
    assert!(shadow_only(&alerts(&["--tag", "files"])));
    assert!(shadow_only(&alerts(&["--disable-rule", "Not*"])));
    assert!(shadow_only(&alerts(&["--minimum-priority", "notice"])));
    assert!(!alerts(&["--disable-tag", "files"]).contains("shadow read"));
    let named = alerts(&["--hostname", "other", "--output", "json"]);
    assert!(named.contains("\"hostname\":\"other\""), "{named}");
    replay(&folder, &["--tag", "filse"]).is_refused(&["filse", "files"]);
    replay(&folder, &["--disable-rule", "Shadw"]).is_refused(&["Shadw", "Shadow"]);
}

#[test]
fn a_capture_that_ends_early_is_played_as_far_as_it_goes() {
    let folder = folder();
    let path = folder.path().join(CAPTURE);
    let capture = std::fs::read(&path).expect("the capture");
    std::fs::write(&path, &capture[..capture.len() - 5]).expect("a file");
    let said = replay(&folder, &[]);
    said.is_refused(&["sample.scap", "at byte", "events: 1 of 1 capture"]);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
}

#[test]
fn what_is_no_capture_is_refused() {
    let folder = folder();
    folder.write("no.scap", "these are no events");
    folder.write("rules.yaml", RULES);
    for (capture, text) in [
        ("no.scap", "no.scap is no capture"),
        ("missing.scap", "missing.scap"),
    ] {
        let said = folder.saker(&["replay", capture, "--rules", "rules.yaml"]);
        said.is_refused(&[text]);
        assert_eq!(said.out, "");
    }
}

#[test]
fn a_case_counts_the_alerts_on_a_capture() {
    let folder = folder();
    folder.write("rules/rules.yaml", RULES);
    let case = |expect: &str| {
        let text = format!(
            "- rule: Shadow\n  cases:\n    - name: a capture\n      capture: ../../{CAPTURE}\n      \
             expect: {expect}\n"
        );
        folder.write("rules/tests/cases.yaml", &text);
        folder.saker(&["rules", "test", "rules"])
    };
    let passes = case("{Shadow: 1, Notes: 1}");
    assert_eq!(passes.code, Some(0), "{}{}", passes.out, passes.err);
    let fails = case("{Shadow: 2}");
    assert_eq!(fails.code, Some(1), "{}", fails.out);
    for text in ["alerts of Shadow", "- 2", "+ 1", "alerts of Notes", "- 0"] {
        assert!(fails.out.contains(text), "no '{text}' in {}", fails.out);
    }
    let unknown = case("{Shadw: 1}");
    assert_eq!(unknown.code, Some(2), "{}", unknown.out);
    case("[Shadow]").is_refused(&["counts alerts"]);
}

/// Several outputs beside standard output.
const OUTPUTS: &str = "
cluster_name: lab
file_output: {filename: alerts.json, format: falco_json}
outputs:
  - {name: urgent, kind: file, filename: urgent.txt, minimum_priority: warning, format: text}
  - {name: files, kind: program, program: 'cat > programs.json', keep_alive: true, format: ecs,
     filter: {include: {tags: [files]}}}
";

#[test]
fn a_replay_delivers_to_other_outputs_only_where_it_is_told_to() {
    let folder = folder();
    folder.write("saker.yaml", OUTPUTS);
    let said = replay(&folder, &["--config", "saker.yaml"]);
    assert_eq!(said.out.lines().count(), 2);
    assert!(!folder.path().join("alerts.json").exists());
    let said = replay(&folder, &["--config", "saker.yaml", "--deliver"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.out.lines().count(), 2);
    let lines = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).expect(name);
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines("alerts.json").len(), 2);
    let urgent = lines("urgent.txt");
    assert!(
        urgent.len() == 1 && urgent[0].contains("shadow"),
        "{urgent:?}"
    );
    let ecs: serde_json::Value = serde_json::from_str(&lines("programs.json")[0]).expect("JSON");
    assert_eq!(ecs["rule"]["name"], "Shadow");
    for text in [
        "delivery: raised 2, suppressed 0",
        "stdout: delivered 2, lost 0",
        "urgent: delivered 1, lost 0, not for it 1",
    ] {
        assert!(said.err.contains(text), "no '{text}' in {}", said.err);
    }
}

#[test]
fn repetitions_are_held_back_by_the_time_of_the_events() {
    let folder = folder();
    folder.write(
        "saker.yaml",
        "json_output: true\nalerts: {deduplicate: {window_ms: 4000000, key: [container]}}\n",
    );
    folder.write(
        "rules.yaml",
        "- {rule: Open, desc: d, condition: evt.type = open, output: opened, priority: INFO}\n",
    );
    let command = [
        "replay",
        CAPTURE,
        CAPTURE,
        "--rules",
        "rules.yaml",
        "--config",
        "saker.yaml",
    ];
    let whole = folder.saker(&command);
    let raised = whole.out.lines().count();
    assert!(raised >= 4, "{}", whole.out);
    let told = folder.saker(&[&command[..], &["--deliver"]].concat());
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert_eq!(
        told.out.lines().count(),
        2,
        "the first and the last: {}",
        told.out
    );
    let suppressed = format!("raised {raised}, suppressed {}", raised - 2);
    assert!(told.err.contains(&suppressed), "{}", told.err);
    let again = folder.saker(&[&command[..], &["--deliver"]].concat());
    assert_eq!(again.out, told.out);
}

#[test]
fn what_could_not_be_delivered_is_told() {
    let folder = folder();
    folder.write(
        "saker.yaml",
        "program_output: {program: 'exit 1', timeout_ms: 60000}\n",
    );
    let said = replay(&folder, &["--config", "saker.yaml", "--deliver"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.out.lines().count(), 2, "the others are delivered to");
    assert!(
        said.err.contains("program: delivered 0, lost 2 (failed 2)"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("were not delivered: program (2)"),
        "{}",
        said.err
    );
}

#[test]
fn an_output_that_cannot_be_used_is_told_before_anything_is_played() {
    let folder = folder();
    for (config, text, code) in [
        (
            "file_output: {filename: missing/alerts}\n",
            "missing/alerts",
            1,
        ),
        (
            "http_output: {url: 'https://x', insecure: true}\n",
            "http_output.insecure",
            2,
        ),
        ("outputs: [{name: a, kind: mail}]\n", "`mail`", 2),
    ] {
        folder.write("saker.yaml", config);
        let said = replay(&folder, &["--config", "saker.yaml", "--deliver"]);
        assert_eq!((said.code, &*said.out), (Some(code), ""), "{}", said.err);
        assert!(said.err.contains(text), "{}", said.err);
    }
}
