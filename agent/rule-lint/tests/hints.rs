//! What the linter says, and what it must not say.

use saker_rule_engine::Matching;
use saker_rule_fields::Fields;
use saker_rule_language::{LoadOptions, SourceFile, load};
use saker_rule_lint::{HintCode, LintOptions, Lints, lint};

/// The hints about rules with these conditions, named `a`, `b`, … in order.
fn hints(conditions: &[&str], matching: Matching) -> Lints {
    let mut text = String::new();
    for (name, condition) in ('a'..='z').zip(conditions) {
        text.push_str(&format!(
            "- rule: {name}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n"
        ));
    }
    lint_text(&text, matching)
}

fn lint_text(text: &str, matching: Matching) -> Lints {
    let sources = [SourceFile::new("rules.yaml", text)];
    let fields = Fields::new();
    let loaded = load(&sources, &fields, &LoadOptions::default());
    let rules = loaded
        .rules
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    lint(&rules, &sources, &fields, &LintOptions { matching })
}

/// The codes of the hints about one condition that looks at openat.
fn codes(condition: &str) -> Vec<HintCode> {
    let condition = format!("evt.type = openat and ({condition})");
    let hints = hints(&[&condition], Matching::First).hints;
    hints.into_iter().map(|hint| hint.code).collect()
}

#[test]
fn conditions_that_can_never_be_true() {
    for condition in [
        "proc.name = cat and proc.name = dog",
        "proc.name = cat and proc.name in (dog, cow)",
        "proc.name in (cat, dog) and proc.name in (dog, cow) and proc.name in (cow, cat)",
        "proc.name = cat and not proc.name = cat",
        "proc.name = cat and not proc.name in (cat, dog)",
        "proc.name in (cat, dog) and proc.name != cat and not proc.name = dog",
        "proc.name = cat and not proc.name exists",
        "fd.name startswith /etc and fd.name startswith /usr",
        "fd.name endswith .so and fd.name endswith .py",
        "fd.name = /etc/shadow and fd.name startswith /usr/",
        "fd.name startswith /etc/ssh and not fd.name startswith /etc",
        "fd.name = /etc/shadow and not fd.name contains shadow",
        "fd.name startswith anyof (/etc/, /usr/) and fd.name startswith /var/",
        "fd.name startswith allof (/etc/, /usr/)",
        "fd.name icontains SHADOW and not fd.name icontains shadow",
        "proc.pid > 10 and proc.pid < 5",
        "proc.pid > 10 and proc.pid < 11",
        "proc.pid >= 10 and not proc.pid > 5",
        "proc.pid = 5 and proc.pid > 5",
        "evt.is_open_write = true and evt.is_open_write = false",
        "evt.is_open_write = true and not evt.is_open_write != false",
        "proc.name in ()",
        "evt.num = 0",
        "evt.num < 1 or evt.num <= 0",
        "(proc.name = cat or proc.name = dog) and proc.name = cow",
        "proc.name = cow and (proc.pid = 1 or proc.pid = 2) and (proc.name = cat or (proc.name = dog and proc.pid = 3))",
        "proc.aname[2] = cat and proc.aname[2] = dog",
        "tolower(proc.name) = cat and tolower(proc.name) = dog",
        "proc.aname = cat and not proc.aname = cat",
        "proc.aname startswith catalog and not proc.aname startswith cat",
        "fd.ip = 10.0.0.1 and not fd.ip = 10.0.0.1",
        "not (proc.name = cat or not proc.name = cat)",
    ] {
        assert_eq!(codes(condition), [HintCode::NeverTrue], "{condition}");
    }
}

