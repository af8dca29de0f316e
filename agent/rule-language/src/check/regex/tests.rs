use super::translate;

#[test]
fn plain_patterns_stay() {
    assert_eq!(translate("research[0-9]+").unwrap(), "research[0-9]+");
    assert_eq!(
        translate("pentest-[0-9]{2,4}").unwrap(),
        r"pentest\-[0-9]{2,4}"
    );
    assert_eq!(translate("(a|b)*.c?").unwrap(), "(a|b)*.c?");
}

#[test]
fn what_posix_takes_literally_is_escaped() {
    assert_eq!(translate("a{").unwrap(), r"a\{");
    assert_eq!(translate("a{,5}").unwrap(), r"a\{,5\}");
    assert_eq!(translate("[a&&b]").unwrap(), r"[a\&\&b]");
    assert_eq!(translate("[[a]").unwrap(), r"[\[a]");
    assert_eq!(translate("[]a]").unwrap(), r"[\]a]");
    assert_eq!(translate("[a-]").unwrap(), r"[a\-]");
    assert_eq!(translate("[^[:space:]-]").unwrap(), r"[^[:space:]\-]");
    assert_eq!(translate("^a$").unwrap(), "(?m:^)a(?m:$)");
    assert_eq!(translate(r"a\.b").unwrap(), r"a\.b");
}

#[test]
fn repetitions_may_be_repeated() {
    assert_eq!(translate("a**").unwrap(), "a*");
    assert_eq!(translate("a+?").unwrap(), "a*");
    assert_eq!(translate("a??b++").unwrap(), "a?b+");
    assert_eq!(translate("(ab)+*?").unwrap(), "(ab)*");
    assert_eq!(translate("xa{2}?").unwrap(), "x(?:a{2})?");
    assert_eq!(
        translate("(x)(b[c]){2}{3}*").unwrap(),
        "(x)(?:(?:(b[c]){2}){3})*"
    );
    assert_eq!(translate("a*{2}").unwrap(), "(?:a*){2}");
    assert!(translate(&"a{1}".repeat(100)).is_ok());
    assert!(translate(&format!("a{}", "{1}".repeat(100))).is_err());
}

#[test]
fn escapes_are_those_of_re2() {
    assert_eq!(translate(r"\ \-\_\/").unwrap(), r" \-_/");
    assert_eq!(translate(r"\101\0607\x41").unwrap(), "A07A");
    assert_eq!(translate(r"[\060-\071]").unwrap(), "[0-9]");
}

#[test]
fn what_posix_does_not_have_is_refused() {
    for pattern in [
        r"\d+",
        r"\bword",
        "(?i)a",
        "a{2000}",
        "(a",
        "a)",
        "[a",
        "[z-a]",
        "*a",
        "a|*",
        "(+a)",
        r"\x4",
        r"\1",
        r"\8",
        r"\é",
        "[a-c-e]",
        "[[:alpha:]-z]",
    ] {
        assert!(translate(pattern).is_err(), "{pattern}");
    }
}
