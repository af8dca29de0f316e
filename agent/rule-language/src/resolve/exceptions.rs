//! Exceptions: their shape, and the condition text they stand for.
//!
//! An exception with a list of fields holds tuples of values, each of which becomes
//! `(f1 c1 v1 and f2 c2 v2)`; one with a single field holds values, which become `(f in (v1, v2))`. The
//! rule's condition becomes `(condition) and not (exception 1) and not …`.

use crate::catalog::FieldCatalog;
use crate::check::Scope;
use crate::diagnostic::Code;
use crate::document::{Entry, Exception, Exceptions};
use crate::operator::{Modifier, Operator};
use crate::origin::MappedText;
use crate::report::{Found, Report};
use crate::span::Span;

/// Operators as `comps` names them.
const OPERATORS: [(&str, Operator); 20] = [
    ("exists", Operator::Exists),
    ("=", Operator::Equal),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("contains", Operator::Contains),
    ("icontains", Operator::IContains),
    ("bcontains", Operator::BContains),
    ("startswith", Operator::StartsWith),
    ("bstartswith", Operator::BStartsWith),
    ("endswith", Operator::EndsWith),
    ("glob", Operator::Glob),
    ("iglob", Operator::IGlob),
    ("regex", Operator::Regex),
    ("in", Operator::In),
    ("intersects", Operator::Intersects),
    ("pmatch", Operator::PMatch),
];

/// Whether what follows a comparison is a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Single,
    List,
    Modified,
}

fn comparison(text: &str) -> Option<Comparison> {
    let mut words = text.split(' ');
    let name = words.next()?;
    let (_, operator) = OPERATORS.into_iter().find(|(known, _)| *known == name)?;
    let Some(modifier) = words.next() else {
        let list = operator.takes_list();
        return Some(if list {
            Comparison::List
        } else {
            Comparison::Single
        });
    };
    let known = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf]
        .into_iter()
        .any(|known| known.name() == modifier);
    let fits = !operator.takes_list() && !operator.is_ordering() && operator != Operator::Exists;
    (known && fits && words.next().is_none()).then_some(Comparison::Modified)
}

/// Checks fields and comparisons, and fills in the comparisons that were left out. Fields are not
/// checked if the source is unknown.
pub(super) fn validate(
    exception: &mut Exception,
    source: Option<&str>,
    catalog: &dyn FieldCatalog,
) -> Found<()> {
    let context = exception.context.clone();
    let refuse = |message: String| Err(context.finding(Code::ErrValidate, message));
    let fields: Vec<&Entry> = match &exception.fields {
        Entry::List(fields) => fields.iter().collect(),
        single => vec![single],
    };
    let is_list = matches!(exception.fields, Entry::List(_));
    if !exception.comps.is_given() {
        let default = |text: &str| {
            let mut comparison = MappedText::default();
            comparison.push_whole(text, context.span());
            Entry::Text(comparison)
        };
        exception.comps = if is_list {
            Entry::List(fields.iter().map(|_| default("=")).collect())
        } else {
            default("in")
        };
    }
    let mut comps: Vec<&mut Entry> = match &mut exception.comps {
        Entry::List(_) if !is_list => {
            return refuse("fields and comps must both be strings".to_owned());
        }
        Entry::List(comps) if comps.len() == fields.len() => comps.iter_mut().collect(),
        single if !is_list => vec![single],
        _ => return refuse("fields and comps lists must have equal length".to_owned()),
    };
    for entry in &mut comps {
        let text = entry.text().trimmed();
        match comparison(text.as_str()) {
            None if is_list => {
                return refuse(format!(
                    "'{}' is not a supported comparison operator",
                    text.as_str()
                ));
            }
            None | Some(Comparison::Single) if !is_list => {
                return refuse(
                    "when fields is a single value, comps must be one of (in, pmatch, intersects) or \
                     a modifier operator (as in 'startswith oneof')"
                        .to_owned(),
                );
            }
            _ => **entry = Entry::Text(text),
        }
    }
    let Some(source) = source else { return Ok(()) };
    let scope = Scope { catalog, source };
    for field in fields {
        let text = field.text();
        if let Err(error) = scope.filter_field(&text) {
            let message = format!("'{}' is not a supported filter field", text.as_str());
            return Err(context
                .finding_at(Code::ErrValidate, message, text.span(0..text.len()))
                .with_remedy(error.remedy.or(Some(error.message))));
        }
    }
    Ok(())
}

