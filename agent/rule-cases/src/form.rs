//! Cases as they are written, and what becomes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use saker_rego_policies::{Limits as RegoLimits, PolicySet, Syntax};
use saker_rule_fields::{Fields, RegoPolicies};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::audit;
use crate::case::{
    Case, Connection, EventFacts, Expectation, Happening, Place, ProcessFacts, Section, Subject,
};
use crate::cluster;
use crate::container;
use crate::error::{CaseError, Problem};
use crate::field_event::{FieldEvent, Written};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SectionForm {
    rule: Spanned<String>,
    cases: Vec<CaseForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForm {
    name: Spanned<String>,
    expect: ExpectForm,
    #[serde(default)]
    output: Vec<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    event: Option<EventFacts>,
    #[serde(default)]
    process: Option<ProcessFacts>,
    #[serde(default)]
    ancestors: Option<Vec<ProcessFacts>>,
    /// What the runtime says about the container of the process, by the fields that show it.
    #[serde(default)]
    container: Option<Values>,
    /// Objects of the cluster, as Kubernetes writes them.
    #[serde(default)]
    manifests: Option<Vec<serde_json::Value>>,
    /// The text of a policy in Rego that is in force.
    #[serde(default)]
    rego: Option<String>,
    #[serde(default)]
    capture: Option<PathBuf>,
    #[serde(default)]
    fields: Option<Values>,
    #[serde(default)]
    resolved: Option<Values>,
}

/// A list of rules, or how many alerts each raises.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ExpectForm {
    Rules(Vec<String>),
    Counts(BTreeMap<String, u64>),
}

/// Values by the names of their fields, each with its place.
pub(crate) type Values = BTreeMap<String, Spanned<Option<Written>>>;

/// Checks what was read; every case that is not in order is an entry of `errors`.
pub(crate) fn sections(
    path: &Arc<Path>,
    forms: Vec<SectionForm>,
    fields: &Fields,
    errors: &mut Vec<CaseError>,
) -> Vec<Section> {
    let place = |line| Place {
        path: Arc::clone(path),
        line,
    };
    forms
        .into_iter()
        .map(|section| Section {
            place: place(section.rule.referenced.line()),
            rule: section.rule.value,
            cases: section
                .cases
                .into_iter()
                .filter_map(|form| {
                    let (name, line) = (form.name.value.clone(), form.name.referenced.line());
                    case(form, place(line), fields)
                        .map_err(|flaw| {
                            errors.push(CaseError::Case {
                                place: place(flaw.line.unwrap_or(line)),
                                case: name,
                                problem: Box::new(flaw.problem),
                            });
                        })
                        .ok()
                })
                .collect(),
        })
        .collect()
}

/// A problem, and its line where that is not the case's.
pub(crate) struct Flaw {
    pub(crate) problem: Problem,
    pub(crate) line: Option<u64>,
}

impl From<Problem> for Flaw {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            line: None,
        }
    }
}

fn case(form: CaseForm, place: Place, fields: &Fields) -> Result<Case, Flaw> {
    let is_capture = form.capture.is_some();
    refuse("rego", form.rego.is_some() && form.event.is_none(), "event")?;
    let rego = form.rego.map(|text| policies(&text, fields)).transpose()?;
    let subject = match (form.event, form.fields, form.capture) {
        (None, None, None) => return Err(Problem::NoEvent.into()),
        (Some(mut event), None, None) => {
            refuse("resolved", form.resolved.is_some(), "fields")?;
            let request = event.audit.take();
            let flow = event.flow.take();
            let pod = event.pod.take();
            let has_process = form.process.is_some();
            let happening = Happening {
                event,
                process: form.process.unwrap_or_default(),
                ancestors: form.ancestors.unwrap_or_default(),
                container: match &form.container {
                    Some(values) => Some(Box::new(container::described(values, fields)?)),
                    None => None,
                },
                objects: form.manifests.map(cluster::objects).transpose()?,
            };
            match (request, flow, pod) {
                (Some(parts), None, None) => {
                    Subject::Request(Box::new(audit::event(parts, &happening)?))
                }
                (None, Some(facts), None) => Subject::Connection(Box::new(Connection {
                    event: facts.event()?,
                    owner: owner(happening)?,
                })),
                (None, None, Some(facts)) => {
                    if has_process {
                        return Err(Problem::NotOfPod { key: "process" }.into());
                    }
                    Subject::Pod(Box::new(facts.happening(happening)?))
                }
                (None, None, None) => Subject::Happening(Box::new(happening)),
                _ => return Err(Problem::SeveralEvents.into()),
            }
        }
        (None, Some(values), None) => {
            refuse("process", form.process.is_some(), "event")?;
            refuse("ancestors", form.ancestors.is_some(), "event")?;
            refuse("container", form.container.is_some(), "event")?;
            refuse("manifests", form.manifests.is_some(), "event")?;
            Subject::Fields(FieldEvent::new(&values, form.resolved.as_ref(), fields)?)
        }
        (None, None, Some(capture)) => {
            refuse("process", form.process.is_some(), "event")?;
            refuse("ancestors", form.ancestors.is_some(), "event")?;
            refuse("container", form.container.is_some(), "event")?;
            refuse("manifests", form.manifests.is_some(), "event")?;
            refuse("resolved", form.resolved.is_some(), "fields")?;
            Subject::Capture(beside(&place.path, &capture))
        }
        _ => return Err(Problem::SeveralEvents.into()),
    };
    let expect = match (form.expect, is_capture) {
        (ExpectForm::Rules(rules), false) => Expectation::Rules(rules),
        (ExpectForm::Counts(counts), true) => Expectation::Counts(counts),
        (ExpectForm::Rules(none), true) if none.is_empty() => Expectation::Counts(BTreeMap::new()),
        (ExpectForm::Rules(_), true) => return Err(Problem::NotCounted.into()),
        (ExpectForm::Counts(_), false) => return Err(Problem::Counted.into()),
    };
    Ok(Case {
        name: form.name.value,
        place,
        expect,
        output: form.output,
        message: form.message,
        rego,
        subject,
    })
}

fn policies(text: &str, fields: &Fields) -> Result<Arc<RegoPolicies>, Problem> {
    let set = PolicySet::of_texts([("rego", text)], Syntax::V1, RegoLimits::default());
    let policies = set.and_then(|set| RegoPolicies::new(set, fields));
    policies
        .map(Arc::new)
        .map_err(|error| Problem::Rego(Box::new(error)))
}

/// Whose connection it is. The connection says what happens.
fn owner(happening: Happening) -> Result<Happening, Problem> {
    for (key, is_there) in [
        ("type", !happening.event.event_type.is_empty()),
        ("args", !happening.event.args.is_empty()),
    ] {
        if is_there {
            return Err(Problem::NotOfFlow { key });
        }
    }
    Ok(happening)
}

/// A path as a file of cases means it: from the folder that it lies in.
fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

fn refuse(key: &'static str, is_there: bool, needs: &'static str) -> Result<(), Flaw> {
    if is_there {
        Err(Problem::Stray { key, needs }.into())
    } else {
        Ok(())
    }
}
