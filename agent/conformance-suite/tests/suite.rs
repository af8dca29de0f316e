//! The suite itself: it can fail, and events are rebuilt from their statements.

use std::fs;

use saker_conformance_suite::{Decline, Detail, FileReport, Folder, Suite, parse_cases};
use serde_json::{Value, json};

/// The columns of events.tsv that the suite reads, for the events of these tests.
const EVENTS: &str = "\
event\tkind\tcategory\tmodifies_state\tcurrent_code\tparams
open\t\tFILE\t\tPPME_SYSCALL_OPEN_X\tfd,name,flags,mode,dev,ino
chdir\t\tFILE\t\tPPME_SYSCALL_CHDIR_X\tres,path
getcwd\t\tFILE\t\tPPME_SYSCALL_GETCWD_X\tres,path
read\t\tIO_READ\t\tPPME_SYSCALL_READ_X\tres,data,fd,size
epoll_create\t\tWAIT\t\tPPME_SYSCALL_EPOLL_CREATE_X\tres,size
connect\t\tNET\t\tPPME_SOCKET_CONNECT_X\tres,tuple,fd,addr
socket\t\tNET\t\tPPME_SOCKET_SOCKET_X\tfd,domain,type,proto,flags
execve\t\tPROCESS\t\tPPME_SYSCALL_EXECVE_19_X\tres,exe,args,tid,pid,ptid,cwd,fdlimit,pgft_maj,pgft_min,\
vm_size,vm_rss,vm_swap,comm,cgroups,env,tty,vpgid,loginuid,flags,cap_inheritable,cap_permitted,\
cap_effective,exe_ino,exe_ino_ctime,exe_ino_mtime,uid,trusted_exepath,pgid,gid,filename
clone\t\tPROCESS\t\tPPME_SYSCALL_CLONE_20_X\tres,exe,args,tid,pid,ptid
";

/// A suite over tables of its own, and the folder that they lie in.
fn suite(declined: Vec<Decline>) -> (tempfile::TempDir, Suite) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("events.tsv"), EVENTS).unwrap();
    fs::write(folder.path().join("fields_all.tsv"), "field\n").unwrap();
    let suite = Suite::new(Folder::new(folder.path()), declined).unwrap();
    (folder, suite)
}

fn run(file: &str, cases: &[Value]) -> FileReport {
    run_declining(file, cases, Vec::new())
}

fn run_declining(file: &str, cases: &[Value], declined: Vec<Decline>) -> FileReport {
    let (_folder, suite) = suite(declined);
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    suite.run_cases(file, &parse_cases(file, &lines).unwrap())
}

/// What a condition gives on the event of a statement: a truth value, or what went wrong.
fn evaluated(statement: &str, filter: &str) -> Result<bool, String> {
    let case = |result| json!({"filter": filter, "result": result, "event_cpp": statement});
    let [holds, fails] = [true, false].map(|result| run("filter_eval", &[case(result)]));
    match (holds.passed, fails.passed) {
        (1, 0) => Ok(true),
        (0, 1) => Ok(false),
        _ => Err(format!("{} / {}", holds.failed[0].got, fails.failed[0].got)),
    }
}

#[track_caller]
fn assert_holds(statement: &str, filters: &[(&str, bool)]) {
    for (filter, wanted) in filters {
        assert_eq!(evaluated(statement, filter), Ok(*wanted), "{filter}");
    }
}

