//! Conditions made of random choices: the grammar is kept, types and values are not.

use std::fmt;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use saker_rule_fields::{FieldCatalog, SYSCALL_SOURCE};
use saker_rule_language::{ArgumentRule, TransformKind};

use crate::scene::FIELDS;

/// Nesting of `and`, `or` and `not`.
const NESTING_MAX: usize = 6;

/// Transformers inside one another.
const CALLS_MAX: usize = 3;

const OPERATORS: [&str; 16] = [
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "contains",
    "icontains",
    "bcontains",
    "startswith",
    "bstartswith",
    "endswith",
    "glob",
    "iglob",
    "regex",
];

const LIST_OPERATORS: [&str; 3] = ["in", "intersects", "pmatch"];

const MODIFIERS: [&str; 3] = ["oneof", "anyof", "allof"];

/// Values that some type of field takes, and some that none does.
const VALUES: [&str; 32] = [
    "0",
    "1",
    "-1",
    "65535",
    "0x1f",
    "18446744073709551615",
    "1.5",
    "true",
    "false",
    "https",
    "10.0.0.0/8",
    "127.0.0.1",
    "::1",
    "fe80::/10",
    "7f454c46",
    "zz",
    "<NA>",
    "cat",
    "/etc/*",
    "/etc/",
    "[a-z]+",
    "\"(a|b){1,3}\"",
    "\"[[:alpha:]]*\"",
    "\"\"",
    "''",
    "'a b'",
    "\"\\x80\\xff\"",
    "openat",
    "execve",
    "O_RDONLY",
    "CAP_SYS_ADMIN",
    "+5",
];

static FIELD_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| FIELDS.iter().map(|(_, row)| row.name).collect());

/// The text of a condition.
pub struct Condition(pub String);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> Arbitrary<'a> for Condition {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut writer = Writer {
            u,
            text: String::new(),
        };
        writer.condition(NESTING_MAX)?;
        Ok(Self(writer.text))
    }
}

struct Writer<'u, 'a> {
    u: &'u mut Unstructured<'a>,
    text: String,
}

