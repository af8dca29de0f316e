//! Output templates: which parse, and what their tokens are.

use std::collections::BTreeSet;

use saker_rule_language::{OnMissing, TemplatePart, check_template};

use crate::catalog::FalcoCatalog;
use crate::data;

#[test]
fn output_formats() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "output_format",
        |_| true,
        |case| {
            let format = case["format"].as_str().expect("a format");
            let outcome = check_template(format, "syscall", &catalog);
            let template = match outcome {
                Err(_) if case["valid"] == false => return Ok(()),
                Err(error) => return Err(format!("{format}: {error}")),
                Ok(_) if case["valid"] == false => return Err(format!("{format}: is valid")),
                Ok(template) => template,
            };
            let printing = template.on_missing == OnMissing::Print;
            if printing != format.starts_with('*') {
                return Err(format!("{format}: {:?}", template.on_missing));
            }
            let tokens: BTreeSet<&str> = template
                .parts
                .iter()
                .filter_map(|part| match part {
                    TemplatePart::Token(token) => Some(&*token.text),
                    TemplatePart::Text(_) => None,
                })
                .collect();
            // The fields within transforms are the engine's to add, and to leave out the transforms.
            let Some(fields) = case["fields"].as_object() else {
                return Ok(());
            };
            let transforms = fields.keys().any(|field| field.contains('('));
            let wanted = fields
                .keys()
                .filter(|_| !format.contains('(') && case["complete"] == true);
            for field in wanted {
                if !tokens.contains(field.as_str()) {
                    return Err(format!("{format}: no token {field} in {tokens:?}"));
                }
            }
            for token in tokens.iter().filter(|_| transforms) {
                if !fields.contains_key(*token) {
                    return Err(format!("{format}: {token} is not among the fields"));
                }
            }
            Ok(())
        },
    );
}
