//! Regular expressions: from RE2's POSIX syntax, which rules are written in, to this language's own.
//!
//! The two differ where a pattern could change its meaning without an error: `[a&&b]`, `[[a]` and `a{`
//! are plain characters in POSIX, `^` and `$` match at line breaks, and `\d` and its like do not exist.

use regex_syntax::hir::{Hir, HirKind};

/// The largest count in `a{n,m}`, also of several inside one another.
const REPEAT_MAX: u32 = 1000;

/// Bytes of a pattern. What is longer does not fit the memory RE2 is given, either.
const PATTERN_BYTES_MAX: usize = 64 << 10;

/// Groups inside one another.
const NESTING_MAX: u32 = 100;

/// Repetitions of repetitions, each of which takes a group here.
const STACKED_MAX: u32 = 50;

/// Translates a pattern. The result is valid and means the same; the error is a message.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!(
            "a regex pattern may have {PATTERN_BYTES_MAX} bytes at most"
        ));
    }
    let invalid = |reason: String| format!("invalid regex pattern '{pattern}': {reason}");
    let mut translation = Translation {
        rest: pattern,
        output: String::new(),
        groups: Vec::new(),
        atom: None,
        repetition: None,
        stacked: 0,
    };
    translation.run().map_err(invalid)?;
    let parsed = regex_syntax::ParserBuilder::new()
        .nest_limit(NESTING_MAX)
        .utf8(false)
        .build()
        .parse(&translation.output)
        .map_err(|error| match error {
            regex_syntax::Error::Parse(error) => invalid(error.kind().to_string()),
            regex_syntax::Error::Translate(error) => invalid(error.kind().to_string()),
            _ => invalid("not understood".to_owned()),
        })?;
    if repetitions(&parsed) > REPEAT_MAX {
        return Err(invalid(format!("repeats more than {REPEAT_MAX} times")));
    }
    Ok(translation.output)
}

