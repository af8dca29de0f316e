//! Escapes in quoted literals.

/// A backslash sequence that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// `\'` in a `"` literal or `\"` in a `'` one.
    #[error("invalid \\{escaped} escape in {quote}-quoted text")]
    OtherQuote {
        /// The quote after the backslash.
        escaped: char,
        /// The quote around the text.
        quote: char,
    },
    /// `\x` without two hexadecimal digits.
    #[error("\\x needs two hexadecimal digits")]
    Hexadecimal,
    /// Any other character after a backslash.
    #[error("unsupported escape sequence \\{0}")]
    Unknown(char),
    /// No quotes around the text.
    #[error("the text is not quoted")]
    NotQuoted,
}

/// The bytes that a quoted literal (quotes included) stands for.
///
/// # Errors
///
/// The first escape sequence that means nothing.
pub fn unescape(quoted: &str) -> Result<Vec<u8>, EscapeError> {
    let quote = quoted.chars().next().ok_or(EscapeError::NotQuoted)?;
    let inner = quoted
        .strip_prefix(quote)
        .and_then(|text| text.strip_suffix(quote))
        .filter(|_| matches!(quote, '"' | '\''))
        .ok_or(EscapeError::NotQuoted)?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            push(&mut bytes, character);
            continue;
        }
        let Some(escaped) = characters.next() else {
            break;
        };
        match escaped {
            'b' => bytes.push(0x08),
            'f' => bytes.push(0x0c),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            // A backslash before a blank stands for itself and swallows the blank: rules in the field
            // were written that way and Falco keeps them working.
            ' ' | '\\' => bytes.push(b'\\'),
            '/' => bytes.push(b'/'),
            '"' | '\'' if escaped == quote => push(&mut bytes, escaped),
            '"' | '\'' => return Err(EscapeError::OtherQuote { escaped, quote }),
            'x' => bytes.push(hexadecimal_byte(characters.as_str())?),
            other => return Err(EscapeError::Unknown(other)),
        }
        if escaped == 'x' {
            characters.next();
            characters.next();
        }
    }
    Ok(bytes)
}

fn hexadecimal_byte(text: &str) -> Result<u8, EscapeError> {
    let digits = text
        .get(..2)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or(EscapeError::Hexadecimal)?;
    u8::from_str_radix(digits, 16).map_err(|_| EscapeError::Hexadecimal)
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A value as canonical condition text shows it: quoted if it holds blanks, `=` or what needs an escape.
pub(crate) fn escape(value: &[u8]) -> String {
    let mut escaped = String::with_capacity(value.len());
    let mut needs_quotes = false;
    for character in String::from_utf8_lossy(value).chars() {
        let sequence = match character {
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\\' => "\\\\",
            '"' => "\\\"",
            // Quotes cannot hold the byte itself.
            '\0' => "\\x00",
            ' ' | '=' | '\'' => {
                needs_quotes = true;
                escaped.push(character);
                continue;
            }
            other => {
                escaped.push(other);
                continue;
            }
        };
        needs_quotes = true;
        escaped.push_str(sequence);
    }
    if needs_quotes {
        format!("\"{escaped}\"")
    } else {
        escaped
    }
}
