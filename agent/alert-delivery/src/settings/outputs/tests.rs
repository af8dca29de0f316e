use super::*;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    stdout_output: Option<FalcoEntry<StdoutSettings>>,
    file_output: Option<FalcoEntry<FileSettings>>,
    syslog_output: Option<FalcoEntry<SyslogOutputSettings>>,
    program_output: Option<FalcoEntry<ProgramSettings>>,
    http_output: Option<FalcoEntry<HttpOutputSettings>>,
    collector_output: Option<FalcoEntry<CollectorSettings>>,
    outputs: Vec<ListedEntry>,
}

fn build(file: serde_json::Value) -> Result<Vec<OutputSettings>, String> {
    let file: File = serde_json::from_value(file).map_err(|error| error.to_string())?;
    OutputsFile {
        stdout: file.stdout_output,
        file: file.file_output,
        syslog: file.syslog_output,
        program: file.program_output,
        http: file.http_output,
        collector: file.collector_output,
        listed: file.outputs,
    }
    .build(Format::Text)
    .map_err(|error| error.to_string())
}

fn names(outputs: &[OutputSettings]) -> Vec<(&str, &str)> {
    outputs
        .iter()
        .map(|output| (output.name.as_str(), output.kind.name()))
        .collect()
}

#[test]
fn alerts_are_printed_unless_something_else_is_said() {
    let outputs = build(json!({})).expect("valid");
    assert_eq!(names(&outputs), [("stdout", "stdout")]);
    assert!(
        build(json!({"stdout_output": {"enabled": false}}))
            .expect("valid")
            .is_empty()
    );
}

#[test]
fn what_falco_ships_as_its_defaults_is_taken() {
    let outputs = build(json!({
        "stdout_output": {"enabled": true},
        "syslog_output": {"enabled": true},
        "file_output": {"enabled": false, "keep_alive": false, "filename": "./events.txt"},
        "http_output": {
            "enabled": false, "url": "", "user_agent": "falcosecurity/falco", "insecure": false,
            "ca_cert": "", "ca_bundle": "", "ca_path": "/etc/ssl/certs", "mtls": false,
            "client_cert": "/etc/ssl/certs/client.crt", "client_key": "/etc/ssl/certs/client.key",
            "echo": false, "compress_uploads": false, "keep_alive": false,
            "max_consecutive_timeouts": 5
        },
        "program_output": {"enabled": false, "keep_alive": false, "program": "mail"}
    }));
    assert_eq!(
        names(&outputs.expect("valid")),
        [("stdout", "stdout"), ("syslog", "syslog")]
    );
}

#[test]
fn several_of_one_kind_have_names() {
    let outputs = build(json!({
        "outputs": [
            {"name": "all-of-it", "kind": "file", "filename": "/var/log/alerts", "format": "ecs"},
            {"name": "urgent", "kind": "http", "url": "https://pager.example/",
             "minimum_priority": "critical", "filter": {"include": {"namespaces": ["prod-*"]}}},
            {"name": "off", "kind": "file", "enabled": false}
        ]
    }))
    .expect("valid");
    assert_eq!(
        names(&outputs),
        [
            ("stdout", "stdout"),
            ("all-of-it", "file"),
            ("urgent", "http")
        ]
    );
    assert_eq!(outputs[1].format, Format::Ecs);
    assert_eq!(outputs[2].format, Format::FalcoJson);
    assert_eq!(outputs[2].minimum_priority, Priority::Critical);
    let Kind::Http(http) = &outputs[2].kind else {
        panic!("an HTTP output");
    };
    assert_eq!(
        http.spool.directory.as_deref(),
        Some(Path::new("/var/lib/saker/spool/urgent"))
    );
}

#[test]
fn errors_name_the_output_the_setting_and_the_remedy() {
    for (file, parts) in [
        (
            json!({"file_output": {"filename": "x", "colour": 1}}),
            vec!["colour", "filename"],
        ),
        (
            json!({"file_output": {}}),
            vec!["file_output.filename", "name a file"],
        ),
        (
            json!({"file_output": {"filename": "x", "name": "y"}}),
            vec!["`outputs`"],
        ),
        (
            json!({"file_output": {"filename": "x", "format": "xml"}}),
            vec!["xml", "falco_json"],
        ),
        (
            json!({"stdout_output": {"minimum_priority": "loud"}}),
            vec!["minimum_priority", "loud", "critical"],
        ),
        (
            json!({"http_output": {"url": "https://x", "insecure": true}}),
            vec!["http_output.insecure", "ca_cert"],
        ),
        (
            json!({"http_output": {"url": "https://x", "mtls": true}}),
            vec!["http_output.mtls", "client_cert"],
        ),
        (
            json!({"http_output": {"url": "https://x", "ca_path": "/my/ca"}}),
            vec!["http_output.ca_path", "ca_cert"],
        ),
        (
            json!({"http_output": {"url": "https://x", "spool": {"max_bytes": 1}}}),
            vec!["http_output.spool", "max_bytes"],
        ),
        (
            json!({"http_output": {"url": "https://x", "spool": {"size": 1}}}),
            vec!["size", "max_bytes"],
        ),
        (
            json!({"outputs": [{"name": "a", "kind": "mail"}]}),
            vec!["`a`", "`mail`", "syslog"],
        ),
        (json!({"outputs": [{"kind": "file"}]}), vec!["`name`"]),
        (
            json!({"outputs": [{"name": "all", "kind": "stdout"}]}),
            vec!["`all`"],
        ),
        (
            json!({"outputs": [{"name": "a/b", "kind": "syslog"}]}),
            vec!["`a/b`", "letters"],
        ),
        (
            json!({"outputs": [{"name": "a", "kind": "syslog"}, {"name": "a", "kind": "syslog"}]}),
            vec!["outputs.a", "another"],
        ),
        (
            json!({"outputs": [{"name": "a", "kind": "stdout"}]}),
            vec!["stdout_output.enabled"],
        ),
        (
            json!({"collector_output": {"endpoints": ["https://c"], "format": "ecs"}}),
            vec!["collector_output.format"],
        ),
        (
            json!({"outputs": [
                {"name": "a", "kind": "http", "url": "https://x", "spool": {"directory": "/s"}},
                {"name": "b", "kind": "http", "url": "https://y", "spool": {"directory": "/s"}}
            ]}),
            vec!["outputs.b.spool.directory", "/s"],
        ),
    ] {
        let message = build(file.clone()).expect_err("it is refused");
        for part in parts {
            assert!(message.contains(part), "{file}: {message}");
        }
    }
}
