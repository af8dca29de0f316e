//! Rules files: what loads, and with which codes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use saker_rule_language::{
    AppendOutput, Code, Diagnostic, ErrorReporting, LoadOptions, Loaded, PluginVersion,
    SchemaStatus, Severity, SourceFile, load, matches_name,
};
use serde_json::Value;

use crate::catalog::FalcoCatalog;
use crate::data;

fn names_of(diagnostics: &[Diagnostic], severity: Severity) -> Vec<&'static str> {
    diagnostics
        .iter()
        .filter(|it| it.severity == severity)
        .map(|it| it.code.name())
        .collect()
}

fn listing(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|it| format!("\n    {it}")).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Loads with every error, and once more up to the first.
fn load_both(files: &[SourceFile], catalog: &FalcoCatalog, options: &LoadOptions) -> [Loaded; 2] {
    [ErrorReporting::All, ErrorReporting::First].map(|errors| {
        let options = LoadOptions {
            errors,
            ..options.clone()
        };
        load(files, catalog, &options)
    })
}

/// Compares the outcome with `expect` and `codes`.
fn check_outcome(case: &Value, loaded: &Loaded, first: &Loaded) -> Result<(), String> {
    let errors = names_of(&loaded.diagnostics, Severity::Error);
    let warnings = names_of(&loaded.diagnostics, Severity::Warning);
    let said = listing(&loaded.diagnostics);
    let expect = case["expect"].as_str().expect("an expectation");
    let codes = strings(&case["codes"]);
    if loaded.rules.is_some() != errors.is_empty() {
        return Err(format!("rules and errors disagree:{said}"));
    }
    match expect {
        "error" => {
            if errors.is_empty() {
                return Err(format!("wanted an error, got:{said}"));
            }
            let first_errors = names_of(&first.diagnostics, Severity::Error);
            if !codes.is_empty() && first_errors != codes {
                return Err(format!("wanted {codes:?}, got {first_errors:?}:{said}"));
            }
        }
        "ok" | "warning" => {
            if !errors.is_empty() {
                return Err(format!("wanted {expect}, got:{said}"));
            }
            if let Some(missing) = codes.iter().find(|code| !warnings.contains(code)) {
                return Err(format!("wanted {missing}, got:{said}"));
            }
        }
        other => return Err(format!("unknown expectation {other}")),
    }
    if case["has_warnings"] == false && !warnings.is_empty() {
        return Err(format!("wanted no warning, got:{said}"));
    }
    Ok(())
}

fn check_rules(case: &Value, loaded: &Loaded) -> Result<(), String> {
    let Some(set) = &loaded.rules else {
        return Ok(());
    };
    let rule = |name: &str| {
        set.rules
            .iter()
            .find(|rule| &*rule.name == name)
            .ok_or(format!("no rule '{name}'"))
    };
    for (name, wanted) in case["compiled_condition"].as_object().into_iter().flatten() {
        let text = &*rule(name)?.condition_text;
        if text != wanted {
            return Err(format!("wanted {wanted}, got {text}"));
        }
    }
    for (name, wanted) in case["compiled_output"].as_object().into_iter().flatten() {
        let text = &*rule(name)?.output.text;
        if text != wanted {
            return Err(format!("wanted {wanted}, got {text}"));
        }
    }
    if let Some(wanted) = case["enabled_rules"].as_u64() {
        let enabled = set.rules.iter().filter(|rule| rule.enabled).count();
        if enabled as u64 != wanted {
            return Err(format!("wanted {wanted} enabled rules, got {enabled}"));
        }
    }
    let deprecated = loaded
        .diagnostics
        .iter()
        .any(|it| it.code == Code::DeprecatedItem);
    if !strings(&case["warnings_absent"]).is_empty() && deprecated {
        return Err(format!("unwanted warning:{}", listing(&loaded.diagnostics)));
    }
    Ok(())
}

/// Compares the strict shape of the file with `schema`.
fn check_schema(case: &Value, loaded: &Loaded) -> Result<(), String> {
    let status = loaded.schemas.first();
    let fits = match case["schema"].as_str() {
        None => return Ok(()),
        Some("ok") => status == Some(&SchemaStatus::Valid),
        Some("failed") => matches!(status, Some(SchemaStatus::Invalid(_))),
        Some("none") => status == Some(&SchemaStatus::Unchecked),
        Some(other) => return Err(format!("unknown schema status {other}")),
    };
    if fits {
        return Ok(());
    }
    Err(format!("schema: wanted {}, got {status:?}", case["schema"]))
}

#[test]
fn rule_loader_unit() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "rule_loader_falco_unit",
        |_| true,
        |case| {
            let yaml = case["rules_yaml"].as_str().expect("rules");
            let files = [SourceFile::new("rules.yaml", yaml)];
            let setup = case["engine_setup"].as_array().into_iter().flatten();
            let append_output = setup.map(|step| AppendOutput {
                rule: step["rule"].as_str().map(Into::into),
                text: step["append_output"].as_str().unwrap_or_default().into(),
                ..AppendOutput::default()
            });
            let options = LoadOptions {
                append_output: append_output.collect(),
                ..LoadOptions::default()
            };
            let [loaded, first] = load_both(&files, &catalog, &options);
            check_outcome(case, &loaded, &first)?;
            check_schema(case, &loaded)?;
            check_rules(case, &loaded)
        },
    );
}