#[test]
fn conditions_that_may_be_true() {
    for condition in [
        // A missing value passes what is negated.
        "not proc.name = cat and not proc.name = dog",
        "not proc.name exists and not proc.name = cat",
        // Several values.
        "proc.aname = cat and proc.aname = dog",
        "proc.aname = cat and proc.aname != cat",
        "proc.aname = cat and not proc.aname = dog",
        "fd.ip = 10.0.0.1 and fd.ip = 10.0.0.2",
        "fd.port = 80 and fd.port = 443",
        "fd.net = 10.0.0.0/8 and fd.net = 192.168.0.0/16",
        // One value that passes both.
        "fd.name startswith /etc and fd.name startswith /etc/ssh",
        "fd.name startswith /etc and fd.name endswith shadow",
        "fd.name contains a and fd.name contains b",
        "fd.name startswith oneof (/etc, /usr) and fd.name startswith /usr",
        "proc.pid >= 10 and proc.pid <= 10",
        "proc.pid > 5 and proc.pid != 6",
        "proc.name in (cat, dog) and proc.name in (dog, cow)",
        "proc.name in (cat, dog) and not proc.name = cat",
        // Different fields, or arguments.
        "proc.name = cat and proc.pname = dog",
        "proc.aname[2] = cat and proc.aname[3] = dog",
        "tolower(proc.name) = cat and proc.name = CAT",
        // What cannot be decided.
        "proc.name regex 'a[b]' and proc.name regex 'c[d]'",
        "proc.name glob a?b and proc.name glob c?d",
        "proc.name = cat and proc.name glob ?at",
        "proc.name = val(proc.pname) and proc.name = cat",
        // Some part of an `or`.
        "(proc.name = cat or proc.name = dog) and proc.name = cat",
        "evt.num >= 0 and proc.name = cat",
    ] {
        assert_eq!(codes(condition), [], "{condition}");
    }
}

#[test]
fn a_macro_that_is_never_true_is_no_mistake_where_it_is_a_part() {
    let text = "\
- macro: never_true
  condition: (evt.num = 0)
- macro: site_exceptions
  condition: (never_true)
- rule: a
  desc: d
  condition: evt.type = open and proc.name = cat and not site_exceptions
  output: o
  priority: INFO
- rule: b
  desc: d
  condition: evt.type = open and (proc.name = cow or site_exceptions)
  output: o
  priority: INFO
";
    assert_eq!(lint_text(text, Matching::First).hints, []);
}

#[test]
fn parts_that_are_always_true() {
    for condition in [
        "proc.name != cat or proc.name != dog",
        "proc.name = cat or not proc.name = cat",
        "not proc.name = cat or not proc.name = dog",
        "not fd.name startswith /etc/ or not fd.name startswith /usr/",
        "proc.name exists or not proc.name = cat",
        "fd.name startswith /etc or not fd.name startswith /etc/ssh",
        "not (proc.name = cat and proc.name = dog)",
    ] {
        assert_eq!(codes(condition), [HintCode::AlwaysTrue], "{condition}");
    }
    for condition in [
        "proc.aname != cat or proc.aname != dog",
        "not proc.aname = cat or not proc.aname = dog",
        "proc.name = cat or proc.name != cat",
        "proc.name = cat or not proc.name = dog",
        "proc.name != cat or proc.pname != dog",
        "fd.name startswith /etc/ssh or not fd.name startswith /etc",
    ] {
        assert_eq!(codes(condition), [], "{condition}");
    }
}

/// Whether the second rule is said to be shadowed by the first.
fn is_shadowed(first: &str, second: &str) -> bool {
    let hints = hints(&[first, second], Matching::First).hints;
    let shadowed: Vec<_> = hints
        .iter()
        .filter(|hint| hint.code == HintCode::Shadowed)
        .collect();
    for hint in &shadowed {
        assert_eq!(&*hint.rule, "b");
        assert!(hint.message.contains("'a'"), "{}", hint.message);
    }
    !shadowed.is_empty()
}

