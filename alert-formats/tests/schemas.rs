//! Findings and documents have no attribute that their schema has not, of no other type, and none is missing
//! that must be there. The tables beside this test say so of what is used.

mod samples;

use std::collections::BTreeMap;

use saker_alert_formats::{ecs_document, ocsf_finding};
use serde_json::{Map, Value};

/// What one object of OCSF may have.
#[derive(Default)]
struct Shape<'t> {
    attributes: BTreeMap<&'t str, Attribute<'t>>,
    one_of: Vec<&'t str>,
}

struct Attribute<'t> {
    kind: &'t str,
    is_required: bool,
}

type Shapes<'t> = BTreeMap<&'t str, Shape<'t>>;

fn shapes(table: &str) -> Shapes<'_> {
    let mut shapes = Shapes::new();
    let mut name = "";
    for line in lines(table) {
        if let Some(object) = line.strip_prefix('[') {
            name = object.trim_end_matches(']');
        } else if let Some(names) = line.strip_prefix("one of ") {
            shapes.entry(name).or_default().one_of = names.split(' ').collect();
        } else {
            let words: Vec<&str> = line.split(' ').collect();
            let attribute = Attribute {
                kind: words[1],
                is_required: words.get(2) == Some(&"required"),
            };
            let shape = shapes.entry(name).or_default();
            shape.attributes.insert(words[0], attribute);
        }
    }
    shapes
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// What is wrong with an object.
fn faults(shapes: &Shapes<'_>, name: &str, object: &Map<String, Value>, path: &str) -> Vec<String> {
    let shape = &shapes[name];
    let mut faults = Vec::new();
    for (attribute, _) in shape.attributes.iter().filter(|(_, it)| it.is_required) {
        if !object.contains_key(*attribute) {
            faults.push(format!("{path}.{attribute} is missing"));
        }
    }
    let has = |attribute: &&str| object.contains_key(*attribute);
    if !shape.one_of.is_empty() && !shape.one_of.iter().any(has) {
        faults.push(format!("{path} has none of {:?}", shape.one_of));
    }
    for (key, value) in object {
        let path = format!("{path}.{key}");
        match shape.attributes.get(&**key) {
            Some(attribute) => faults.extend(value_faults(shapes, attribute.kind, value, &path)),
            None => faults.push(format!("{path} is unknown")),
        }
    }
    faults
}

fn value_faults(shapes: &Shapes<'_>, kind: &str, value: &Value, path: &str) -> Vec<String> {
    if let Some(element) = kind.strip_suffix("[]") {
        let Value::Array(values) = value else {
            return vec![format!("{path} is no list")];
        };
        let each = values.iter();
        return each
            .flat_map(|value| value_faults(shapes, element, value, path))
            .collect();
    }
    if let Value::Object(object) = value
        && shapes.contains_key(kind)
    {
        return faults(shapes, kind, object, path);
    }
    if is_of(kind, value) {
        return Vec::new();
    }
    vec![format!("{path} is no {kind}: {value}")]
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "any" => true,
        "text" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "uuid" => value.as_str().is_some_and(|text| text.len() == 36),
        "date" => value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        _ => false,
    }
}

#[test]
fn a_finding_is_as_the_schema_wants_it() {
    let shapes = shapes(include_str!("tables/ocsf.txt"));
    for (name, notification) in samples::all() {
        let finding = ocsf_finding(&notification);
        let faults = faults(&shapes, "detection_finding", &finding, name);
        assert!(faults.is_empty(), "{faults:#?}");
        // Numbers of class, category and type belong together.
        assert_eq!(finding["class_uid"], 2004);
        assert_eq!(finding["category_uid"], 2);
        assert_eq!(finding["type_uid"], 200_401);
        assert_eq!(finding["finding_info"]["uid"], finding["metadata"]["uid"]);
    }
}

#[test]
fn a_faulty_finding_is_found_out() {
    let shapes = shapes(include_str!("tables/ocsf.txt"));
    let [(_, notification), ..] = samples::all();
    let whole = ocsf_finding(&notification);
    let change: [fn(&mut Map<String, Value>); 4] = [
        |finding| drop(finding.remove("severity_id")),
        |finding| drop(finding.insert("urgency".to_owned(), 1.into())),
        |finding| finding["time"] = "now".into(),
        |finding| finding["evidences"][0] = serde_json::json!({}),
    ];
    for change in change {
        let mut finding = whole.clone();
        change(&mut finding);
        assert_eq!(faults(&shapes, "detection_finding", &finding, "").len(), 1);
    }
}

#[test]
fn a_document_has_fields_of_the_schema_only() {
    let known: BTreeMap<&str, &str> = lines(include_str!("tables/ecs.txt"))
        .filter_map(|line| line.split_once(' '))
        .collect();
    for (name, notification) in samples::all() {
        let document = ecs_document(&notification);
        let mut leaves = Vec::new();
        add_leaves(&mut leaves, String::new(), &Value::Object(document.clone()));
        for (field, value) in leaves {
            if field.starts_with("saker.") || field.starts_with("labels.") {
                continue;
            }
            let kind = known.get(&*field);
            let kind = kind.unwrap_or_else(|| panic!("{name}: {field} is unknown"));
            let faults = value_faults(&Shapes::new(), kind, &value, &field);
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
        assert_eq!(document["event"]["kind"], "alert");
        for required in ["@timestamp", "ecs", "message", "event"] {
            let is_there = document.contains_key(required);
            assert!(is_there || required == "message", "{name}: {required}");
        }
        let categories = document["event"]["category"].as_array().expect("a list");
        // Those that ECS permits to be combined with the type `info`.
        let permitted = [
            "intrusion_detection",
            "process",
            "file",
            "network",
            "driver",
            "iam",
            "api",
        ];
        for category in categories {
            assert!(
                permitted.contains(&category.as_str().expect("a text")),
                "{category}"
            );
        }
    }
}

fn add_leaves(leaves: &mut Vec<(String, Value)>, path: String, value: &Value) {
    let Value::Object(object) = value else {
        leaves.push((path, value.clone()));
        return;
    };
    for (key, value) in object {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        add_leaves(leaves, path, value);
    }
}