#[test]
fn rule_validation() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "rule_validation_falco_testing",
        |_| true,
        |case| {
            let files: Vec<SourceFile> = case["rules_files"]
                .as_array()
                .expect("files")
                .iter()
                .map(|file| {
                    let text = |key: &str| file[key].as_str().expect("a text");
                    SourceFile::new(text("name"), text("yaml"))
                })
                .collect();
            let [loaded, first] = load_both(&files, &catalog, &LoadOptions::default());
            check_outcome(case, &loaded, &first)?;
            for detail in case["details"].as_array().into_iter().flatten() {
                let found = first.diagnostics.iter().any(|it| is_about(it, detail));
                if !found {
                    return Err(format!(
                        "wanted {detail}, got:{}",
                        listing(&first.diagnostics)
                    ));
                }
            }
            for count in case["counts"].as_array().into_iter().flatten() {
                let wanted = count["count"].as_u64().expect("a count");
                let errors = names_of(&first.diagnostics, Severity::Error).len() as u64;
                if count["level"] == "error" && errors != wanted {
                    return Err(format!(
                        "wanted {count}, got:{}",
                        listing(&first.diagnostics)
                    ));
                }
            }
            Ok(())
        },
    );
}

fn is_about(diagnostic: &Diagnostic, detail: &Value) -> bool {
    diagnostic.code.name() == detail["code"]
        && diagnostic.severity.to_string() == detail["level"].as_str().unwrap_or_default()
        && diagnostic.context.iter().any(|item| {
            item.kind.name() == detail["itemtype"]
                && detail["itemname"]
                    .as_str()
                    .is_none_or(|name| *name == *item.name)
        })
}

#[test]
fn plugin_requirements() {
    let Some(catalog) = FalcoCatalog::read() else {
        return;
    };
    data::run(
        "plugin_requirements",
        |_| true,
        |case| {
            let plugins = case["loaded_plugins"]
                .as_array()
                .expect("plugins")
                .iter()
                .map(|plugin| {
                    let text = |key: &str| plugin[key].as_str().expect("a text");
                    PluginVersion {
                        name: text("name").into(),
                        version: text("version").parse().expect("a version"),
                    }
                });
            let options = LoadOptions {
                plugins: Some(plugins.collect()),
                ..LoadOptions::default()
            };
            let yaml = case["rules_yaml"].as_str().expect("rules");
            let loaded = load(&[SourceFile::new("rules.yaml", yaml)], &catalog, &options);
            let met = case["requirements_met"] == true;
            if loaded.rules.is_some() == met {
                return Ok(());
            }
            Err(format!("met: {met}, got:{}", listing(&loaded.diagnostics)))
        },
    );
}

#[test]
fn rule_name_patterns() {
    data::run(
        "utils",
        |case| case["fn"] == "rule_name_wildcard",
        |case| {
            let text = |key: &str| case[key].as_str().expect("a text");
            let matches = matches_name(text("pattern"), text("name"));
            if matches == (case["match"] == true) {
                return Ok(());
            }
            Err(format!("{case}: {matches}"))
        },
    );
}

/// The text of a rules file, inline or by reference (`@path`).
fn rules_text(yaml: &str) -> String {
    match yaml.strip_prefix('@') {
        Some(path) => data::read(path).expect("the data is there"),
        None => yaml.to_owned(),
    }
}

/// Names and texts.
type Files = Vec<(String, String)>;

/// Loads sets of files, each set once.
struct Loader {
    catalog: FalcoCatalog,
    outcomes: RefCell<BTreeMap<Files, Result<(), String>>>,
}

impl Loader {
    fn new() -> Option<Self> {
        Some(Self {
            catalog: FalcoCatalog::read()?,
            outcomes: RefCell::default(),
        })
    }

    /// Whether files load.
    fn check(&self, files: Files) -> Result<(), String> {
        assert!(!files.is_empty());
        if let Some(outcome) = self.outcomes.borrow().get(&files) {
            return outcome.clone();
        }
        let sources: Vec<SourceFile> = files
            .iter()
            .map(|(name, text)| SourceFile::new(name, text))
            .collect();
        let loaded = load(&sources, &self.catalog, &LoadOptions::default());
        let outcome = match loaded.rules {
            Some(_) => Ok(()),
            None => Err(listing(&loaded.diagnostics)),
        };
        self.outcomes.borrow_mut().insert(files, outcome.clone());
        outcome
    }
}

#[test]
fn rules_of_capture_tests() {
    let Some(loader) = Loader::new() else { return };
    data::run(
        "capture_detection_falco_testing",
        |_| true,
        |case| {
            let files = case["rules"].as_array().into_iter().flatten().map(|file| {
                let text = |key: &str| file[key].as_str().expect("a text");
                (text("name").to_owned(), rules_text(text("yaml")))
            });
            loader.check(files.collect())
        },
    );
}

#[test]
fn rules_of_audit_tests() {
    let Some(loader) = Loader::new() else { return };
    let cases = data::read("k8saudit/expected.jsonl").expect("the data is there");
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is one JSON object a line");
        let files = strings(&case["rules"])
            .into_iter()
            .map(|name| (name.to_owned(), rules_text(&format!("@k8saudit/{name}"))));
        if let Err(errors) = loader.check(files.collect()) {
            panic!("{}: {errors}", case["test"]);
        }
    }
}
