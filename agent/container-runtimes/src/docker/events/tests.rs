use super::*;
use proptest::prelude::*;

#[test]
fn the_filters_are_json() {
    let encoded = FILTERS.strip_prefix("filters=").unwrap();
    let text = encoded
        .replace("%7B", "{")
        .replace("%7D", "}")
        .replace("%22", "\"")
        .replace("%3A", ":")
        .replace("%5B", "[")
        .replace("%5D", "]")
        .replace("%2C", ",");
    let filters: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(filters["type"], serde_json::json!(["container"]));
    // Each of them means something here.
    for action in filters["event"].as_array().unwrap() {
        let line = serde_json::json!({"Type": "container", "Action": action, "Actor": {"ID": "a"}});
        let change = change(line.to_string().as_bytes()).unwrap();
        assert!(change.is_some(), "{action}");
    }
}

#[test]
fn a_line_without_end_is_not_kept() {
    let mut lines = Lines::default();
    for _ in 0..64 {
        assert_eq!(lines.push(&[b'x'; 1 << 16]), None);
        assert!(lines.line.capacity() <= 2 * LINE_BYTES_MAX);
    }
    assert!(lines.is_long);
    // Its end is a line of nothing, and the next one counts again.
    assert_eq!(lines.push(b"x\n"), Some(Vec::new()));
    assert_eq!(lines.skipped, 1);
    assert_eq!(lines.push(b"y\n"), Some(b"y\n".to_vec()));
}

proptest! {
    #[test]
    fn arbitrary_lines_do_no_harm(line in any::<Vec<u8>>()) {
        drop(change(&line));
    }
}
