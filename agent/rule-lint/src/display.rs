//! Comparisons as text, for messages.

use crate::fact::Fact;
use saker_rule_language::{Literal, Right, Test};

/// Characters of a literal that are shown.
const LITERAL_CHARACTERS_MAX: usize = 60;

/// Literals of a list that are shown.
const LITERALS_SHOWN: usize = 3;

/// A comparison, or its opposite.
pub(crate) fn fact(fact: &Fact) -> String {
    let text = test(&fact.test);
    if fact.holds {
        text
    } else {
        format!("not {text}")
    }
}

/// A comparison; long lists and texts are cut.
pub(crate) fn test(test: &Test) -> String {
    let mut text = format!("{} {}", test.left.text(), test.operator);
    if let Some(modifier) = test.modifier {
        text.push(' ');
        text.push_str(modifier.name());
    }
    match &test.right {
        Right::None => {}
        Right::Operand(operand) => {
            text.push(' ');
            text.push_str(operand.text());
        }
        Right::Values(values) => {
            let is_list = test.operator.takes_list() || test.modifier.is_some();
            let mut shown: Vec<String> = values.iter().take(LITERALS_SHOWN).map(literal).collect();
            if values.len() > LITERALS_SHOWN {
                shown.push("…".to_owned());
            }
            let shown = shown.join(", ");
            text.push(' ');
            text.push_str(&if is_list { format!("({shown})") } else { shown });
        }
    }
    text
}

/// A value.
pub(crate) fn literal(literal: &Literal) -> String {
    let text = match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Uint(value) => value.to_string(),
        Literal::Double(value) => value.to_string(),
        Literal::Port(value) => value.to_string(),
        Literal::Ip(value) => value.to_string(),
        Literal::Net(network) => format!("{}/{}", network.address, network.prefix),
        Literal::Regex(pattern) => pattern.to_string(),
        Literal::String(text) | Literal::Bytes(text) => String::from_utf8_lossy(text).into_owned(),
    };
    match text.char_indices().nth(LITERAL_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
