//! How a case may give its event, and what is said where it does so wrongly.

use std::error::Error;
use std::path::Path;

use saker_rule_cases::{Bench, parse};
use saker_rule_engine::{CompileOptions, Matching, RuleSet};
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};

const RULES: &str = r"
- rule: Shadow opened
  desc: d
  condition: evt.type in (open, openat) and fd.name = /etc/shadow and evt.rawres >= 0
  output: opened %fd.name by %proc.name in %saker.path_view view
  priority: WARNING

- rule: Trusted parent
  desc: d
  condition: evt.type = execve and proc.aexepath_trusted[1] = /usr/bin/dpkg
  output: o
  priority: NOTICE

- rule: Placed
  desc: d
  condition: evt.type = execve and container.id exists
  output: o
  priority: NOTICE

- rule: Shop
  desc: d
  condition: evt.type = execve and container.image.repository endswith nginx and not container.privileged = true
  output: >
    shop %container.name %container.image.tag %container.label[a/b] %k8s.pod.name %k8s.pod.label.app
    %container.type %container.id %k8s.pod.sandbox_id %saker.enrichment
  priority: NOTICE

- rule: Ports
  desc: d
  condition: evt.type = connect and fd.sport = 443 and fd.ip = 10.0.0.1 and proc.aname = sshd
  output: o
  priority: NOTICE
";

fn rules() -> RuleSet {
    let loaded = load(
        &[SourceFile::new("test.yaml", RULES)],
        &Fields::new(),
        &LoadOptions::default(),
    );
    let checked = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let options = CompileOptions {
        matching: Matching::All,
        ..CompileOptions::default()
    };
    RuleSet::compile(&checked, &options).unwrap()
}

/// Every case must come out as it expects.
fn passes(cases: &str) {
    let rules = rules();
    let bench = Bench::new(&rules);
    let file = parse(Path::new("cases.yaml"), cases).unwrap();
    assert!(file.cases().count() > 0);
    for (_, case) in file.cases() {
        let outcome = bench.run(case).unwrap();
        assert_eq!(outcome.differences, [], "{}", case.name);
    }
}

#[test]
fn fields_are_an_event() {
    passes(
        r"
- rule: Shadow opened
  cases:
    - name: what is given is seen
      expect: [Shadow opened]
      message: opened /etc/shadow by <NA> in requested view
      fields: {evt.type: openat, fd.name: /etc/shadow, evt.rawres: 3}
    - name: what is not given is missing
      expect: []
      fields: {evt.type: openat, fd.name: /etc/shadow}
    - name: null is missing
      expect: []
      fields: {evt.type: openat, fd.name: /etc/shadow, evt.rawres: null}
    - name: the resolved view differs
      expect: [Shadow opened]
      message: opened /etc/shadow by cat in resolved view
      fields: {evt.type: open, fd.name: /tmp/x, evt.rawres: 0, proc.name: cat}
      resolved: {fd.name: /etc/shadow}
- rule: Ports
  cases:
    - name: values have the types of their fields
      expect: [Ports]
      fields:
        evt.type: connect
        fd.sport: 443
        fd.ip: [127.0.0.1, 10.0.0.1]
        proc.aname: [bash, sshd]
",
    );
}

#[test]
fn ancestors_have_roots_namespaces_and_places() {
    passes(
        r"
- rule: Trusted parent
  cases:
    - name: the host's own program
      expect: [Trusted parent, Placed]
      event: {type: execve}
      process: {name: sh}
      ancestors: [{name: dpkg}]
    - name: a program below another root
      expect: [Placed]
      event: {type: execve}
      process: {name: sh}
      ancestors: [{name: dpkg, exe_root: /srv/jail}]
    - name: a program in a user namespace
      expect: [Placed]
      event: {type: execve}
      process: {name: sh}
      ancestors: [{name: dpkg, user_namespace: 4026532000}]
- rule: Placed
  cases:
    - name: nobody knows where
      expect: []
      event: {type: execve}
      process: {name: sh, container: unknown}
",
    );
}

