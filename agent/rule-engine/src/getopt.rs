//! Short options of an argument list, as POSIX `getopt` finds them.

/// What was found at one place of an argument list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found<'a> {
    /// The option's letter; `?` for one that is not known or lacks its value.
    shown: u8,
    /// The letter as it stands in the arguments.
    letter: u8,
    /// The option's value; empty for an option without one.
    value: &'a [u8],
}

/// The letters of all options in order, each followed by its value if it takes one.
pub(crate) fn options(arguments: &[&[u8]], specification: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    for found in scan(arguments, specification) {
        list.push(vec![found.shown]);
        if takes_value(specification, found.letter) == Some(true) {
            list.push(found.value.to_vec());
        }
    }
    list
}

/// The value of the last option of this letter: empty where it takes none, nothing where it is not there.
pub(crate) fn value_of<'a>(
    arguments: &[&'a [u8]],
    specification: &[u8],
    letter: u8,
) -> Option<&'a [u8]> {
    scan(arguments, specification)
        .into_iter()
        .rev()
        .find(|found| found.letter == letter && takes_value(specification, letter).is_some())
        .map(|found| found.value)
}

/// Whether the option takes a value; nothing where it is not known.
fn takes_value(specification: &[u8], letter: u8) -> Option<bool> {
    if letter == b':' {
        return None;
    }
    let position = specification.iter().position(|known| *known == letter)?;
    let next = specification.iter().skip(position).nth(1);
    Some(next == Some(&b':'))
}

/// Reads options up to the first argument that is none, `-`, `--` or a long option.
fn scan<'a>(arguments: &[&'a [u8]], specification: &[u8]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    while let Some([b'-', letters @ ..]) = arguments.next().copied() {
        if letters.is_empty() || letters.starts_with(b"-") {
            break;
        }
        let mut rest = letters;
        while let Some((letter, after)) = rest.split_first() {
            rest = after;
            let (mut shown, mut value): (u8, &[u8]) = (*letter, b"");
            match takes_value(specification, *letter) {
                None => shown = b'?',
                Some(false) => {}
                Some(true) => {
                    if rest.is_empty() {
                        match arguments.next() {
                            Some(next) => value = next,
                            None => shown = b'?',
                        }
                    } else {
                        value = rest;
                        rest = b"";
                    }
                }
            }
            found.push(Found {
                shown,
                letter: *letter,
                value,
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

    fn value(arguments: &[&'static str], specification: &str, letter: u8) -> Option<&'static [u8]> {
        let arguments: Vec<&'static [u8]> = arguments.iter().map(|text| text.as_bytes()).collect();
        value_of(&arguments, specification.as_bytes(), letter)
    }

    #[test]
    fn options_and_values_come_in_order() {
        assert_eq!(list(&["-t", "hello"], "t:"), ["t", "hello"]);
        assert_eq!(list(&["-thello"], "t:"), ["t", "hello"]);
        assert_eq!(list(&["-abcvalue"], "abc:"), ["a", "b", "c", "value"]);
        assert_eq!(list(&["-t", "-123"], "t:"), ["t", "-123"]);
        assert_eq!(list(&["-nx"], "n"), ["n", "?"]);
        assert_eq!(list(&["-t"], "t:"), ["?", ""]);
    }

    #[test]
    fn options_end_where_arguments_begin() {
        assert!(list(&["", "-n"], "n").is_empty());
        assert!(list(&["-", "-n"], "n").is_empty());
        assert!(list(&["--", "-n"], "n").is_empty());
        assert!(list(&["--exec"], "e:").is_empty());
        assert_eq!(list(&["-n", "file", "-t"], "nt"), ["n"]);
        assert_eq!(list(&["-n", "-t"], ""), ["?", "?"]);
    }

    #[test]
    fn the_last_option_gives_the_value() {
        assert_eq!(value(&["-t?"], "t:", b't'), Some(&b"?"[..]));
        assert_eq!(value(&["-t", "v1", "-t"], "t:", b't'), Some(&b""[..]));
        assert_eq!(value(&["-n"], "nt:", b't'), None);
        assert_eq!(
            value(&["-n", "-t", "hello"], "nt:", b't'),
            Some(&b"hello"[..])
        );
        assert_eq!(value(&["-:"], "t:", b':'), None);
    }
}
