use super::ast::{Expression, RightSide, Term};
use super::parse;
use crate::operator::{Modifier, Operator};
use crate::options::Limits;
use crate::origin::MappedText;
use crate::span::{FileIndex, Span};

fn parsed(text: &str) -> Expression {
    parse(&MappedText::standalone(text), &Limits::default()).unwrap()
}

/// Message and place of the error.
fn refused(text: &str) -> (String, u32, u32) {
    let error = parse(&MappedText::standalone(text), &Limits::default()).unwrap_err();
    (error.message, error.span.start, error.span.end)
}

fn check(text: &str) -> super::ast::Check {
    match parsed(text) {
        Expression::Check(check) => (*check).clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn precedence_is_not_and_or() {
    assert_eq!(
        parsed("a or b and not c").to_string(),
        "(a or (b and not c))"
    );
    assert_eq!(parsed("(a or b) and c").to_string(), "((a or b) and c)");
    assert_eq!(parsed("not(a or b)").to_string(), "not (a or b)");
    assert_eq!(parsed("not not not a").to_string(), "not a");
    assert_eq!(
        parsed("a and(b or c)and d").to_string(),
        "(a and (b or c) and d)"
    );
}

#[test]
fn and_cannot_follow_a_parenthesis_glued_to_or() {
    assert_eq!(parsed("a or(b)or c").to_string(), "(a or b or c)");
    assert_eq!(parsed("a or (b) and c").to_string(), "(a or (b and c))");
    assert!(refused("a or(b) and c").0.contains("unexpected token"));
}

#[test]
fn modifiers_need_a_list() {
    let with_list = check("proc.name = oneof (a, b)");
    assert_eq!(with_list.modifier, Some(Modifier::OneOf));
    assert_eq!(with_list.right.words().len(), 2);
    let as_value = check("proc.name = oneof");
    assert_eq!(as_value.modifier, None);
    assert_eq!(&*as_value.right.words()[0].value, b"oneof");
}

#[test]
fn right_hand_sides_have_their_kinds() {
    assert_eq!(check("a.b exists").right, RightSide::None);
    assert!(matches!(check("a.b in (x, 'y z')").right, RightSide::List(words) if words.len() == 2));
    assert!(matches!(check("a.b in x").right, RightSide::Value(_)));
    assert!(matches!(
        check("a.b = val(c.d)").right,
        RightSide::Term(Term::Call(_))
    ));
    assert!(matches!(
        check("a.b >= 0x1").operator,
        Operator::GreaterOrEqual
    ));
}

#[test]
fn spans_cover_what_they_name() {
    let at = |start, end| Span::new(FileIndex(0), start, end);
    let found = check("  a.b[x] = 'y z'  ");
    assert_eq!(found.span, at(2, 16));
    assert_eq!(found.left.span(), at(2, 8));
    assert_eq!(found.right.words()[0].span, at(11, 16));
}

#[test]
fn errors_point_at_what_comes_next() {
    assert_eq!(refused("a and b c").1, 8);
    assert_eq!(refused("proc.name ~ x").1, 10);
    assert_eq!(refused("(a.b = 1").1, 8);
    assert_eq!(
        refused("a andb"),
        ("expected blank or '(' after 'and'".to_owned(), 5, 6)
    );
    assert_eq!(refused(""), ("the condition is empty".to_owned(), 0, 0));
}

#[test]
fn canonical_text_quotes_what_needs_it() {
    assert_eq!(parsed("a.b = 'c d'").to_string(), "a.b = \"c d\"");
    assert_eq!(parsed("a.b[''] = x").to_string(), "a.b[\"\"] = x");
    assert_eq!(
        parsed("join( \"->\", (a.b, tolower( c.d ))) = e").to_string(),
        "join(->,(a.b,tolower(c.d))) = e"
    );
}

#[test]
fn fields_of_a_term_include_those_of_lists() {
    let found = check("join(',', (a.b, tolower(c.d), 'x')) = e");
    let names: Vec<&str> = found
        .left
        .fields()
        .iter()
        .map(|field| &*field.name)
        .collect();
    assert_eq!(names, ["a.b", "c.d"]);
}

#[test]
fn depth_counts_what_opens_a_group() {
    let parses = |text: String, depth| {
        let limits = Limits {
            condition_depth: depth,
            ..Limits::default()
        };
        let parsed = parse(&MappedText::standalone(&text), &limits);
        let exceeded = format!("exceeded max depth limit of {depth}");
        assert!(
            parsed
                .as_ref()
                .err()
                .is_none_or(|error| error.message == exceeded)
        );
        parsed.is_ok()
    };
    // Opening, levels of each, levels of the innermost test below its own group.
    for (opening, levels, leaf, below) in [
        ("(", 5, "m", 3),
        ("not(", 4, "m", 3),
        ("m and(", 3, "m", 3),
        ("m or(", 2, "m", 3),
        ("(", 5, "a.b exists", 4),
        ("(", 5, "a.b > 1", 6),
        ("(", 5, "a.b = x", 6),
        ("(", 5, "a.b = val(c.d)", 7),
        ("(", 5, "tolower(a.b) exists", 6),
    ] {
        let nested = |count| format!("{}{leaf}{}", opening.repeat(count), ")".repeat(count));
        for count in [1, 3, 7] {
            let depth = 1 + count * levels + below;
            assert!(
                parses(nested(count), depth + 1),
                "{} {depth}",
                nested(count)
            );
            assert!(!parses(nested(count), depth), "{} {depth}", nested(count));
        }
    }
}

#[test]
fn no_bare_text_holds_a_nul_byte() {
    for text in ["a.b = x\0y", "a.b in (\0r)", "a.b[x\0] = y"] {
        assert!(!refused(text).0.is_empty(), "{text:?}");
    }
}

#[test]
fn a_nul_byte_is_printed_as_its_escape() {
    let text = r#"a.b = "\x00r""#;
    assert_eq!(parsed(text).to_string(), text);
}

#[test]
fn a_nul_byte_closes_no_quote() {
    assert!(
        refused("a.b = 'x\0y'")
            .0
            .starts_with("expected a string value")
    );
}
