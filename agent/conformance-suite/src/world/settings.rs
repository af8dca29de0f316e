//! What tests had done before the statement of a case, and what descriptions in words mean.
//!
//! A case holds the one statement that made its event. What that statement names (a buffer, a socket's
//! ends) and what had happened before (other processes, a socket that was opened) belongs to the test;
//! `settings.yaml` states it, by the name of the test.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const TEXT: &str = include_str!("../../settings.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Names that stand for several statements.
    blocks: BTreeMap<String, String>,
    tests: Vec<Tests>,
    descriptions: Vec<Description>,
    /// Files whose lines tests on captures want printed, by the names of the tests.
    outputs: BTreeMap<String, String>,
}

/// Tests that begin alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tests {
    /// Last parts of their names.
    names: Vec<String>,
    #[serde(flatten)]
    setting: Setting,
}

/// How a test begins.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Setting {
    /// Statements.
    #[serde(default)]
    pub(super) before: String,
    /// The statement that makes the event, where the case describes another or none.
    #[serde(default)]
    pub(super) event: Option<String>,
    /// Which fields of a template the test looks at.
    #[serde(default)]
    pub(super) fields: TemplateFields,
}

/// Which fields of a template a test looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TemplateFields {
    /// Fields and what is made of them.
    #[default]
    All,
    /// Fields as they are.
    WithoutTransforms,
}

/// What words in place of a statement stand for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// All of these words occur.
    words: Vec<String>,
    event: String,
}

fn settings() -> Result<&'static Settings, String> {
    static SETTINGS: OnceLock<Result<Settings, String>> = OnceLock::new();
    SETTINGS
        .get_or_init(|| {
            serde_saphyr::from_str(TEXT).map_err(|error| format!("settings.yaml: {error}"))
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// The setting of a test; an unknown one has nothing but the first process.
pub(super) fn of(test: &str) -> Result<Setting, String> {
    let last = test.rsplit('.').next().unwrap_or(test);
    let known = settings()?.tests.iter();
    let found = known
        .filter(|tests| tests.names.iter().any(|name| name == last))
        .map(|tests| tests.setting.clone())
        .next();
    Ok(found.unwrap_or_default())
}

/// The statements that a name stands for.
pub(super) fn block(name: &str) -> Result<Option<&'static str>, String> {
    Ok(settings()?.blocks.get(name).map(String::as_str))
}

/// The statement for the text of a case: itself, or what its words describe.
pub(super) fn statement_of(text: &str) -> Result<String, String> {
    let described = settings()?.descriptions.iter().find(|description| {
        let words = &description.words;
        words.iter().all(|word| text.contains(word.as_str()))
    });
    Ok(described.map_or_else(|| text.to_owned(), |it| it.event.clone()))
}

/// The file below the data whose lines a test on a capture wants printed.
pub(crate) fn output_of(test: &str) -> Result<Option<&'static str>, String> {
    Ok(settings()?.outputs.get(test).map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::{of, settings, statement_of};
    use crate::cpp::parse;

    #[test]
    fn every_statement_of_the_settings_can_be_read() {
        let settings = settings().unwrap();
        for tests in &settings.tests {
            parse(&tests.setting.before).unwrap();
            parse(tests.setting.event.as_deref().unwrap_or_default()).unwrap();
        }
        for statements in settings.blocks.values() {
            parse(statements).unwrap();
        }
        for description in &settings.descriptions {
            parse(&description.event).unwrap();
        }
    }

    #[test]
    fn a_test_is_known_by_the_last_part_of_its_name() {
        assert!(of("any.pmatch").unwrap().before.contains("fd = 1"));
        assert_eq!(of("any.unknown").unwrap().before, "");
    }

    #[test]
    fn words_stand_for_a_statement() {
        let text = statement_of("failed getcwd by init").unwrap();
        assert!(text.contains("generate_getcwd"), "{text}");
        assert_eq!(statement_of("f();").unwrap(), "f();");
    }
}
