//! Values and literals as text.

use saker_alert::escaped;
use saker_rule_engine::FieldValue;
use saker_rule_language::{Literal, Operator, Right, Test};

/// Longest value that is shown whole, in characters.
const VALUE_CHARACTERS_MAX: usize = 160;
/// How many literals of a list are shown.
const LITERALS_MAX: usize = 6;
/// How many elements of a value are shown.
const ELEMENTS_MAX: usize = 16;

/// A value as text; control characters are escaped.
pub(super) fn value(value: &FieldValue<'_>) -> String {
    match value {
        FieldValue::Missing => "<missing>".to_owned(),
        FieldValue::Pending => "<not known yet>".to_owned(),
        FieldValue::Bool(value) => value.to_string(),
        FieldValue::Int(number) => number.to_string(),
        FieldValue::Uint(number) | FieldValue::RelTime(number) | FieldValue::AbsTime(number) => {
            number.to_string()
        }
        FieldValue::Double(number) => number.to_string(),
        FieldValue::Port(port) => port.to_string(),
        FieldValue::Ip(address) => address.to_string(),
        FieldValue::Text(bytes) | FieldValue::Bytes(bytes) => text(bytes),
        FieldValue::List(elements) => listed(elements.iter().map(self::value), ELEMENTS_MAX),
    }
}

/// Text in quotes where its bounds could not be seen otherwise, cut where it is long.
fn text(bytes: &[u8]) -> String {
    let whole = escaped(bytes);
    let length = whole.chars().count();
    if length > VALUE_CHARACTERS_MAX {
        let cut: String = whole.chars().take(VALUE_CHARACTERS_MAX).collect();
        return format!("\"{cut}…\" ({} bytes)", bytes.len());
    }
    let is_plain = !whole.is_empty() && !whole.contains([' ', '"', ',', '(', ')', '<', '>']);
    if is_plain {
        whole
    } else {
        format!("\"{whole}\"")
    }
}

/// The constants of a comparison.
pub(super) fn literals(test: &Test) -> Vec<String> {
    match &test.right {
        Right::Values(values) => values.iter().map(literal).collect(),
        Right::None | Right::Operand(_) => Vec::new(),
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(number) => number.to_string(),
        Literal::Uint(number) => number.to_string(),
        Literal::Double(number) => number.to_string(),
        Literal::String(bytes) | Literal::Bytes(bytes) => text(bytes),
        Literal::Ip(address) => address.to_string(),
        Literal::Net(network) => format!("{}/{}", network.address, network.prefix),
        Literal::Port(port) => port.to_string(),
        Literal::Regex(pattern) => text(pattern.as_bytes()),
    }
}

/// A list in parentheses, cut where it is long.
pub(super) fn listed(items: impl Iterator<Item = String>, most: usize) -> String {
    let items: Vec<String> = items.collect();
    let mut shown = items.iter().take(most).cloned().collect::<Vec<_>>();
    if items.len() > most {
        shown.push(format!("… {} more", items.len() - most));
    }
    format!("({})", shown.join(", "))
}

/// The constants of a comparison as a list.
pub(super) fn listed_literals(literals: &[String]) -> String {
    listed(literals.iter().cloned(), LITERALS_MAX)
}

/// A comparison in canonical form, its list cut where it is long.
pub(super) fn canonical(test: &Test) -> String {
    let mut words = vec![test.left.text().to_owned(), test.operator.name().to_owned()];
    if let Some(modifier) = test.modifier {
        words.push(modifier.name().to_owned());
    }
    match &test.right {
        Right::None => {}
        Right::Operand(operand) => words.push(operand.text().to_owned()),
        Right::Values(values) => words.push(match values.as_slice() {
            [value] if !test.operator.takes_list() && test.modifier.is_none() => literal(value),
            _ => listed_literals(&literals(test)),
        }),
    }
    debug_assert!(test.operator == Operator::Exists || words.len() > 2);
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_cut() {
        assert_eq!(value(&FieldValue::text(b"/etc/shadow")), "/etc/shadow");
        assert_eq!(value(&FieldValue::text(b"a b")), "\"a b\"");
        assert_eq!(value(&FieldValue::text(b"")), "\"\"");
        assert_eq!(value(&FieldValue::text(b"a\n\xff\x1b")), "a\\n\\xff\\u001b");
        let long = value(&FieldValue::owned(vec![b'x'; 5000]));
        assert!(
            long.ends_with("…\" (5000 bytes)") && long.len() < 250,
            "{long}"
        );
        let list = FieldValue::List(vec![FieldValue::Uint(1), FieldValue::text(b"b")]);
        assert_eq!(value(&list), "(1, b)");
        let many = FieldValue::List(vec![FieldValue::Uint(1); 20]);
        assert!(value(&many).ends_with("1, … 4 more)"), "{}", value(&many));
    }
}
