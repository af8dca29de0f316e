use super::MappedText;
use crate::span::{FileIndex, Span};

const FILE: FileIndex = FileIndex(3);

#[test]
fn pieces_keep_their_places() {
    let mut text = MappedText::default();
    text.push_verbatim("proc.name in (", FILE, 100);
    text.push_whole("a, b", Span::new(FILE, 114, 119));
    text.push_verbatim(")", FILE, 119);
    assert_eq!(text.span(0..9), Span::new(FILE, 100, 109));
    assert_eq!(text.span(14..15), Span::new(FILE, 114, 119));
    assert_eq!(text.span(0..19), Span::new(FILE, 100, 120));
    assert_eq!(text.span(19..19), Span::new(FILE, 120, 120));
}

#[test]
fn parts_keep_their_places() {
    let mut text = MappedText::default();
    text.push_verbatim("abc", FILE, 10);
    text.push_verbatim("def", FILE, 20);
    let mut part = MappedText::default();
    part.push_part(&text, 2..5);
    assert_eq!(part.as_str(), "cde");
    assert_eq!(part.span(0..1), Span::new(FILE, 12, 13));
    assert_eq!(part.span(1..3), Span::new(FILE, 20, 22));
}

#[test]
fn trimming_keeps_places() {
    let mut text = MappedText::default();
    text.push_verbatim("  ab \n", FILE, 5);
    let trimmed = text.trimmed();
    assert_eq!(trimmed.as_str(), "ab");
    assert_eq!(trimmed.span(0..2), Span::new(FILE, 7, 9));
}

#[test]
fn the_empty_text_has_the_default_span() {
    assert_eq!(MappedText::default().span(0..5), Span::default());
}
