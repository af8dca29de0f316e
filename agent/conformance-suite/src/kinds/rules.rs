//! Rules files: what loads, with which codes, and what comes out.

use saker_rule_language::{
    AppendOutput, Code, Diagnostic, ErrorReporting, LoadOptions, Loaded, PluginVersion,
    SchemaStatus, Severity, SourceFile, load,
};
use serde_json::Value;

use super::listing;
use crate::data::{Case, Mismatch, Outcome};
use crate::suite::Suite;

/// `rule_loader_falco_unit`: `{rules_yaml, expect, codes, schema}` and what the rules become.
pub(crate) fn check_loading(suite: &Suite, case: &Case) -> Outcome {
    let options = LoadOptions {
        append_output: appended(case.get("engine_setup")),
        ..LoadOptions::default()
    };
    let attempts = Attempts::new(suite, &files(case)?, &options);
    attempts.check_codes(case)?;
    check_schema(case, &attempts.all)?;
    check_rules(case, &attempts.all)
}

/// `rule_validation_falco_testing`: the same from several files, with `details` of the diagnostics.
pub(crate) fn check_validation(suite: &Suite, case: &Case) -> Outcome {
    let attempts = Attempts::new(suite, &files(case)?, &LoadOptions::default());
    attempts.check_codes(case)?;
    let found = &attempts.first.diagnostics;
    for detail in elements(case.get("details")) {
        if !found.iter().any(|it| is_about(it, detail)) {
            return Err(Mismatch::new(detail, listing(found)));
        }
    }
    for count in elements(case.get("counts")) {
        let severity = match count["level"].as_str() {
            Some("warning") => Severity::Warning,
            _ => Severity::Error,
        };
        let number = u64::try_from(codes_of(found, severity).len()).ok();
        if number != count["count"].as_u64() {
            return Err(Mismatch::new(count, listing(found)));
        }
    }
    Ok(())
}

/// `plugin_requirements`: `{loaded_plugins, rules_yaml, requirements_met}`.
pub(crate) fn check_requirements(suite: &Suite, case: &Case) -> Outcome {
    let met = case.truth("requirements_met")?;
    let plugins = elements(case.get("loaded_plugins"))
        .iter()
        .map(plugin)
        .collect::<Result<_, _>>()?;
    let options = LoadOptions {
        plugins: Some(plugins),
        ..LoadOptions::default()
    };
    let loaded = load(&files(case)?, &suite.catalog, &options);
    if loaded.rules.is_some() == met {
        return Ok(());
    }
    let wanted = if met {
        "requirements are met"
    } else {
        "an error"
    };
    Err(Mismatch::new(wanted, listing(&loaded.diagnostics)))
}

fn plugin(plugin: &Value) -> Result<PluginVersion, Mismatch> {
    let malformed = || Mismatch::new("a plugin with a name and a version", plugin);
    let text = |key: &str| plugin[key].as_str().ok_or_else(malformed);
    Ok(PluginVersion {
        name: text("name")?.into(),
        version: text("version")?.parse().map_err(|_| malformed())?,
    })
}

/// The rules files of a case; one without files has one text.
fn files(case: &Case) -> Result<Vec<SourceFile>, Mismatch> {
    let Some(files) = case.get("rules_files").as_array() else {
        return Ok(vec![SourceFile::new(
            "rules.yaml",
            case.text("rules_yaml")?,
        )]);
    };
    files
        .iter()
        .map(
            |file| match (file["name"].as_str(), file["yaml"].as_str()) {
                (Some(name), Some(yaml)) => Ok(SourceFile::new(name, yaml)),
                _ => Err(Mismatch::new("a file with a name and a text", file)),
            },
        )
        .collect()
}

fn appended(steps: &Value) -> Vec<AppendOutput> {
    let text = |value: &Value| value.as_str().map(Into::into);
    elements(steps)
        .iter()
        .map(|step| AppendOutput {
            source: text(&step["source"]),
            tags: elements(&step["tags"]).iter().filter_map(text).collect(),
            rule: text(&step["rule"]),
            text: text(&step["append_output"]).unwrap_or_default(),
        })
        .collect()
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn codes_of(diagnostics: &[Diagnostic], severity: Severity) -> Vec<&'static str> {
    diagnostics
        .iter()
        .filter(|it| it.severity == severity)
        .map(|it| it.code.name())
        .collect()
}

fn is_about(diagnostic: &Diagnostic, detail: &Value) -> bool {
    let is = |key: &str, found: &str| detail[key].as_str().is_none_or(|wanted| wanted == found);
    is("code", diagnostic.code.name())
        && is("level", &diagnostic.severity.to_string())
        && diagnostic
            .context
            .iter()
            .any(|item| is("itemtype", item.kind.name()) && is("itemname", &item.name))
}

