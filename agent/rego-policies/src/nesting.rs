//! How deep a text is nested, told before it is parsed.
//!
//! The interpreter's parser bounds some nesting and not all, and what it does with a syntax tree takes stack for each
//! level. This looks at the text alone and counts at least as many levels as the tree will have.

use crate::error::{LoadError, Place};

/// Most square and curly brackets, one in the other. The parser tries each as several things, one after the other, so
/// that every level takes twice as long as the one inside.
const TRIED_MAX: usize = 12;

/// Checks that no statement is nested deeper than permitted.
///
/// # Errors
///
/// [`LoadError::Refused`] with the place where it gets too deep.
pub(crate) fn check(file: &str, text: &str, limit: usize) -> Result<(), LoadError> {
    let mut levels = Levels::default();
    for (line, number) in text.lines().zip(1_u32..) {
        if let Err(column) = levels.line(line, limit) {
            return Err(LoadError::Refused {
                place: Place {
                    file: file.into(),
                    line: number,
                    column,
                },
                what: format!(
                    "more than {TRIED_MAX} square and curly brackets, one in the other, or more than {limit} levels \
                     of brackets, operators and references"
                ),
                remedy: "take the statement apart, or put the data into data.json".to_owned(),
            });
        }
    }
    Ok(())
}

/// For each open bracket, and for what is around them, the links since the last element or statement began.
#[derive(Default)]
struct Levels {
    /// Whether the bracket is one of those that are tried as several things, and the links around it.
    outer: Vec<(bool, usize)>,
    links: usize,
    /// Whether the statement goes on in the next line.
    goes_on: bool,
    /// Whether a raw string goes on in the next line.
    in_raw: bool,
}

impl Levels {
    /// Counts a line; an error is the column where it gets too deep.
    fn line(&mut self, line: &str, limit: usize) -> Result<(), u32> {
        let mut letters = line.chars().zip(1_u32..).peekable();
        let mut is_begin = true;
        while let Some((letter, column)) = letters.next() {
            if self.in_raw {
                self.in_raw = letter != '`';
                continue;
            }
            if letter.is_whitespace() {
                continue;
            }
            if letter == '#' {
                break;
            }
            if is_begin && !self.goes_on && !continues(letter) && !begins_with_link(line) {
                self.links = 0;
            }
            is_begin = false;
            self.goes_on = continues(letter);
            match letter {
                '`' => self.in_raw = true,
                '"' => {
                    while let Some((inside, _)) = letters.next() {
                        match inside {
                            '"' => break,
                            '\\' => drop(letters.next()),
                            _ => {}
                        }
                    }
                }
                '(' | '[' | '{' => {
                    let around = self.links.saturating_add(1);
                    self.outer.push((letter != '(', around));
                    self.links = 0;
                }
                ')' | ']' | '}' => {
                    // A call or an index is a link of what it is a part of.
                    self.links = self.outer.pop().map_or(0, |(_, links)| links);
                }
                ',' | ';' => self.links = 0,
                letter if letter.is_alphanumeric() || letter == '_' => {
                    let mut word = String::from(letter);
                    while let Some((next, _)) =
                        letters.next_if(|(next, _)| next.is_alphanumeric() || *next == '_')
                    {
                        word.push(next);
                    }
                    if KEYWORDS.contains(&&*word) {
                        self.links = self.links.saturating_add(1);
                        self.goes_on = true;
                    }
                }
                _ => self.links = self.links.saturating_add(1),
            }
            if self.depth() > limit || self.tried() > TRIED_MAX {
                return Err(column);
            }
        }
        Ok(())
    }

    fn depth(&self) -> usize {
        let outer = self.outer.iter().map(|(_, links)| *links);
        outer.fold(self.links, usize::saturating_add)
    }

    fn tried(&self) -> usize {
        self.outer.iter().filter(|(is_tried, _)| *is_tried).count()
    }
}

/// Whether a statement goes on after this letter, and before it.
fn continues(letter: char) -> bool {
    !(letter.is_alphanumeric() || matches!(letter, '_' | '"' | '`' | '}' | ']' | ')' | ';' | ','))
}

/// Whether a line begins with a word that stands between expressions.
fn begins_with_link(line: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let word = line.trim_start().split(|letter| !is_letter(letter)).next();
    word.is_some_and(|word| LINKS.contains(&word))
}

/// Words between expressions.
const LINKS: &[&str] = &["in", "with", "as", "if", "contains"];

/// Words between or before expressions.
const KEYWORDS: &[&str] = &["in", "not", "with", "as", "some", "every", "if", "contains"];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_good(text: &str) -> bool {
        check("a.rego", text, 8).is_ok()
    }

    #[test]
    fn statements_elements_and_texts_begin_anew() {
        assert!(is_good("x := 1 + 2\ny := 3 + 4\nz := 5 + 6"));
        assert!(is_good("x := [1 + 1, 2 + 2, 3 + 3, 4 + 4, 5 + 5]"));
        assert!(is_good("a == 1; b == 2; c == 3; d == 4; e == 5"));
        assert!(is_good("x := \"((((((((((((\\\"(((((((\" # (((((((((((("));
        assert!(is_good("x := `((((((((((\n((((((((((`"));
    }

    #[test]
    fn what_builds_on_each_other_is_counted() {
        for part in [
            "+ 1 ",
            "+\n1 ",
            "\n+ 1",
            ".a",
            "[0]",
            "(1)",
            "| {1} ",
            "in [1] ",
            "in\n[1]\n",
            "- ",
        ] {
            assert!(!is_good(&format!("x {}1", part.repeat(9))), "{part}");
        }
        for open in ["[", "{", "(", "not ", "not\n"] {
            assert!(!is_good(&format!("x {}1", open.repeat(9))), "{open}");
        }
        assert!(check("a.rego", &"[".repeat(12), 64).is_ok());
        assert!(check("a.rego", &"[".repeat(13), 64).is_err());
    }
}
