//! Output templates: text with `%field` tokens.
//!
//! A token is `%`, an optional width, and a field or transform; it ends where the field's syntax ends,
//! so no blank is needed after it. `%10proc.name` pads or cuts to ten characters. Where a longer name is
//! no field, a shorter one is taken: in `%proc.names`, the `s` is text.

use std::sync::Arc;

use crate::check::{CheckError, CheckErrorKind, Scope, Warning};
use crate::checked::Operand;
use crate::diagnostic::Code;
use crate::origin::MappedText;
use crate::syntax::{Term, parse_term_prefix};

/// A token may take this many bytes.
const TOKEN_BYTES_MAX: usize = 4096;

/// Where all of a token is no field, it may begin with one of this many bytes.
const SHORTER_TOKEN_BYTES_MAX: usize = 128;

/// The widest padding.
const WIDTH_MAX: usize = 10_000;

/// A checked output template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Text and tokens in order.
    pub parts: Vec<TemplatePart>,
    /// What a field without a value does. Outputs of rules always print `<NA>`; a template given by
    /// itself does so if it begins with `*`.
    pub on_missing: OnMissing,
    /// The template as written, without that `*`.
    pub text: Arc<str>,
}

/// What a template does about a field without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnMissing {
    /// Print `<NA>` in its place.
    Print,
    /// Give no output at all.
    Omit,
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text as it is.
    Text(Arc<str>),
    /// A value.
    Token(TemplateToken),
}

/// A `%…` token.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateToken {
    /// What to print.
    pub operand: Operand,
    /// Characters to pad or cut to.
    pub width: Option<usize>,
    /// Canonical text of the token, which is also its key among the output fields: `proc.aname[2]`.
    pub text: Arc<str>,
}

/// Parses and checks a template.
pub(crate) fn check_template_text(
    text: &MappedText,
    on_missing: OnMissing,
    scope: &Scope<'_>,
) -> Result<(Template, Vec<Warning>), CheckError> {
    let mut reader = Reader {
        text,
        scope,
        parts: Vec::new(),
        warnings: Vec::new(),
    };
    if text.len() == 0 {
        return Err(reader.mismatch("empty output template", 0..0));
    }
    let raw = text.as_str();
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.find('%') {
            Some(0) => at = reader.token(at)?,
            found => {
                let plain = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
                reader.parts.push(TemplatePart::Text(plain.into()));
                at = at.saturating_add(plain.len());
            }
        }
    }
    let Reader {
        parts, warnings, ..
    } = reader;
    Ok((
        Template {
            parts,
            on_missing,
            text: raw.into(),
        },
        warnings,
    ))
}

struct Reader<'a> {
    text: &'a MappedText,
    scope: &'a Scope<'a>,
    parts: Vec<TemplatePart>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn mismatch(&self, message: &str, range: std::ops::Range<usize>) -> CheckError {
        CheckError {
            kind: CheckErrorKind::Mismatch,
            message: message.to_owned(),
            span: self.text.span(range),
            remedy: None,
        }
    }

    /// Reads the token whose `%` is at `start`, and gives the place after it.
    fn token(&mut self, start: usize) -> Result<usize, CheckError> {
        let after = start.saturating_add(1);
        let rest = self.text.as_str().get(after..).unwrap_or_default();
        if rest.is_empty() {
            return Err(self.mismatch("an output template cannot end with '%'", start..after));
        }
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let name = after.saturating_add(digits);
        if digits == rest.len() {
            return Err(self.mismatch("an output template cannot end with a width", start..name));
        }
        let width = match rest.get(..digits).filter(|digits| !digits.is_empty()) {
            None => None,
            Some(digits) => match digits.parse::<usize>() {
                Ok(width) if width <= WIDTH_MAX => Some(width).filter(|width| *width > 0),
                _ => {
                    let message = format!("a width may be {WIDTH_MAX} at most");
                    return Err(self.mismatch(&message, start..name));
                }
            },
        };
        let (term, operand, end) = self.operand(start, name)?;
        for field in term.fields() {
            let term = Term::Field(field.clone());
            self.warnings.extend(self.scope.deprecation(&term));
            self.warnings.extend(self.no_value(&term));
        }
        let text = Arc::from(operand.text());
        self.parts.push(TemplatePart::Token(TemplateToken {
            operand,
            width,
            text,
        }));
        Ok(end)
    }

    /// The longest field or transform at `name`.
    fn operand(&self, start: usize, name: usize) -> Result<(Term, Operand, usize), CheckError> {
        let mut length = self.text.len().saturating_sub(name).min(TOKEN_BYTES_MAX);
        let mut first_error = None;
        while length > 0 {
            let mut window = MappedText::default();
            window.push_part(self.text, name..name.saturating_add(length));
            let reached = match parse_term_prefix(&window) {
                // Only the first error is told: what is unknown after it need not be looked into.
                Ok((Term::Field(used), end))
                    if first_error.is_some() && !self.scope.has_field(&used) =>
                {
                    end
                }
                Ok((term, end)) => match self.scope.operand(&term) {
                    Ok(typed) => return Ok((term, typed.operand, name.saturating_add(end))),
                    Err(error) => {
                        first_error.get_or_insert(error);
                        end
                    }
                },
                Err((error, reached)) => {
                    first_error.get_or_insert_with(|| {
                        let span = self.text.span(start..name.saturating_add(reached.max(1)));
                        let message = format!("invalid formatting token: {}", error.message);
                        self.unknown(message, span)
                    });
                    reached.saturating_add(1)
                }
            };
            // What lies beyond the place the parser reached made no difference.
            length = reached
                .min(length)
                .saturating_sub(1)
                .min(SHORTER_TOKEN_BYTES_MAX);
        }
        let error =
            first_error.unwrap_or_else(|| self.mismatch("invalid formatting token", start..name));
        // Falco takes every token it does not understand for an unknown field.
        Err(CheckError {
            kind: CheckErrorKind::Unknown,
            ..error
        })
    }

    fn unknown(&self, message: String, span: crate::span::Span) -> CheckError {
        CheckError {
            kind: CheckErrorKind::Unknown,
            message,
            span,
            remedy: None,
        }
    }

    /// A warning about a field that has no value to print.
    fn no_value(&self, term: &Term) -> Option<Warning> {
        let typed = self.scope.operand(term).ok()?;
        typed.usage.filter_only.then(|| Warning {
            code: Code::CompileCondition,
            message: format!(
                "field '{}' has no value of its own in outputs, it will print <NA>",
                typed.operand.text()
            ),
            span: term.span(),
            remedy: None,
        })
    }
}

#[cfg(test)]
mod tests;