#[test]
fn a_runtime_describes_the_container_of_a_process() {
    passes(
        r#"
- rule: Shop
  cases:
    - name: what is given is what the fields show
      expect: [Placed, Shop]
      event: {type: execve}
      process: {name: sh, container: 1f2e3d4c5b6a}
      container:
        container.name: web
        container.image.repository: docker.io/library/nginx
        container.image.tag: "1.29"
        container.label[a/b]: c
        container.privileged: null
        container.ip: 10.0.0.7
        k8s.pod.name: web-0
        k8s.pod.label.app: shop
        k8s.pod.full_sandbox_id: 0123456789abcdef

    - name: it is another image
      expect: [Placed]
      event: {type: execve}
      process: {name: sh, container: 1f2e3d4c5b6a}
      container: {container.image.repository: redis}

    - name: the container is privileged
      expect: [Placed]
      event: {type: execve}
      process: {name: sh, container: 1f2e3d4c5b6a}
      container: {container.image.repository: nginx, container.privileged: true}

    - name: nobody tells
      expect: [Placed]
      event: {type: execve}
      process: {name: sh, container: 1f2e3d4c5b6a}

    - name: on the host
      expect: [Placed]
      event: {type: execve}
"#,
    );
    let rules = rules();
    let text = "
- rule: Shop
  cases:
    - name: n
      expect: [Placed, Shop]
      event: {type: execve}
      process: {name: sh, container: 1f2e3d4c5b6a}
      container: {container.name: web, container.image.repository: nginx, k8s.pod.label.app: shop,
        container.image.tag: '1.29', 'container.label[a/b]': c, k8s.pod.name: web-0,
        k8s.pod.full_sandbox_id: 0123456789abcdef}
";
    let file = parse(Path::new("cases.yaml"), text).unwrap();
    let (_, case) = file.cases().next().unwrap();
    let outcome = Bench::new(&rules).run(case).unwrap();
    let shop = outcome.alerts.iter().find(|alert| &*alert.rule == "Shop");
    let message = shop.unwrap().message.clone();
    let expected = "web 1.29 c web-0 shop docker 1f2e3d4c5b6a 0123456789ab complete";
    assert!(message.ends_with(expected), "{message}");

    let text = text.replace(", container: 1f2e3d4c5b6a", "");
    let file = parse(Path::new("cases.yaml"), &text).unwrap();
    let (_, case) = file.cases().next().unwrap();
    let error = Bench::new(&rules).run(case).unwrap_err();
    let problem = error.source().unwrap().to_string();
    assert!(problem.contains("the process runs in none"), "{problem}");
}