impl Writer<'_, '_> {
    fn choose(&mut self, choices: &[&'static str]) -> Result<()> {
        let chosen = self.u.choose(choices)?;
        self.text.push_str(chosen);
        Ok(())
    }

    fn condition(&mut self, nesting: usize) -> Result<()> {
        let kind = if nesting == 0 {
            0
        } else {
            self.u.int_in_range(0..=5_u8)?
        };
        match kind {
            0..=2 => self.test(),
            3 => {
                self.text.push_str("not ");
                self.condition(nesting - 1)
            }
            _ => {
                let junction = if kind == 4 { " and " } else { " or " };
                self.text.push('(');
                let parts = self.u.int_in_range(1..=4_u8)?;
                for part in 0..parts {
                    if part > 0 {
                        self.text.push_str(junction);
                    }
                    self.condition(nesting - 1)?;
                }
                self.text.push(')');
                Ok(())
            }
        }
    }

    fn test(&mut self) -> Result<()> {
        self.term(CALLS_MAX)?;
        self.text.push(' ');
        match self.u.int_in_range(0..=7_u8)? {
            0 => self.text.push_str("exists"),
            1..=2 => {
                self.choose(&LIST_OPERATORS)?;
                self.text.push(' ');
                if self.u.ratio(1, 8)? {
                    self.right_term()?;
                } else {
                    self.list(Self::value)?;
                }
            }
            3 => {
                self.choose(&OPERATORS)?;
                self.text.push(' ');
                self.choose(&MODIFIERS)?;
                self.text.push(' ');
                self.list(Self::value)?;
            }
            4 => {
                self.choose(&OPERATORS)?;
                self.text.push(' ');
                self.right_term()?;
            }
            _ => {
                self.choose(&OPERATORS)?;
                self.text.push(' ');
                self.value()?;
            }
        }
        Ok(())
    }

    fn list(&mut self, item: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        self.text.push('(');
        for index in 0..self.u.int_in_range(0..=4_u8)? {
            if index > 0 {
                self.text.push_str(", ");
            }
            item(self)?;
        }
        self.text.push(')');
        Ok(())
    }

    /// A field or a transformer on the left-hand side.
    fn term(&mut self, calls: usize) -> Result<()> {
        if calls == 0 || self.u.ratio(2, 3)? {
            self.field()
        } else {
            self.call(calls)
        }
    }

    /// A field in `val()` or a transformer on the right-hand side.
    fn right_term(&mut self) -> Result<()> {
        if self.u.arbitrary()? {
            self.text.push_str("val(");
            self.field()?;
            self.text.push(')');
            Ok(())
        } else {
            self.call(CALLS_MAX)
        }
    }

    fn field(&mut self) -> Result<()> {
        let name = *self.u.choose(&FIELD_NAMES)?;
        self.text.push_str(name);
        let rule = FIELDS
            .field(SYSCALL_SOURCE, name)
            .map_or(ArgumentRule::None, |field| field.argument);
        let has_argument = match rule {
            ArgumentRule::None => self.u.ratio(1, 32)?,
            ArgumentRule::Optional(_) => self.u.arbitrary()?,
            ArgumentRule::Required(_) => self.u.ratio(31, 32)?,
        };
        if has_argument {
            self.choose(&[
                "[0]",
                "[1]",
                "[2]",
                "[PATH]",
                "[name]",
                "[flags]",
                "['a b']",
                ".name",
                ".flags",
                ".openat",
                "[src]",
                "[4294967296]",
            ])?;
        }
        Ok(())
    }

    fn call(&mut self, calls: usize) -> Result<()> {
        let kind = *self.u.choose(&[
            TransformKind::ToLower,
            TransformKind::ToUpper,
            TransformKind::Base64Decode,
            TransformKind::Basename,
            TransformKind::Length,
            TransformKind::Join,
            TransformKind::Concat,
            TransformKind::Getopt,
        ])?;
        let calls = calls - 1;
        self.text.push_str(kind.name());
        self.text.push('(');
        match kind {
            TransformKind::Join => {
                self.choose(&["'->'", "','", "5", "''"])?;
                self.text.push(',');
                self.list(|writer| writer.argument(calls))?;
            }
            TransformKind::Concat => {
                self.argument(calls)?;
                self.text.push(',');
                self.argument(calls)?;
            }
            TransformKind::Getopt => {
                self.term(calls)?;
                self.choose(&[",'ab:c'", ",'n'", ",''", ",':'", ""])?;
            }
            _ => self.argument(calls)?,
        }
        self.text.push(')');
        if kind == TransformKind::Getopt {
            self.choose(&["", "[a]", "[n]", "[long]"])?;
        }
        Ok(())
    }

    fn argument(&mut self, calls: usize) -> Result<()> {
        if self.u.ratio(1, 4)? {
            self.choose(&["'x'", "'a b'", "17", "-2.5"])
        } else {
            self.term(calls)
        }
    }

    fn value(&mut self) -> Result<()> {
        if self.u.ratio(7, 8)? {
            return self.choose(&VALUES);
        }
        let length = self.u.int_in_range(0..=12_usize)?;
        let bytes = self.u.bytes(length.min(self.u.len()))?;
        self.text.push_str(&quoted(bytes));
        Ok(())
    }
}

/// Any bytes as a literal.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    let inside: String = bytes
        .iter()
        .map(|byte| match byte {
            b' ' | b'.' | b'/' | b'_' | b'-' => char::from(*byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        })
        .collect();
    format!("\"{inside}\"")
}

/// A rules file with one rule for each condition.
#[must_use]
pub fn rules_file<'c>(conditions: impl IntoIterator<Item = &'c str>) -> String {
    (0..)
        .zip(conditions)
        .map(|(number, condition)| {
            let condition = condition.replace('\'', "''");
            format!(
                "- rule: r{number}\n  desc: d\n  condition: '{condition}'\n  output: o\n  \
                 priority: INFO\n  warn_evttypes: false\n"
            )
        })
        .collect()
}