#[test]
fn rules_behind_more_general_ones_are_shadowed() {
    for (first, second) in [
        ("evt.type = open", "evt.type = open"),
        (
            "evt.type in (open, openat)",
            "evt.type = open and proc.name = cat",
        ),
        (
            "evt.type = open and fd.name startswith /etc",
            "evt.type = open and fd.name = /etc/shadow",
        ),
        (
            "evt.type = open and (proc.name = cat or proc.name = dog)",
            "evt.type = open and proc.name = dog and proc.pid = 1",
        ),
        (
            "evt.type = open and proc.name in (cat, dog, cow)",
            "evt.type = open and (proc.name = cat or proc.name in (dog, cow))",
        ),
        (
            "evt.type = open and not proc.name = cat",
            "evt.type = open and not proc.name in (cat, dog)",
        ),
        (
            "evt.type = open and not proc.name = cat",
            "evt.type = open and proc.name = dog",
        ),
        (
            "evt.type = open and proc.pid > 5",
            "evt.type = open and proc.pid > 10 and proc.pid < 20",
        ),
        (
            "evt.type = open and proc.name exists",
            "evt.type = open and proc.name glob c?t",
        ),
        (
            "evt.type = open and proc.aname contains ash",
            "evt.type = open and proc.aname in (bash, dash)",
        ),
        (
            "evt.type = open and proc.name regex 'a[b]'",
            "evt.type = open and proc.name regex 'a[b]' and proc.pid = 1",
        ),
        (
            "evt.type = open and (proc.name = cat and proc.pid = 1 or proc.pid = 2)",
            "evt.type = open and proc.pid = 1 and proc.name = cat",
        ),
    ] {
        assert!(is_shadowed(first, second), "{first} / {second}");
        let all = hints(&[first, second], Matching::All).hints;
        assert!(
            all.iter().all(|it| it.code != HintCode::Shadowed),
            "{first}"
        );
    }
}

#[test]
fn rules_that_can_fire_behind_others_are_not() {
    for (first, second) in [
        ("evt.type = open", "evt.type = openat"),
        ("evt.type = open and proc.name = cat", "evt.type = open"),
        (
            "evt.type = open and fd.name = /etc/shadow",
            "evt.type = open and fd.name startswith /etc",
        ),
        // A missing value passes the second and not the first.
        (
            "evt.type = open and proc.name != cat",
            "evt.type = open and not proc.name = cat",
        ),
        (
            "evt.type = open and proc.name exists",
            "evt.type = open and not proc.name = cat",
        ),
        // Another ancestor may be a cat.
        (
            "evt.type = open and not proc.aname = cat",
            "evt.type = open and proc.aname = dog",
        ),
        (
            "evt.type = open and fd.ip != 10.0.0.1",
            "evt.type = open and fd.ip = 10.0.0.2",
        ),
        (
            "evt.type = open and (proc.name = cat and proc.pid = 1)",
            "evt.type = open and (proc.name = cat or proc.pid = 1)",
        ),
    ] {
        assert!(!is_shadowed(first, second), "{first} / {second}");
    }
}

#[test]
fn rules_that_are_off_shadow_nothing() {
    let text = "\
- rule: a
  desc: d
  condition: evt.type = open
  output: o
  priority: INFO
  enabled: false
- rule: b
  desc: d
  condition: evt.type = open and proc.name = cat
  output: o
  priority: INFO
";
    assert_eq!(lint_text(text, Matching::First).hints, []);
    let on = text.replace("false", "true");
    assert_eq!(lint_text(&on, Matching::First).hints.len(), 1);
}

#[test]
fn patterns_that_need_not_be_any() {
    let remedy = |condition: &str| {
        let condition = format!("evt.type = open and {condition}");
        let mut hints = hints(&[&condition], Matching::First).hints;
        assert!(hints.len() <= 1, "{hints:?}");
        hints.pop().map(|hint| (hint.code, hint.remedy))
    };
    for (condition, wanted) in [
        ("fd.name glob '*shadow*'", "write 'fd.name contains shadow'"),
        ("fd.name glob '/etc/*'", "write 'fd.name startswith /etc/'"),
        ("fd.name glob '*.so'", "write 'fd.name endswith .so'"),
        (
            "fd.name glob '/etc/shadow'",
            "write 'fd.name = /etc/shadow'",
        ),
        ("fd.name glob '*'", "write 'fd.name exists'"),
        (
            "fd.name iglob '*shadow*'",
            "write 'fd.name icontains shadow'",
        ),
    ] {
        let wanted = (HintCode::SimplerOperator, Some(wanted.to_owned()));
        assert_eq!(remedy(condition), Some(wanted), "{condition}");
    }
    for condition in [
        "fd.name glob '/home/*/.ssh'",
        "fd.name glob '*a?b*'",
        "fd.name glob '[ab]*'",
        "fd.name iglob '/etc/*'",
        "fd.name regex '/etc/.*[0-9]'",
        // The language itself warns of this one.
        "fd.name regex '.*shadow.*'",
    ] {
        assert_eq!(remedy(condition), None, "{condition}");
    }
    let unanchored = remedy("fd.name regex '.*/id_[a-z]+'").expect("a hint");
    assert_eq!(unanchored.0, HintCode::UnanchoredPattern);
}