/// The files loaded in both ways of telling errors.
struct Attempts {
    /// With everything that is wrong.
    all: Loaded,
    /// Up to the first error, as Falco stops there.
    first: Loaded,
}

impl Attempts {
    fn new(suite: &Suite, files: &[SourceFile], options: &LoadOptions) -> Self {
        let attempt = |errors| {
            let options = LoadOptions {
                errors,
                ..options.clone()
            };
            load(files, &suite.catalog, &options)
        };
        Self {
            all: attempt(ErrorReporting::All),
            first: attempt(ErrorReporting::First),
        }
    }

    /// Compares with `expect`, `codes` and `has_warnings`.
    fn check_codes(&self, case: &Case) -> Outcome {
        let found = &self.all.diagnostics;
        let mismatch = |wanted: String| Err(Mismatch::new(wanted, listing(found)));
        let errors = codes_of(found, Severity::Error);
        let warnings = codes_of(found, Severity::Warning);
        let codes: Vec<&str> = elements(case.get("codes"))
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let expect = case.text("expect")?;
        if self.all.rules.is_some() != errors.is_empty() {
            return mismatch("rules if and only if there is no error".to_owned());
        }
        match expect {
            "error" if errors.is_empty() => return mismatch(format!("an error {codes:?}")),
            "error" => {
                let first = codes_of(&self.first.diagnostics, Severity::Error);
                if !codes.is_empty() && first != codes {
                    return mismatch(format!("{codes:?} first"));
                }
            }
            "ok" | "warning" => {
                let missing = codes.iter().any(|code| !warnings.contains(code));
                let silent = expect == "warning" && warnings.is_empty();
                if !errors.is_empty() || missing || silent {
                    return mismatch(format!("{expect} with {codes:?}"));
                }
            }
            other => return mismatch(format!("an expectation that is known, not {other}")),
        }
        let told = codes_of(&self.first.diagnostics, Severity::Warning);
        if case.get("has_warnings") == !told.is_empty() || case.get("has_warnings").is_null() {
            return Ok(());
        }
        Err(Mismatch::new(
            format!("has_warnings: {}", case.get("has_warnings")),
            listing(&self.first.diagnostics),
        ))
    }
}

/// Compares the file's shape with `schema`: `ok`, `failed` or `none`.
fn check_schema(case: &Case, loaded: &Loaded) -> Outcome {
    let Some(wanted) = case.get("schema").as_str() else {
        return Ok(());
    };
    let status = loaded.schemas.first();
    let found = match status {
        Some(SchemaStatus::Valid) => "ok",
        Some(SchemaStatus::Invalid(_)) => "failed",
        Some(SchemaStatus::Unchecked) | None => "none",
    };
    if found == wanted {
        return Ok(());
    }
    Err(Mismatch::new(
        format!("schema: {wanted}"),
        format!("{status:?}"),
    ))
}

/// Compares with `compiled_condition`, `compiled_output`, `enabled_rules` and `warnings_absent`.
fn check_rules(case: &Case, loaded: &Loaded) -> Outcome {
    let Some(set) = &loaded.rules else {
        return Ok(());
    };
    for key in ["compiled_condition", "compiled_output"] {
        for (name, wanted) in case.get(key).as_object().into_iter().flatten() {
            let rule = set.rules.iter().find(|rule| *rule.name == **name);
            let found = rule.map_or("no such rule", |rule| match key {
                "compiled_condition" => &rule.condition_text,
                _ => &rule.output.text,
            });
            if wanted != found {
                return Err(Mismatch::new(format!("{key} of {name}: {wanted}"), found));
            }
        }
    }
    if let Some(wanted) = case.get("enabled_rules").as_u64() {
        let enabled = set.rules.iter().filter(|rule| rule.enabled).count();
        if u64::try_from(enabled).ok() != Some(wanted) {
            return Err(Mismatch::new(format!("{wanted} enabled rules"), enabled));
        }
    }
    for text in elements(case.get("warnings_absent")) {
        if let Some(found) = unwanted(text, &loaded.diagnostics) {
            return Err(Mismatch::new(format!("not {text}"), found));
        }
    }
    Ok(())
}

/// A warning that says what this text of Falco's says. Saker words its warnings itself, so the text
/// tells which code is meant.
fn unwanted<'d>(text: &Value, diagnostics: &'d [Diagnostic]) -> Option<&'d Diagnostic> {
    let text = text.as_str().unwrap_or_default();
    let code = if text.contains("too many evt.type") {
        Code::NoEvttype
    } else {
        Code::DeprecatedItem
    };
    diagnostics.iter().find(|it| it.code == code)
}
