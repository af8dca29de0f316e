//! Short options of an argument list, as POSIX `getopt` finds them.

/// What was found at one place of an argument list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found<'a> {
    /// An option that is not known.
    Unknown,
    /// An option without a value.
    Flag(u8),
    /// An option with its value; `None` where the arguments end before it.
    Valued(u8, Option<&'a [u8]>),
}

/// The letters of all options in order, each followed by its value if it takes one. An option that is
/// not known shows as `?`, one that lacks its value as an empty text alone.
pub(crate) fn options(arguments: &[&[u8]], specification: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for found in scan(arguments, specification) {
        match found {
            Found::Unknown => list.push(b"?".to_vec()),
            Found::Flag(letter) => list.push(vec![letter]),
            Found::Valued(_, None) => list.push(Vec::new()),
            Found::Valued(letter, Some(value)) => list.extend([vec![letter], value.to_vec()]),
        }
    }
    list
}

/// The value of the last option of this letter: the letter itself where it takes none, empty where the
/// value is not there; nothing where the option is not there.
pub(crate) fn value_of(arguments: &[&[u8]], specification: &[u8], letter: u8) -> Option<Vec<u8>> {
    scan(arguments, specification)
        .into_iter()
        .rev()
        .find_map(|found| match found {
            Found::Flag(found) if found == letter => Some(vec![letter]),
            Found::Valued(found, value) if found == letter => {
                Some(value.unwrap_or_default().to_vec())
            }
            _ => None,
        })
}

/// Whether the option takes a value; nothing where it is not known.
fn takes_value(specification: &[u8], letter: u8) -> Option<bool> {
    if letter == b':' || !specification.contains(&letter) {
        return None;
    }
    Some(specification.windows(2).any(|pair| *pair == [letter, b':']))
}

/// Reads options up to the first argument that is none, `-` or `--`; long options are passed over.
fn scan<'a>(arguments: &[&'a [u8]], specification: &[u8]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    while let Some([b'-', letters @ ..]) = arguments.next().copied() {
        if matches!(letters, b"" | b"-") {
            break;
        }
        if letters.starts_with(b"-") {
            continue;
        }
        let mut rest = letters;
        while let Some((letter, after)) = rest.split_first() {
            rest = after;
            found.push(match takes_value(specification, *letter) {
                None => Found::Unknown,
                Some(false) => Found::Flag(*letter),
                Some(true) => {
                    let attached = std::mem::take(&mut rest);
                    let value = if attached.is_empty() {
                        arguments.next().copied()
                    } else {
                        Some(attached)
                    };
                    Found::Valued(*letter, value)
                }
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(arguments: &[&str], specification: &str) -> Vec<String> {
        let arguments: Vec<&[u8]> = arguments.iter().map(|text| text.as_bytes()).collect();
        options(&arguments, specification.as_bytes())
            .into_iter()
            .map(|text| String::from_utf8(text).unwrap())
            .collect()
    }

    fn value(arguments: &[&str], specification: &str, letter: u8) -> Option<String> {
        let arguments: Vec<&[u8]> = arguments.iter().map(|text| text.as_bytes()).collect();
        value_of(&arguments, specification.as_bytes(), letter)
            .map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn options_and_values_come_in_order() {
        assert_eq!(list(&["-t", "hello"], "t:"), ["t", "hello"]);
        assert_eq!(list(&["-thello"], "t:"), ["t", "hello"]);
        assert_eq!(list(&["-abcvalue"], "abc:"), ["a", "b", "c", "value"]);
        assert_eq!(list(&["-t", "-123"], "t:"), ["t", "-123"]);
        assert_eq!(list(&["-nx"], "n"), ["n", "?"]);
        assert_eq!(list(&["-t"], "t:"), [""]);
        assert_eq!(list(&["-t", "x"], "tt:"), ["t", "x"]);
    }

    #[test]
    fn options_end_where_arguments_begin() {
        assert!(list(&["", "-n"], "n").is_empty());
        assert!(list(&["-", "-n"], "n").is_empty());
        assert!(list(&["--", "-n"], "n").is_empty());
        assert!(list(&["--exec"], "e:").is_empty());
        assert_eq!(list(&["--exec", "-n"], "n"), ["n"]);
        assert_eq!(list(&["-n", "file", "-t"], "nt"), ["n"]);
        assert_eq!(list(&["-n", "-t"], ""), ["?", "?"]);
    }

    #[test]
    fn the_last_option_gives_the_value() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(value(&["-t?"], "t:", b't'), some("?"));
        assert_eq!(value(&["-t", "v1", "-t"], "t:", b't'), some(""));
        assert_eq!(value(&["-n"], "nt:", b't'), None);
        assert_eq!(value(&["-n"], "nt:", b'n'), some("n"));
        assert_eq!(value(&["-x"], "nt:", b'x'), None);
        assert_eq!(value(&["-n", "-t", "hello"], "nt:", b't'), some("hello"));
        assert_eq!(value(&["-:"], "t:", b':'), None);
    }
}