#[test]
fn values_that_are_written_twice() {
    assert_eq!(
        codes("proc.name in (cat, dog, cat)"),
        [HintCode::DuplicateValue]
    );
    assert_eq!(codes("proc.name in (cat, dog, catalog)"), []);
    // Lists that overlap are no mistake.
    let text = "\
- list: pets
  items: [cat, dog]
- list: hunters
  items: [cat, fox]
- rule: a
  desc: d
  condition: evt.type = open and proc.name in (pets, hunters)
  output: o
  priority: INFO
";
    assert_eq!(lint_text(text, Matching::First).hints, []);
}

#[test]
fn rules_that_cannot_fire_in_this_version() {
    let found = hints(&["evt.type = bdflush"], Matching::First).hints;
    assert_eq!(found[0].code, HintCode::UnreportedEvents);
    assert!(found[0].message.contains("bdflush"), "{found:?}");

    let fields = Fields::new();
    let unfilled = fields
        .iter()
        .map(|(_, row)| row)
        .find(|row| {
            matches!(
                row.availability,
                saker_rule_fields::Availability::NotYet { .. }
            ) && row.sources.contains("syscall")
                && row.argument == saker_rule_language::ArgumentRule::None
                && !row.usage.print_only
        })
        .expect("a field without values");
    let condition = format!("evt.type = open and {} exists", unfilled.name);
    let found = hints(&[&condition], Matching::First).hints;
    assert_eq!(found[0].code, HintCode::UnfilledField, "{condition}");
    assert!(found[0].message.contains(unfilled.name), "{found:?}");
    // Where only an exception needs it, the rule can fire.
    let condition = format!("evt.type = open and not {} exists", unfilled.name);
    assert_eq!(hints(&[&condition], Matching::First).hints, []);
}

#[test]
fn a_large_set_costs_bounded_time() {
    let mut text = String::new();
    for number in 0..1500 {
        text.push_str(&format!(
            "- rule: r{number}\n  desc: d\n  condition: evt.type = open and fd.name in (/a/{number}, \
             /b/{number}) and not proc.name in (x{number}, y{number})\n  output: o\n  \
             priority: INFO\n"
        ));
    }
    let started = std::time::Instant::now();
    let lints = lint_text(&text, Matching::First);
    assert_eq!(lints.hints, []);
    assert!(
        lints.complete,
        "rules with values of their own are told apart without comparing all"
    );
    // Generous: a debug build on a busy machine.
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

#[test]
fn hostile_conditions_cost_bounded_time() {
    let many = |count: usize, one: &dyn Fn(usize) -> String, word: &str| {
        let parts: Vec<String> = (0..count).map(one).collect();
        parts.join(&format!(" {word} "))
    };
    let wide = many(
        20_000,
        &|number| format!("not fd.name startswith /{number}"),
        "and",
    );
    let list = (0..90_000)
        .map(|it| it.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let lists = many(5, &|_| format!("proc.name in ({list})"), "and");
    let alternatives = many(2000, &|it| format!("fd.name endswith {it}"), "or");
    let started = std::time::Instant::now();
    for condition in [
        wide,
        lists,
        format!("({alternatives}) and not ({alternatives})"),
    ] {
        let lints = hints(
            &[&format!("evt.type = open and {condition}")],
            Matching::First,
        );
        let certain = [HintCode::NeverTrue, HintCode::AlwaysTrue];
        assert!(lints.hints.iter().all(|hint| certain.contains(&hint.code)));
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

#[test]
fn every_kind_of_hint_is_documented() {
    let page = include_str!("../../../docs/rules.md");
    let names: std::collections::BTreeSet<&str> =
        HintCode::ALL.into_iter().map(HintCode::name).collect();
    assert_eq!(names.len(), HintCode::ALL.len());
    for name in names {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}
