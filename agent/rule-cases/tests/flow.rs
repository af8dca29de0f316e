//! Rules of the source `flow`: how they are sorted, and how cases give what happens to a connection.

use std::error::Error;
use std::path::Path;

use saker_rule_cases::{Bench, parse};
use saker_rule_engine::{CompileOptions, Matching, RuleSet, RuleState};
use saker_rule_fields::{FLOW_SOURCE, Fields};
use saker_rule_language::{LoadOptions, Loaded, Severity, SourceFile, load};

fn loaded(rules: &str) -> Loaded {
    let file = SourceFile::new("test.yaml", rules);
    load(&[file], &Fields::new(), &LoadOptions::default())
}

fn compiled(rules: &str) -> RuleSet {
    let loaded = loaded(rules);
    let checked = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    RuleSet::compile(&checked, &options).unwrap()
}

fn rule(name: &str, condition: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  source: flow\n  condition: {condition}\n  \
         output: '%evt.type %fd.name %mtls.policy %proc.name'\n  priority: NOTICE\n"
    )
}

fn event_names(rules: &RuleSet) -> Vec<&'static str> {
    rules.flow_events().map(|name| name.as_str()).collect()
}

#[test]
fn rules_about_connections_cost_system_calls_nothing() {
    let rules = compiled(
        &[
            rule("Any", "flow.protocol = http"),
            rule("End", "evt.type = flow_closed"),
        ]
        .concat(),
    );
    assert_eq!(rules.event_ids().count(), 0);
    assert_eq!(event_names(&rules).len(), 4);
    let rules = compiled(&rule(
        "Names",
        "evt.type in (dns_query, dns_answer) and dns.name = a.b",
    ));
    assert_eq!(event_names(&rules), ["dns_answer", "dns_query"]);
    let rules = compiled(
        "- rule: Call\n  desc: d\n  condition: evt.type = connect\n  output: o\n  priority: NOTICE\n",
    );
    assert_eq!(event_names(&rules).len(), 0);
}

#[test]
fn records_of_the_kernel_about_connections_are_no_events_of_system_calls() {
    let rules = compiled(
        "- rule: Anything\n  desc: d\n  condition: evt.num > 0\n  output: o\n  priority: NOTICE\n  warn_evttypes: false\n",
    );
    let reported: Vec<&str> = rules
        .event_ids()
        .filter_map(saker_event_schema::row)
        .map(|row| row.category)
        .collect();
    assert!(!reported.is_empty());
    assert!(!reported.contains(&"flow"));
}

#[test]
fn types_and_fields_of_other_sources_are_mistakes() {
    for (condition, word) in [
        ("evt.type = flow_clasified", "flow_clasified"),
        ("evt.type = connect", "connect"),
        ("evt.type = flow_opened", "flow_opened"),
        ("ka.verb = get", "ka.verb"),
        ("evt.arg.flags = x", "evt.arg"),
        ("flow.nothing = x", "flow.nothing"),
    ] {
        let loaded = loaded(&rule("Wrong", condition));
        let found = loaded.diagnostics.iter();
        let mut found = found.filter(|found| found.severity >= Severity::Warning);
        assert!(
            found.any(|found| found.message.contains(word)),
            "{condition}: {:?}",
            loaded.diagnostics
        );
    }
    let syscall = rule("Wrong", "flow.security = tls").replace("flow\n  cond", "syscall\n  cond");
    assert!(loaded(&syscall).rules.is_none());
}

#[test]
fn what_a_type_decides_is_taken_out() {
    let rules = compiled(&rule(
        "Never",
        "evt.type = flow_closed and evt.type = dns_query",
    ));
    let rule = &rules.rules()[0];
    assert_eq!(
        (&*rule.source, rule.state),
        (FLOW_SOURCE, RuleState::NeverMatches)
    );
}

const END: &str = "{local: '10.0.0.1:1', remote: '10.0.0.2:2'}";