/// The condition with the exceptions taken out of it; wrong ones are reported and left out.
pub(crate) fn condition_with_exceptions(
    condition: &MappedText,
    exceptions: &Exceptions,
    report: &mut Report<'_>,
) -> MappedText {
    if exceptions.items.is_empty() {
        return condition.clone();
    }
    let mut text = MappedText::default();
    let whole = condition.span(0..condition.len());
    text.push_whole("(", start_of(whole));
    text.push_all(condition);
    text.push_whole(")", whole);
    for exception in &exceptions.items {
        let clause = match &exception.fields {
            Entry::List(fields) => tuples(exception, fields),
            single => values(exception, &single.text()),
        };
        if let Some(clause) = report.check(clause)
            && clause.len() > 0
        {
            text.push_whole(" and not ", exception.context.span());
            text.push_all(&clause);
        }
    }
    text
}

fn start_of(span: Span) -> Span {
    Span::new(span.file, span.start, span.start)
}

/// `(field comparison (v1, v2, …))`
fn values(exception: &Exception, field: &MappedText) -> Found<MappedText> {
    let place = exception.context.span();
    let mut text = MappedText::default();
    for value in &exception.values {
        if matches!(value, Entry::List(_)) {
            let message = "expected values array to contain a list of strings";
            return Err(exception.context.finding(Code::ErrValidate, message));
        }
        if text.len() == 0 {
            text.push_whole("(", place);
            text.push_all(field);
            text.push_whole(" ", place);
            text.push_all(&exception.comps.text());
            text.push_whole(" (", place);
        } else {
            text.push_whole(", ", place);
        }
        text.push_all(&quoted(&value.text()));
    }
    if text.len() > 0 {
        text.push_whole("))", place);
    }
    Ok(text)
}

/// `((f1 c1 v1 and f2 c2 v2) or (…))`
fn tuples(exception: &Exception, fields: &[Entry]) -> Found<MappedText> {
    let place = exception.context.span();
    let comps: &[Entry] = match &exception.comps {
        Entry::List(comps) => comps,
        Entry::Absent | Entry::Text(_) => &[],
    };
    let mut text = MappedText::default();
    for tuple in &exception.values {
        let items: &[Entry] = match tuple {
            Entry::List(items) => items,
            Entry::Absent | Entry::Text(_) => &[],
        };
        if items.len() != fields.len() {
            let message = "fields and values lists must have equal length";
            return Err(exception.context.finding(Code::ErrValidate, message));
        }
        text.push_whole(if text.len() == 0 { "((" } else { " or (" }, place);
        for (index, ((field, comp), item)) in fields.iter().zip(comps).zip(items).enumerate() {
            if index > 0 {
                text.push_whole(" and ", place);
            }
            let comp = comp.text();
            text.push_all(&field.text());
            text.push_whole(" ", place);
            text.push_all(&comp);
            text.push_whole(" ", place);
            text.push_all(&value(item, comparison(comp.as_str()), place));
        }
        text.push_whole(")", place);
    }
    if text.len() > 0 {
        text.push_whole(")", place);
    }
    Ok(text)
}

fn value(item: &Entry, comparison: Option<Comparison>, place: Span) -> MappedText {
    let mut text = MappedText::default();
    match item {
        Entry::List(values) => {
            text.push_whole("(", place);
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push_whole(", ", place);
                }
                text.push_all(&quoted(&value.text()));
            }
            text.push_whole(")", place);
        }
        single => {
            let single = single.text();
            if comparison == Some(Comparison::Single) {
                return quoted(&single);
            }
            if single.as_str().starts_with('(') {
                return single;
            }
            text.push_whole("(", place);
            text.push_all(&single);
            text.push_whole(")", place);
        }
    }
    text
}

/// A value that holds a blank gets quotes, unless it begins with one.
fn quoted(value: &MappedText) -> MappedText {
    if !value.as_str().contains(' ') || value.as_str().starts_with(['"', '\'']) {
        return value.clone();
    }
    let span = value.span(0..value.len());
    let mut text = MappedText::default();
    text.push_whole("\"", start_of(span));
    text.push_all(value);
    text.push_whole("\"", span);
    text
}
