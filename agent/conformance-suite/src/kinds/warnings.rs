//! `filter_warnings`: which conditions deserve a warning.

use saker_rule_language::{
    ArgumentRule, FieldCatalog, FieldDefinition, FieldId, FieldType, FieldUsage, check_condition,
};

use super::{SOURCE, listing};
use crate::catalog::SuiteCatalog;
use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `{filter, warns}`.
pub(crate) fn check(suite: &Suite, case: &Case) -> Outcome {
    let warns = case.truth("warns")?;
    let catalog = WithAnyField(&suite.catalog);
    let checked = check_condition(case.text("filter")?, SOURCE, &catalog)
        .map_err(|errors| Mismatch::new("it compiles", listing(&errors)))?;
    if checked.warnings.is_empty() == warns {
        let wanted = if warns { "a warning" } else { "no warning" };
        return Err(Mismatch::new(wanted, listing(&checked.warnings)));
    }
    Ok(())
}

/// The fields of the suite, and every other name as a text: Falco warns before it looks fields up, and
/// its cases make names up.
struct WithAnyField<'c>(&'c SuiteCatalog);

impl WithAnyField<'_> {
    /// Whether a name is that of a field, perhaps with an argument behind a dot.
    fn is_known(&self, source: &str, name: &str) -> bool {
        let dots = name.match_indices('.').map(|(dot, _)| dot);
        let mut ends = dots.chain([name.len()]);
        ends.any(|end| {
            let start = name.get(..end).unwrap_or_default();
            self.0.field(source, start).is_some()
        })
    }
}

impl FieldCatalog for WithAnyField<'_> {
    fn field(&self, source: &str, name: &str) -> Option<FieldDefinition<'_>> {
        if self.is_known(source, name) {
            return self.0.field(source, name);
        }
        Some(FieldDefinition {
            id: FieldId(u16::MAX),
            name: "any field",
            value_type: FieldType::String,
            is_list: false,
            argument: ArgumentRule::None,
            usage: FieldUsage::default(),
        })
    }

    fn field_names(&self, source: &str) -> Vec<&str> {
        self.0.field_names(source)
    }

    fn has_source(&self, source: &str) -> bool {
        self.0.has_source(source)
    }

    fn event_types(&self, source: &str) -> Vec<&str> {
        self.0.event_types(source)
    }

    fn is_argument(&self, source: &str, field: FieldId, argument: &str) -> bool {
        self.0.is_argument(source, field, argument)
    }

    fn integer_bits(&self, source: &str, field: FieldId, argument: Option<&str>) -> u32 {
        self.0.integer_bits(source, field, argument)
    }

    fn dynamic_type(&self, source: &str, field: FieldId, argument: &str) -> Option<FieldType> {
        self.0.dynamic_type(source, field, argument)
    }
}
