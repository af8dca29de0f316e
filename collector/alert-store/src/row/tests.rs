use super::*;
use crate::laws::{alert, incoming};

const TIME_NS: u64 = 1_763_740_800_123_456_789;

#[test]
fn an_alert_comes_back_as_it_was() {
    let alert = alert("one", 1, TIME_NS);
    let row = Row::new(&incoming(alert.clone()));
    assert_eq!(unpack(&row.payload), Some(alert));
    assert_eq!(row.time_ns, 1_763_740_800_123_456_789);
    assert_eq!(milliseconds(row.id), 1_763_740_800_123);
    assert!(first_id_of(1_763_740_800_123) <= row.id);
    assert!(first_id_of(1_763_740_800_124) > row.id);
}

#[test]
fn a_time_that_contradicts_the_id_does_not_count() {
    let mut liar = alert("one", 1, TIME_NS);
    liar.time_unix_ns = 5;
    let row = Row::new(&incoming(liar));
    assert_eq!(row.time_ns, 1_763_740_800_123_000_000);
}

#[test]
fn what_is_no_alert_is_none() {
    let packed = Row::new(&incoming(alert("one", 1, TIME_NS))).payload;
    assert_eq!(unpack(&[]), None);
    assert_eq!(unpack(&[9, 9, 9]), None);
    assert_eq!(unpack(&packed[..packed.len() - 1]), None);
    for place in 0..packed.len() {
        let mut broken = packed.clone();
        broken[place] ^= 0xff;
        // No panic, and no memory that the size in the frame only claims.
        let _whatever = unpack(&broken);
    }
}

#[test]
fn columns_are_cut_between_characters() {
    let long = "ä".repeat(1_000);
    assert_eq!(column_text(&long), "ä".repeat(256));
    assert_eq!(column_text("a\0b"), "a\u{fffd}b");
}

#[test]
fn texts_that_are_split_elsewhere_have_another_fingerprint() {
    let mut one = alert("ab", 1, TIME_NS);
    one.source = "c".to_owned();
    let mut other = alert("a", 1, TIME_NS);
    other.source = "bc".to_owned();
    assert_ne!(fingerprint(&one), fingerprint(&other));
}

#[test]
fn tags_are_found_whole() {
    let column = tag_column(&["network".to_owned(), "T1059".to_owned()]);
    assert!(column.contains(&tag_needle("network")));
    assert!(column.contains(&tag_needle("T1059")));
    assert!(!column.contains(&tag_needle("T105")));
}
