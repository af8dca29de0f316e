//! Tokens.

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, with the namespaces before it.
    Name(String),
    /// An integer, also one written as a character.
    Integer(i128),
    /// A string, neighbours joined.
    Text(Vec<u8>),
    /// Anything else; `<<`, `>>` and `->` are one.
    Mark(&'static str),
}

const MARKS: &[&str] = &[
    "<<", ">>", "->", "==", "(", ")", "{", "}", "[", "]", "<", ">", ",", ";", "=", "|", "&", "^",
    "+", "-", "*", "~", "!", ".", ":",
];

/// The tokens of a text, comments left out.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if first == '_' || first.is_ascii_alphabetic() {
            name(rest)
        } else if first.is_ascii_digit() {
            integer(rest)?
        } else if first == '"' {
            let (bytes, after) = quoted(rest, '"')?;
            (Token::Text(bytes), after)
        } else if first == '\'' {
            let (bytes, after) = quoted(rest, '\'')?;
            let [byte] = bytes[..] else {
                return Err(format!("no character: {rest}"));
            };
            (Token::Integer(byte.into()), after)
        } else if let Some(after) = comment(rest) {
            rest = after.trim_start();
            continue;
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or_else(|| format!("unknown character {first:?}"))?;
            (
                Token::Mark(mark),
                rest.get(mark.len()..).unwrap_or_default(),
            )
        };
        match (found.last_mut(), token) {
            (Some(Token::Text(before)), Token::Text(bytes)) => before.extend(bytes),
            (_, token) => found.push(token),
        }
        rest = after.trim_start();
    }
    Ok(found)
}

fn comment(text: &str) -> Option<&str> {
    // What is left to the preprocessor says nothing about a statement that is there.
    if let Some(line) = text.strip_prefix("//").or_else(|| text.strip_prefix('#')) {
        return Some(line.split_once('\n').map_or("", |(_, after)| after));
    }
    let block = text.strip_prefix("/*")?;
    Some(block.split_once("*/").map_or("", |(_, after)| after))
}

fn name(text: &str) -> (Token, &str) {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let part = rest
            .find(|it: char| it != '_' && !it.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        end += part;
        match text.get(end..).is_some_and(|rest| rest.starts_with("::")) {
            true => end += 2,
            false => break,
        }
    }
    let (name, after) = text.split_at(end);
    (Token::Name(name.to_owned()), after)
}

fn integer(text: &str) -> Result<(Token, &str), String> {
    let end = text
        .find(|it: char| !it.is_ascii_alphanumeric() && it != '\'')
        .unwrap_or(text.len());
    let (written, after) = text.split_at(end);
    let digits = written.replace('\'', "").to_ascii_lowercase();
    let (digits, radix) = match (digits.strip_prefix("0x"), digits.strip_prefix("0b")) {
        (Some(hex), _) => (hex, 16),
        (_, Some(binary)) => (binary, 2),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (&*digits, 10),
    };
    let digits = digits.trim_end_matches(['u', 'l']);
    // A lone 0 with a suffix has no digit left.
    let digits = if digits.is_empty() { "0" } else { digits };
    let value = i128::from_str_radix(digits, radix).map_err(|_| format!("no number: {written}"))?;
    Ok((Token::Integer(value), after))
}

/// The bytes of a quoted text and what follows it.
fn quoted(text: &str, quote: char) -> Result<(Vec<u8>, &str), String> {
    let unclosed = || format!("unclosed: {text}");
    let mut bytes = Vec::new();
    let mut rest = text.strip_prefix(quote).ok_or_else(unclosed)?;
    loop {
        let next = rest.chars().next().ok_or_else(unclosed)?;
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        if next == quote {
            return Ok((bytes, after));
        }
        if next == '\\' {
            rest = escape(after, &mut bytes).ok_or_else(unclosed)?;
        } else {
            bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        }
    }
}

/// Takes what stands after a backslash.
fn escape<'t>(text: &'t str, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let letter = text.chars().next()?;
    let after = text.get(letter.len_utf8()..)?;
    let digits = |text: &'t str, radix: u32, most: usize| {
        let end = text
            .char_indices()
            .take(most)
            .take_while(|(_, it)| it.is_digit(radix))
            .count();
        let (digits, after) = text.split_at(end);
        Some((u8::from_str_radix(digits, radix).ok()?, after))
    };
    let byte = match letter {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        'x' => {
            let (byte, after) = digits(after, 16, 2)?;
            bytes.push(byte);
            return Some(after);
        }
        '0'..='7' => {
            let (byte, after) = digits(text, 8, 3)?;
            bytes.push(byte);
            return Some(after);
        }
        other => u8::try_from(other).ok()?,
    };
    bytes.push(byte);
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    fn integers(text: &str) -> Vec<i128> {
        let found = tokens(text).unwrap().into_iter();
        found
            .filter_map(|token| match token {
                Token::Integer(value) => Some(value),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn integers_come_in_every_base() {
        assert_eq!(
            integers("0 0666 0xFFu 10UL 0L 'a'"),
            [0, 0o666, 255, 10, 0, 97]
        );
        assert!(tokens("12abc").is_err());
    }

    #[test]
    fn strings_are_bytes_and_neighbours_are_one() {
        let found = tokens(r#""/p\xff/q\xff" "\t\"\0""#).unwrap();
        assert_eq!(found, [Token::Text(b"/p\xff/q\xff\t\"\0".to_vec())]);
        assert!(tokens("\"open").is_err());
    }

    #[test]
    fn names_keep_their_namespace_and_comments_go() {
        let found = tokens("a::b /* c */ -> // d\n e").unwrap();
        let name = |text: &str| Token::Name(text.to_owned());
        assert_eq!(found, [name("a::b"), Token::Mark("->"), name("e")]);
    }
}