/// How often the innermost part is repeated, counts inside one another multiplied. Recurses no deeper
/// than groups may be inside one another.
fn repetitions(pattern: &Hir) -> u32 {
    match pattern.kind() {
        HirKind::Repetition(repetition) => {
            let count = repetition.max.unwrap_or(repetition.min).max(1);
            count.saturating_mul(repetitions(&repetition.sub))
        }
        HirKind::Capture(capture) => repetitions(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(repetitions).max().unwrap_or(1)
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => 1,
    }
}

struct Translation<'p> {
    rest: &'p str,
    output: String,
    /// Where the open groups start in the output.
    groups: Vec<usize>,
    /// Where what a repetition would repeat starts in the output.
    atom: Option<usize>,
    /// The repetition that the output ends with.
    repetition: Option<Repetition>,
    stacked: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repetition {
    /// `*`, `+` or `?`.
    Sign(char),
    /// `{n,m}`.
    Count,
}

impl Translation<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(character) = self.next() {
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '{' => self.brace()?,
                '^' => self.atom("(?m:^)"),
                '$' => self.atom("(?m:$)"),
                '.' => self.atom("."),
                '(' if self.rest.starts_with('?') => {
                    return Err("'(?' is not part of POSIX syntax".to_owned());
                }
                '(' => {
                    self.groups.push(self.output.len());
                    self.operator('(');
                }
                ')' => {
                    self.operator(')');
                    self.atom = self.groups.pop();
                }
                '|' => self.operator('|'),
                '*' | '+' | '?' => self.repeat(character)?,
                literal => self.literal(literal),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next();
        self.rest = characters.as_str();
        character
    }

    fn literal(&mut self, character: char) {
        self.atom(&regex_syntax::escape(character.encode_utf8(&mut [0; 4])));
    }

    /// Something that a repetition may follow.
    fn atom(&mut self, text: &str) {
        self.atom = Some(self.output.len());
        self.repetition = None;
        self.output.push_str(text);
    }

    /// Something that no repetition may follow.
    fn operator(&mut self, character: char) {
        self.output.push(character);
        self.atom = None;
        self.repetition = None;
    }

    /// Repetitions may be repeated in POSIX: `a+?` is `(a+)?`, while here it would be lazy. Two signs
    /// in a row are `*`, unless they are the same.
    fn repeat(&mut self, sign: char) -> Result<(), String> {
        match self.repetition {
            Some(Repetition::Sign(earlier)) => {
                self.output.pop();
                let both = if earlier == sign { sign } else { '*' };
                self.output.push(both);
                self.repetition = Some(Repetition::Sign(both));
            }
            Some(Repetition::Count) | None => {
                self.close_repetition()?;
                self.output.push(sign);
                self.repetition = Some(Repetition::Sign(sign));
            }
        }
        Ok(())
    }

    /// Puts a group around a repetition that is about to be repeated.
    fn close_repetition(&mut self) -> Result<(), String> {
        if let (Some(_), Some(start)) = (self.repetition, self.atom) {
            self.stacked = self.stacked.saturating_add(1);
            if self.stacked > STACKED_MAX {
                return Err("too many repetitions of repetitions".to_owned());
            }
            self.output.insert_str(start, "(?:");
            self.output.push(')');
        }
        Ok(())
    }

    /// `{n}`, `{n,}` and `{n,m}` repeat; any other brace stands for itself.
    fn brace(&mut self) -> Result<(), String> {
        let counts = self.rest.split_once('}').map(|(counts, _)| counts);
        let Some(counts) = counts.filter(|counts| is_count(counts)) else {
            self.literal('{');
            return Ok(());
        };
        let bounds = counts.split(',').filter(|bound| !bound.is_empty());
        for bound in bounds {
            if bound
                .parse::<u32>()
                .map_or(true, |count| count > REPEAT_MAX)
            {
                return Err(format!(
                    "'{{{counts}}}' repeats more than {REPEAT_MAX} times"
                ));
            }
        }
        self.close_repetition()?;
        self.output.push('{');
        self.output.push_str(counts);
        self.output.push('}');
        self.repetition = Some(Repetition::Count);
        self.rest = self
            .rest
            .get(counts.len().saturating_add(1)..)
            .unwrap_or_default();
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let value = self.escaped_character()?;
        self.literal(value);
        Ok(())
    }

    /// The character that a backslash and what follows it stand for.
    fn escaped_character(&mut self) -> Result<char, String> {
        let character = self.next().ok_or("trailing \\")?;
        match character {
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            'x' => self.hexadecimal(),
            '0' => self.octal(character),
            // One digit alone would be a reference to a group, which there is not.
            '1'..='7' if self.rest.starts_with(is_octal) => self.octal(character),
            word if word.is_ascii_alphanumeric() || !word.is_ascii() => {
                Err(format!("bad escape \\{word}"))
            }
            itself => Ok(itself),
        }
    }

    /// Up to three octal digits, the first of which has been read.
    fn octal(&mut self, first: char) -> Result<char, String> {
        let more = self
            .rest
            .chars()
            .take(2)
            .take_while(|c| is_octal(*c))
            .count();
        let (digits, rest) = self.rest.split_at_checked(more).unwrap_or_default();
        self.rest = rest;
        u32::from_str_radix(&format!("{first}{digits}"), 8)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| format!("bad escape \\{first}"))
    }

    /// `\xHH` or `\x{H…}`.
    fn hexadecimal(&mut self) -> Result<char, String> {
        let (digits, length) = match self.rest.strip_prefix('{') {
            Some(braced) => {
                let (digits, _) = braced.split_once('}').ok_or("bad escape \\x")?;
                (digits, digits.len().saturating_add(2))
            }
            None => (self.rest.get(..2).unwrap_or_default(), 2),
        };
        let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = if valid {
            u32::from_str_radix(digits, 16).ok()
        } else {
            None
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        value
            .and_then(char::from_u32)
            .ok_or_else(|| "bad escape \\x".to_owned())
    }

    /// What stands in brackets; the opening one has been read.
    fn class(&mut self) -> Result<(), String> {
        self.atom("[");
        if self.rest.starts_with('^') {
            self.next();
            self.output.push('^');
        }
        let mut first = true;
        loop {
            if !first && self.rest.starts_with(']') {
                self.next();
                self.output.push(']');
                return Ok(());
            }
            if !first && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                return Err("'-' within brackets stands for itself first or last only".to_owned());
            }
            first = false;
            if self.rest.starts_with("[:") && self.named_class()? {
                continue;
            }
            let low = self.class_character()?;
            self.class_literal(low);
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if is_range {
                self.next();
                let high = self.class_character()?;
                if high < low {
                    return Err(format!("invalid range {low}-{high}"));
                }
                self.output.push('-');
                self.class_literal(high);
            }
        }
    }

    /// `[:alpha:]` and its like; whether there was one.
    fn named_class(&mut self) -> Result<bool, String> {
        let Some(end) = self.rest.find(":]") else {
            return Ok(false);
        };
        let name = self.rest.get(..end.saturating_add(2)).unwrap_or_default();
        let bare = name.trim_matches(['[', ':', ']', '^']);
        let known = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
            "punct", "space", "upper", "word", "xdigit",
        ];
        if !known.contains(&bare) {
            return Err(format!("unknown character class {name}"));
        }
        self.output.push_str(name);
        self.rest = self.rest.get(name.len()..).unwrap_or_default();
        Ok(true)
    }

    fn class_character(&mut self) -> Result<char, String> {
        match self.next() {
            None => Err("missing ]".to_owned()),
            Some('\\') => self.escaped_character(),
            Some(character) => Ok(character),
        }
    }

    /// A character in a class. Everything that could be an operator there is escaped.
    fn class_literal(&mut self, character: char) {
        if character.is_ascii_punctuation() {
            self.output.push('\\');
        }
        self.output.push(character);
    }
}

fn is_octal(character: char) -> bool {
    matches!(character, '0'..='7')
}

fn is_count(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(',') {
        None => !text.is_empty() && digits(text),
        Some((low, high)) => !low.is_empty() && digits(low) && digits(high),
    }
}

#[cfg(test)]
mod tests;
