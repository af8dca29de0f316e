//! Which policies load, and what is said about those that do not.

use saker_rego_policies::{Limits, LoadError, PolicySet, Syntax};
use std::fs;

fn load(text: &str) -> Result<PolicySet, LoadError> {
    PolicySet::of_texts([("p.rego", text)], Syntax::V1, Limits::default())
}

fn refused(text: &str) -> String {
    load(text).expect_err("refused").to_string()
}

fn inputs(set: &PolicySet) -> Vec<String> {
    set.inputs().map(|(names, _)| names.join(".")).collect()
}

#[test]
fn what_is_read_of_the_input_is_known() {
    let set = load(
        r#"package p
import input.k8s.pod as own
import data.kubernetes.namespaces
deny contains msg if {
    input.proc.name in {"sh", "bash"}
    input["evt.arg.flags"] == "O_RDONLY"
    some i
    input.proc.aname[i] == "sshd"
    own.name != ""
    msg := sprintf("%s in %v", [input.proc.cmdline, namespaces[own.ns]])
}
helper(x) := input.fd.name if x > 1
test_nothing if input.not_read with input as {}
"#,
    )
    .expect("loads");
    assert_eq!(
        inputs(&set),
        [
            "evt.arg.flags",
            "fd.name",
            "k8s.pod.name",
            "k8s.pod.ns",
            "proc.aname",
            "proc.cmdline",
            "proc.name",
        ]
    );
    assert_eq!(set.kubernetes().len(), 1);
    assert_eq!(set.rules().collect::<Vec<_>>(), ["p.deny"]);
}

#[test]
fn the_whole_input_has_no_name() {
    let set = load("package p\ndeny if { x := input; x.a == 1 }").expect("loads");
    assert_eq!(inputs(&set), [""]);
}

#[test]
fn rules_that_decide_have_the_names_of_others_conventions() {
    let set = load(
        r#"package k8s.shop
deny if false
deny_shells contains "x" if false
violation contains {"msg": "x"} if false
warn contains "x" if false
warning if false
denied if false
deny_of(x) if x
allow if true
"#,
    )
    .expect("loads");
    assert_eq!(
        set.rules().collect::<Vec<_>>(),
        [
            "k8s.shop.deny",
            "k8s.shop.deny_shells",
            "k8s.shop.violation",
            "k8s.shop.warn",
        ]
    );
}

#[test]
fn packages_say_which_events_they_want() {
    let names = |set: &PolicySet| set.event_names().into_iter().collect::<Vec<_>>().join(" ");
    let set = load("package p\ndeny if false").expect("loads");
    assert_eq!(names(&set), "execve execveat flow k8s_audit");
    let set = load("package p\nsaker_events := {\"connect\", \"flow\"}\ndeny if false");
    assert_eq!(names(&set.expect("loads")), "connect flow");
    let error = refused("package p\nsaker_events := [\"syscall\"]\ndeny if false");
    assert!(error.starts_with("p.rego:2:1: saker_events"), "{error}");
}

#[test]
fn errors_name_the_place() {
    let error = refused("package p\ndeny if {\n  input.x ==\n}\n");
    assert!(error.starts_with("p.rego:4:1: "), "{error}");
    let error = refused("package p\ndeny if no_such(1)\n");
    assert!(
        error.starts_with("p.rego:2:9: there is no function `no_such`"),
        "{error}"
    );
    let error = refused("package p\ndeny if http.send({})\n");
    assert!(
        error.contains("`http.send` is not available; policies ask nobody"),
        "{error}"
    );
    let error = refused("package p\ndeny if data.kubernetes.secrets\n");
    assert!(
        error.contains("2:9") && error.contains("there are namespaces"),
        "{error}"
    );
}

#[test]
fn rules_do_not_build_on_themselves() {
    for (text, cycle) in [
        ("package p\nf(x) := f(x - 1)\ndeny if f(1)", "p.f -> p.f"),
        ("package p\na if b\nb if a\n", "p.a -> p.b -> p.a"),
        (
            "package p\nf(x) := data.p.g(x)\ng(x) := f(x)\n",
            "p.f -> p.g -> p.f",
        ),
        ("package p\ndeny if data.p[\"deny\"]\n", "p.deny -> p.deny"),
    ] {
        let error = refused(text);
        assert!(error.contains(cycle), "{error}");
    }
}