#[test]
fn a_wrong_expectation_fails_in_every_kind() {
    let rules =
        "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n";
    let getcwd = "generate_getcwd_failed_entry_event();";
    // The case, the key that is turned around, and the wrong value.
    let kinds = [
        (
            "filter_parser",
            json!({"filter": "a.b = c", "valid": true}),
            "valid",
            json!(false),
        ),
        (
            "filter_compile",
            json!({"filter": "proc.pid = 1", "compiles": true}),
            "compiles",
            json!(false),
        ),
        (
            "filter_compile",
            json!({"filter": "c.true = 1", "mock_eval": true}),
            "mock_eval",
            json!(false),
        ),
        (
            "filter_eval",
            json!({"filter": "evt.rawres < 0", "result": true, "event_cpp": getcwd}),
            "result",
            json!(false),
        ),
        (
            "filter_eval",
            json!({"filter": "a.b = c", "result": "throw", "event_cpp": getcwd}),
            "result",
            json!("no_throw"),
        ),
        (
            "filter_evttypes",
            json!({"filter": "evt.type = open", "evttype_set": ["open"]}),
            "evttype_set",
            json!("ALL"),
        ),
        (
            "filter_warnings",
            json!({"filter": "made.up = <NA>", "warns": false}),
            "warns",
            json!(true),
        ),
        (
            "filter_warnings",
            json!({"filter": "evt.dir = <", "warns": true}),
            "warns",
            json!(false),
        ),
        (
            "output_format",
            json!({"format": "%proc.name", "valid": true}),
            "valid",
            json!(false),
        ),
        (
            "output_format",
            json!({"format": "a %proc.name", "event": getcwd, "complete": true, "output": "a init"}),
            "output",
            json!("a bash"),
        ),
        (
            "output_format",
            json!({"format": "%proc.pid", "event": getcwd, "fields": {"proc.pid": "1"}}),
            "fields",
            json!({"proc.pid": "2"}),
        ),
        (
            "string_escape",
            json!({"quoted": "\"\\x41\"", "valid": true, "unescaped_bytes_hex": "41"}),
            "unescaped_bytes_hex",
            json!("42"),
        ),
        (
            "rule_loader_falco_unit",
            json!({"rules_yaml": rules, "expect": "ok"}),
            "expect",
            json!("error"),
        ),
        (
            "rule_loader_falco_unit",
            json!({"rules_yaml": rules, "expect": "ok", "compiled_condition": {"r": "evt.type = open"}}),
            "compiled_condition",
            json!({"r": "evt.type = close"}),
        ),
        (
            "rule_loader_falco_unit",
            json!({"rules_yaml": rules, "expect": "ok", "schema": "ok"}),
            "schema",
            json!("failed"),
        ),
        (
            "rule_validation_falco_testing",
            json!({"rules_files": [{"name": "a", "yaml": "- rule:"}], "expect": "error"}),
            "expect",
            json!("ok"),
        ),
        (
            "plugin_requirements",
            json!({"loaded_plugins": [], "rules_yaml": "", "requirements_met": true}),
            "requirements_met",
            json!(false),
        ),
        (
            "utils",
            json!({"fn": "rule_name_wildcard", "pattern": "a*", "name": "ab", "match": true}),
            "match",
            json!(false),
        ),
    ];
    for (file, right, key, value) in kinds {
        let mut wrong = right.clone();
        wrong[key] = value;
        let report = run(file, &[right, wrong]);
        let text = format!("{report:#?}");
        assert_eq!(
            (report.passed, report.failed.len()),
            (1, 1),
            "{file}: {text}"
        );
        assert_eq!(report.failed[0].line, 2, "{file}: {text}");
    }
}

#[test]
fn a_case_that_cannot_be_run_fails() {
    let eval = |statement: &str| json!({"filter": "proc.name = init", "result": true, "event_cpp": statement});
    for (file, case) in [
        ("filter_eval", eval("generate_something_else();")),
        (
            "filter_eval",
            eval("add_event_advance_ts(0, 1, PPME_UNKNOWN_X, 0);"),
        ),
        (
            "filter_eval",
            eval("add_event_advance_ts(0, 1, PPME_SYSCALL_CHDIR_X, 2, (int64_t)0);"),
        ),
        (
            "filter_eval",
            eval("add_event_advance_ts(0, 1, PPME_SYSCALL_CHDIR_X, 1, nowhere);"),
        ),
        ("filter_eval", eval("x = 1;")),
        ("filter_eval", eval("an event in words")),
        ("filter_eval", json!({"filter": "proc.name = init"})),
        ("filter_parser", json!({"valid": true})),
        ("utils", json!({"fn": "unheard_of", "in": "a", "out": "a"})),
        ("a_kind_of_its_own", json!({"filter": "a"})),
    ] {
        let report = run(file, std::slice::from_ref(&case));
        assert_eq!((report.passed, report.failed.len()), (0, 1), "{case}");
    }
}