fn messages(rules: &RuleSet, case: &str) -> Vec<String> {
    let text = format!("- rule: r\n  cases:\n    - name: it\n      expect: []\n{case}");
    let file = parse(Path::new("cases.yaml"), &text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let (_, case) = file.cases().next().unwrap();
    let outcome = Bench::new(rules).run(case).unwrap();
    outcome
        .alerts
        .into_iter()
        .map(|alert| alert.message)
        .collect()
}

#[test]
fn each_kind_of_event() {
    let rules = compiled(&rule("Any", "evt.source = flow"));
    for (more, name) in [
        ("", "flow_classified"),
        ("type: flow_closed, ", "flow_closed"),
        ("dns: {name: a}, ", "dns_query"),
        ("dns: {name: a, rcode: 3}, ", "dns_answer"),
        ("dns: {name: a, answers: [10.0.0.1, b]}, ", "dns_answer"),
    ] {
        let end = END.replace('{', &format!("{{{more}"));
        let case = format!("      event: {{flow: {end}}}\n      process: {{name: x}}\n");
        let expected = format!("{name} 10.0.0.1:1->10.0.0.2:2 <NA> x");
        assert_eq!(messages(&rules, &case), [expected]);
    }
}

#[test]
fn values_of_fields_may_stand_for_a_connection() {
    let rules = compiled(&rule(
        "Plain",
        "evt.type = flow_classified and flow.security = plaintext",
    ));
    let fields =
        "      fields: {evt.type: flow_classified, flow.security: plaintext, fd.name: x}\n";
    assert_eq!(messages(&rules, fields), ["flow_classified x <NA> <NA>"]);
    let other = fields.replace("classified,", "closed,");
    assert_eq!(messages(&rules, &other).len(), 0);
}

/// What is wrong with a case, with its causes.
fn complaint(case: &str) -> String {
    let text = format!("- rule: r\n  cases:\n    - name: it\n      expect: []\n{case}");
    let errors = parse(Path::new("cases.yaml"), &text).unwrap_err();
    let mut text = String::new();
    let mut error: Option<&dyn Error> = errors.first().map(|error| error as &dyn Error);
    while let Some(cause) = error {
        text.push_str(&format!("{cause}: "));
        error = cause.source();
    }
    text
}

#[test]
fn mistakes_in_cases_are_told() {
    for (event, complaint_part) in [
        ("{flow: {local: '10.0.0.1:1'}}", "remote"),
        (
            "{flow: {local: x, remote: '10.0.0.2:2'}}",
            "not a list of cases",
        ),
        (
            &*END
                .replace('{', "{flow: {securty: tls, ")
                .replace('}', "}}"),
            "securty",
        ),
        (
            &*END
                .replace('{', "{flow: {security: tsl, ")
                .replace('}', "}}"),
            "mesh_mtls, mtls, tls",
        ),
        (
            &*END
                .replace('{', "{flow: {protocol: htp, ")
                .replace('}', "}}"),
            "'protocol'",
        ),
        (
            &*END.replace('{', "{flow: {role: both, ").replace('}', "}}"),
            "client, server",
        ),
        (
            &*END
                .replace('{', "{flow: {type: dns_query, ")
                .replace('}', "}}"),
            "flow_classified",
        ),
        (
            &*END
                .replace('{', "{type: connect, flow: {")
                .replace('}', "}}"),
            "'type'",
        ),
        (
            "{audit: {}, flow: {local: '10.0.0.1:1', remote: '10.0.0.2:2'}}",
            "cannot stand together",
        ),
    ] {
        let told = complaint(&format!("      event: {event}\n"));
        assert!(told.contains(complaint_part), "{event}: {told}");
    }
    let flow = format!("      event: {{flow: {END}}}\n");
    for (manifests, complaint_part) in [
        (
            "[{kind: Nothing, apiVersion: v1, metadata: {name: x}}]",
            "1 of 'manifests'",
        ),
        ("{}", "not a list of cases"),
    ] {
        let told = complaint(&format!("{flow}      manifests: {manifests}\n"));
        assert!(told.contains(complaint_part), "{manifests}: {told}");
    }
    let stray = complaint("      fields: {evt.type: open}\n      manifests: []\n");
    assert!(
        stray.contains("'manifests' stands beside 'event' only"),
        "{stray}"
    );
}