/// The one error of a case, with its causes.
fn error(case: &str) -> String {
    let text =
        format!("- rule: Shadow opened\n  cases:\n    - name: wrong\n      expect: []\n{case}");
    let errors = parse(Path::new("cases.yaml"), &text).unwrap_err();
    let [error] = errors.as_slice() else {
        panic!("{errors:?}");
    };
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(": ");
        told.push_str(&error.to_string());
        cause = error.source();
    }
    told
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (case, expected) in [
        (
            "      fields:\n        evt.type: openat\n        fd.nmae: x\n",
            "cases.yaml:7: case 'wrong': field 'fd.nmae': ",
        ),
        (
            "      fields:\n        evt.type: openat\n        fd.name: 7\n",
            "cases.yaml:7: case 'wrong': field 'fd.name' is a text (in quotes where it looks like \
             something else), not the number 7",
        ),
        (
            "      fields: {evt.type: openat, fd.sport: 70000}\n",
            "cases.yaml:5: case 'wrong': field 'fd.sport' is a port (0 to 65535), not the number 70000",
        ),
        (
            "      fields: {fd.name: x}\n",
            "cases.yaml:3: case 'wrong': 'evt.type' is not among the fields; every event has a type",
        ),
        (
            "      fields: {evt.type: opennat}\n",
            "cases.yaml:5: case 'wrong': no event 'opennat'; did you mean 'openat'",
        ),
        (
            "      fields: {evt.type: getpid}\n",
            "cases.yaml:5: case 'wrong': events of type 'getpid' are not reported",
        ),
        (
            "      fields: {evt.type: openat, 'fd.name exists or fd.num': x}\n",
            "cases.yaml:5: case 'wrong': field 'fd.name exists or fd.num': not the name of a field",
        ),
        (
            "",
            "cases.yaml:3: case 'wrong': neither 'event' nor 'fields'",
        ),
        (
            "      fields: {evt.type: openat}\n      event: {type: openat}\n",
            "cases.yaml:3: case 'wrong': 'event', 'fields' and 'capture' cannot stand together",
        ),
        (
            "      capture: x.scap\n      event: {type: openat}\n",
            "cases.yaml:3: case 'wrong': 'event', 'fields' and 'capture' cannot stand together",
        ),
        (
            "      capture: x.scap\n      ancestors: []\n",
            "cases.yaml:3: case 'wrong': 'ancestors' stands beside 'event' only",
        ),
        (
            "      fields: {evt.type: openat}\n      process: {name: x}\n",
            "cases.yaml:3: case 'wrong': 'process' stands beside 'event' only",
        ),
        (
            "      event: {type: openat}\n      resolved: {fd.name: x}\n",
            "cases.yaml:3: case 'wrong': 'resolved' stands beside 'fields' only",
        ),
        (
            "      capture: x.scap\n      container: {container.name: x}\n",
            "cases.yaml:3: case 'wrong': 'container' stands beside 'event' only",
        ),
        (
            "      event: {type: openat}\n      container:\n        container.id: x\n",
            "cases.yaml:7: case 'wrong': field 'container.id' cannot be given by 'container'",
        ),
        (
            "      event: {type: openat}\n      container: {container.privileged: x}\n",
            "cases.yaml:6: case 'wrong': field 'container.privileged' is a truth value",
        ),
        (
            "      event: {type: openat}\n      container: {container.ip: x}\n",
            "cases.yaml:6: case 'wrong': field 'container.ip' cannot be given by 'container'",
        ),
        (
            "      evnt: {type: openat}\n",
            "cases.yaml:5: not a list of cases: ",
        ),
    ] {
        let told = error(case);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn captures_are_counted_and_events_are_not() {
    let file = |expect: &str, subject: &str| {
        let text = format!(
            "- rule: Shadow opened\n  cases:\n    - name: n\n      expect: {expect}\n      {subject}\n"
        );
        parse(Path::new("folder/cases.yaml"), &text)
    };
    let told = |expect: &str, subject: &str| {
        let errors = file(expect, subject).expect_err("it is wrong");
        let source = errors[0].source().expect("what is wrong");
        source.to_string()
    };
    let counted = told("[Shadow opened]", "capture: x.scap");
    assert!(counted.contains("counts alerts"), "{counted}");
    let listed = told("{Shadow opened: 1}", "event: {type: openat}");
    assert!(listed.contains("lists rules"), "{listed}");

    // Nothing may be expected in both forms; the path starts beside the file of cases.
    let rules = rules();
    for nothing in ["[]", "{}"] {
        let file = file(nothing, "capture: missing.scap").unwrap();
        let (_, case) = file.cases().next().unwrap();
        let error = Bench::new(&rules).run(case).unwrap_err();
        let capture = error.source().and_then(Error::source).unwrap().to_string();
        assert!(capture.contains("folder/missing.scap"), "{capture}");
    }
}

#[test]
fn a_mistyped_field_draws_a_suggestion() {
    let told = error("      fields: {evt.type: openat, proc.nmae: x}\n");
    assert!(told.contains("did you mean 'proc.name'"), "{told}");
}