#[test]
fn chains_of_rules_are_bounded() {
    let chain = |length: usize| {
        let mut text = "package p\nr0 := 1\n".to_owned();
        for number in 1..length {
            text.push_str(&format!("r{number} := r{} + 1\n", number - 1));
        }
        text
    };
    load(&chain(32)).expect("as long as permitted");
    let error = refused(&chain(33));
    assert!(error.contains("more than 32 rules"), "{error}");
    refused(&chain(5_000));
}

#[test]
fn deep_brackets_are_errors() {
    refused(&format!(
        "package p\nx := {}1{}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    ));
    refused(&format!(
        "package p\ndeny if x with input as {}1\n",
        "{1:".repeat(100_000)
    ));
}

#[test]
fn long_signs_are_errors() {
    refused(&format!("package p\nx := {}1\n", "-".repeat(1_000)));
    refused(&format!("package p\nx := {}1\n", "-\n".repeat(10_000)));
    refused(&format!("package p\ndeny if {}true\n", "not ".repeat(200)));
    refused(&format!(
        "package p\ndeny if {}true\n",
        "not\n".repeat(10_000)
    ));
}

#[test]
fn long_sums_are_errors() {
    refused(&format!("package p\nx := 1{}\n", "+\n1".repeat(10_000)));
    refused(&format!("package p\nx := 1{}\n", "|\n1".repeat(10_000)));
    refused(&format!(
        "package p\ndeny if 1 {}\n",
        "in\n[1]".repeat(10_000)
    ));
}

#[test]
fn long_references_are_errors() {
    refused(&format!(
        "package p\ndeny if input{}\n",
        ".a\n".repeat(10_000)
    ));
    refused(&format!("package p\ndeny if input{}\n", ".a".repeat(500)));
    refused(&format!(
        "package p\ndeny if input{}\n",
        "[\n1]".repeat(10_000)
    ));
    refused(&format!("package p\ndeny if f{}\n", "(1)".repeat(300)));
}

#[test]
fn many_alternatives_are_no_nesting() {
    let text = format!(
        "package p\ndeny if false\n{}",
        " else if false\n".repeat(1_000)
    );
    load(&text).expect("loads");
}

#[test]
fn old_syntax_is_understood_where_it_is_asked_for() {
    let text = "package p\ndeny[msg] { input.proc.name == \"sh\"; msg := \"no\" }\n";
    assert!(load(text).is_err());
    let set = PolicySet::of_texts([("p.rego", text)], Syntax::V0, Limits::default());
    assert_eq!(inputs(&set.expect("loads")), ["proc.name"]);
    let new = "package p\nimport rego.v1\ndeny contains \"no\" if input.a\n";
    PolicySet::of_texts([("p.rego", new)], Syntax::V0, Limits::default()).expect("loads");
}

#[test]
fn a_folder_is_policies_and_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    let load = || PolicySet::load(folder.path(), Syntax::V1, Limits::default());
    assert!(
        load()
            .expect_err("empty")
            .to_string()
            .contains("no file that ends in .rego")
    );
    write(
        "a.rego",
        "package a\ndeny if data.lists.shells[input.proc.name]\n",
    );
    write(
        "below/b.rego",
        "package b\ndeny if data.below.limit > input.evt.num\n",
    );
    write("data.json", r#"{"lists": {"shells": {"sh": true}}}"#);
    write("below/data.yaml", "limit: 3\n");
    write("..hidden/c.rego", "not Rego");
    write("notes.txt", "not Rego");
    let set = load().expect("loads");
    assert_eq!(set.files(), 2);
    write("below/data.yaml", "limit: [\n");
    let error = load().expect_err("no data").to_string();
    assert!(error.contains("below/data.yaml"), "{error}");
    write("below/data.yaml", "limit: 3\n");
    write("data.json", r#"{"kubernetes": {}}"#);
    let error = load().expect_err("ours").to_string();
    assert!(error.contains("choose another name"), "{error}");
}

#[test]
fn files_are_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.rego"), "package a\n# long enough\n").expect("written");
    let limits = Limits {
        file_bytes: 10,
        ..Limits::default()
    };
    let error = PolicySet::load(folder.path(), Syntax::V1, limits).expect_err("too large");
    assert!(error.to_string().contains("more than 10 bytes"), "{error}");
}