#[test]
fn a_declined_case_that_passes_fails() {
    let decline = || {
        vec![Decline {
            file: "filter_parser".into(),
            source: "*".into(),
            case: "a.b *".into(),
            reason: "for the test".into(),
        }]
    };
    let case = |valid| json!({"source": "s", "filter": "a.b = c", "valid": valid});
    let fails = run_declining("filter_parser", &[case(false)], decline());
    assert_eq!((fails.declined.len(), fails.failed.len()), (1, 0));
    assert_eq!(fails.declined[0].reason.as_deref(), Some("for the test"));
    let passes = run_declining("filter_parser", &[case(true)], decline());
    assert_eq!((passes.declined.len(), passes.failed.len()), (0, 1));
    assert!(passes.failed[0].got.contains("take the row out"));
}

#[test]
fn an_event_of_the_table_goes_through_the_agents_extractors() {
    assert_holds(
        "auto evt = add_event_advance_ts(increasing_ts(), 1, PPME_SYSCALL_OPEN_X, 6, (uint64_t)3, \
         \"/tmp/\" \"a\\xff\", PPM_O_RDWR | PPM_O_CREAT, 0666, 5, (uint64_t)123);",
        &[
            ("evt.type = open", true),
            ("fd.num = 3", true),
            ("fd.name = \"/tmp/a\\xff\"", true),
            ("fd.typechar = f", true),
            ("evt.arg.flags contains O_CREAT", true),
            ("evt.is_open_write = true", true),
            ("evt.rawarg.ino = 123", true),
            ("evt.rawarg.dev = 5", true),
            (
                "proc.name = init and proc.cmdline startswith \"init context ls\"",
                true,
            ),
            ("proc.name = init and proc.exepath = /sbin/init", true),
            ("proc.cwd = /root/", true),
            ("evt.num = 1 and evt.cpu = 1", true),
        ],
    );
    assert_holds(
        "add_event_advance_ts(increasing_ts(), 1, PPME_SYSCALL_CHDIR_X, 2, (int64_t)0, \"/srv\");",
        &[("evt.type = chdir and proc.cwd = /srv/", true)],
    );
    assert_holds(
        "auto* evt = generate_execve_enter_and_exit_event(0, 1, 1, 1, 0, \"/bin/cat\", \"cat\", \"/usr/bin/cat\");",
        &[
            ("proc.name = cat", true),
            ("proc.exe = /bin/cat and proc.exepath = /usr/bin/cat", true),
            ("evt.type = execve and evt.res = SUCCESS", true),
        ],
    );
}

#[test]
fn both_ends_of_a_connection_are_told_apart() {
    assert_holds(
        "generate_connect_exit_event();",
        &[
            ("fd.sip = 142.251.111.147 and fd.sport = 443", true),
            ("fd.cip = 172.40.111.222 and fd.cport = 54321", true),
            // Without interfaces Falco takes the server for local.
            ("fd.lip = 142.251.111.147 and fd.rip = 172.40.111.222", true),
            ("fd.net = 142.0.0.0/8", true),
            ("fd.l4proto = tcp and evt.type = connect", true),
            ("fd.ip = 10.0.0.1", false),
        ],
    );
    assert_holds(
        "generate_connect_exit_event(connect_params{AF_INET6});",
        &[("fd.sip = 2001:4860:4860::8888 and fd.cip = ::1", true)],
    );
    assert_holds(
        "generate_connect_exit_event(sinsp_test_input::connect_params{AF_UNIX});",
        &[("fd.type = unix and fd.name endswith /tmp/socket.sock", true)],
    );
}

#[test]
fn an_event_that_only_falco_has_is_supplied() {
    assert_holds(
        "sinsp_evt* evt = generate_getcwd_failed_entry_event();",
        &[
            ("evt.type = getcwd and syscall.type = getcwd", true),
            ("evt.type in (open, close) or evt.type = setsid", false),
            ("evt.arg[1] = /test/dir and evt.arg.path = /test/dir", true),
            (
                "evt.arg.res = EPERM and evt.res = EPERM and evt.rawres = -1",
                true,
            ),
            ("evt.args contains \"res=-1(EPERM) path=/test/dir\"", true),
            ("fd.num exists or fd.name exists or fd.ip exists", false),
            ("proc.name = init and evt.source = syscall", true),
            ("sample.proc_name = init and sample.is_open = 0", true),
        ],
    );
    assert_holds(
        "uint8_t b[] = {'a', 0, 98}; add_event_advance_ts(increasing_ts(), 1, PPME_SYSCALL_READ_X, 4, \
         (int64_t)3, scap_const_sized_buffer{b, sizeof(b)}, (int64_t)0, (uint32_t)3);",
        &[
            ("evt.buffer bcontains 610062", true),
            ("evt.buffer bcontains 6162", false),
            ("fd.name = /dev/null and fd.num = 0", true),
            ("len(evt.arg.data) = 3", true),
        ],
    );
    assert_holds(
        "add_event_advance_ts(increasing_ts(), 1, PPME_SYSCALL_EPOLL_CREATE_X, 2, (uint64_t)-22, (int32_t)-5);",
        &[("evt.rawarg.res = -22 and evt.res = EINVAL", true)],
    );
}

#[test]
fn parameters_without_a_value_are_missing() {
    assert_holds(
        "execve exit event with all-empty params",
        &[
            ("evt.arg.uid = <NA>", true),
            ("evt.rawarg.uid exists", false),
            ("evt.rawarg.uid = 0", false),
            ("evt.rawarg.trusted_exepath = <NA>", true),
            ("evt.rawarg.pgid in (0)", false),
        ],
    );
    assert_holds(
        "generate_execve_exit_event_with_default_params(1, \"/bin/a\", \"a\");",
        &[("evt.rawarg.uid = 0 and evt.rawarg.pgid = 0", true)],
    );
}

#[test]
fn what_happened_before_is_known() {
    assert_holds(
        "generate_clone_x_event(0, 2, 2, 1, 0, 2, 2, \"sh\"); generate_socket_exit_event({}, 2); \
         generate_getcwd_failed_entry_event(2);",
        &[
            ("proc.name = sh and proc.pname = init", true),
            ("proc.aname = init", true),
            ("evt.num = 3", true),
            ("fd.types intersects (ipv4)", true),
            ("fd.types intersects (file)", false),
        ],
    );
}

#[test]
fn a_report_counts_and_names() {
    let cases = [
        json!({"source": "t.cpp:7", "filter": "a.b = c", "valid": true}),
        json!({"source": "t.cpp:8", "filter": "a.b =", "valid": true}),
    ];
    let (_folder, suite) = suite(Vec::new());
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let file = suite.run_cases(
        "filter_parser",
        &parse_cases("filter_parser", &lines).unwrap(),
    );
    let report = saker_conformance_suite::Report { files: vec![file] };
    let text = report.text(Detail::Failures);
    assert!(!report.is_clean());
    for part in ["FAILED filter_parser:2 (t.cpp:8)", "a.b =", "it parses"] {
        assert!(text.contains(part), "{text}");
    }
    let counts = text.lines().find(|line| line.starts_with("filter_parser"));
    let words: Vec<&str> = counts.unwrap().split_whitespace().collect();
    assert_eq!(
        words,
        [
            "filter_parser",
            "1",
            "passed",
            "1",
            "failed",
            "0",
            "declined"
        ]
    );
    assert!(!saker_conformance_suite::Report::default().is_clean());
}

#[test]
fn only_the_asked_file_is_run_and_a_wrong_name_is_an_error() {
    let (folder, suite) = suite(Vec::new());
    let cases = folder.path().join("cases");
    fs::create_dir(&cases).unwrap();
    let case = json!({"filter": "a.b = c", "valid": true});
    fs::write(cases.join("filter_parser.jsonl"), format!("{case}\n")).unwrap();
    fs::write(
        cases.join("filter_parser-2.jsonl"),
        format!("{case}\n{case}\n"),
    )
    .unwrap();
    fs::write(cases.join("filter_parsers.jsonl"), format!("{case}\n")).unwrap();
    assert!(suite.run(Some("filter_parser")).unwrap().is_clean());
    let report = suite.run(None).unwrap();
    let counts: Vec<_> = report
        .files
        .iter()
        .map(|file| (&*file.file, file.passed, file.failed.len()))
        .collect();
    // The last is no kind that the suite knows.
    let wanted = [
        ("filter_parser", 1, 0),
        ("filter_parser-2", 2, 0),
        ("filter_parsers", 0, 1),
    ];
    assert_eq!(counts, wanted);
    let error = suite.run(Some("filter_compile")).unwrap_err().to_string();
    assert!(error.contains("filter_parser"), "{error}");
}
