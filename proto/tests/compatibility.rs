//! What was published stays as it is: `compatibility.lock` holds every field with number and type, every
//! value of an enum and every method, and what stands there must be so in the `.proto` files for ever.
//!
//! An addition is entered by `UPDATE=1 cargo test --package saker-proto`, which takes nothing away: a field
//! that is used no more stays, with a comment that says so.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};
use saker_proto::DESCRIPTORS;

const HEADER: &str = "\
# What was published and stays as it is; `proto/tests/compatibility.rs` compares.
# Enter additions by `UPDATE=1 cargo test --package saker-proto`.
";

/// What is published, by its name.
type Contract = BTreeMap<String, String>;

#[test]
fn what_was_published_is_so_still() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("compatibility.lock");
    let locked = parse(&fs::read_to_string(&path).expect("the lock is there"));
    let contract = contract(&FileDescriptorSet::decode(DESCRIPTORS).expect("descriptors"));
    let broken = broken(&locked, &contract);
    assert!(
        broken.is_empty(),
        "what others rely on was changed:\n{broken}"
    );
    let additions: String = contract
        .iter()
        .filter(|(name, _)| !locked.contains_key(*name))
        .map(|(name, meaning)| line(name, meaning))
        .collect();
    if additions.is_empty() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "not in {}; enter it by `UPDATE=1 cargo test --package saker-proto`:\n{additions}",
        path.display()
    );
    let text: String = contract
        .iter()
        .map(|(name, meaning)| line(name, meaning))
        .collect();
    fs::write(&path, format!("{HEADER}{text}")).expect("the lock can be written");
}

#[test]
fn a_change_is_found() {
    let published = parse("a.M.f = 1 string\na.M.g = 2 bytes\na.E.X = 0\n");
    let with = |text: &str| broken(&published, &parse(text));
    assert_eq!(
        with("a.M.f = 1 string\na.M.g = 2 bytes\na.E.X = 0\na.M.h = 3 bool\n"),
        ""
    );
    for changed in [
        "a.M.f = 1 bytes\na.M.g = 2 bytes\na.E.X = 0\n",
        "a.M.f = 3 string\na.M.g = 2 bytes\na.E.X = 0\n",
        "a.M.other = 1 string\na.M.g = 2 bytes\na.E.X = 0\n",
        "a.M.g = 2 bytes\na.E.X = 0\n",
        "a.M.f = 1 repeated string\na.M.g = 2 bytes\na.E.X = 0\n",
    ] {
        assert!(with(changed).contains("a.M.f"), "{changed}");
    }
}

/// What is published and is otherwise now, or not at all.
fn broken(locked: &Contract, contract: &Contract) -> String {
    let mut text = String::new();
    for (name, meaning) in locked {
        if contract.get(name) != Some(meaning) {
            let now = contract.get(name).map_or("nothing", |now| now);
            writeln!(text, "  {name} was {meaning}, is {now}").expect("a String takes all");
        }
    }
    text
}

fn line(name: &str, meaning: &str) -> String {
    format!("{name} = {meaning}\n")
}

fn parse(text: &str) -> Contract {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (name, meaning) = line.split_once(" = ").expect("`name = meaning`");
            (name.to_owned(), meaning.to_owned())
        })
        .collect()
}

fn contract(files: &FileDescriptorSet) -> Contract {
    let mut contract = Contract::new();
    for file in &files.file {
        let package = file.package();
        for message in &file.message_type {
            add_message(&mut contract, package, message);
        }
        for values in &file.enum_type {
            add_enum(&mut contract, package, values);
        }
        for service in &file.service {
            add_service(&mut contract, package, service);
        }
    }
    contract
}

fn add_message(contract: &mut Contract, scope: &str, message: &DescriptorProto) {
    let scope = format!("{scope}.{}", message.name());
    for field in &message.field {
        let name = format!("{scope}.{}", field.name());
        let meaning = format!("{} {}", field.number(), type_of(field, message));
        contract.insert(name, meaning);
    }
    for nested in &message.nested_type {
        add_message(contract, &scope, nested);
    }
    for values in &message.enum_type {
        add_enum(contract, &scope, values);
    }
}

/// The type of a field, with what changes how it is encoded or what its absence means.
fn type_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    let mut words = Vec::new();
    if field.label() == Label::Repeated {
        words.push("repeated".to_owned());
    }
    if field.proto3_optional() {
        words.push("optional".to_owned());
    } else if let Some(index) = field.oneof_index {
        let index = usize::try_from(index).expect("an index");
        words.push(format!("oneof {}", message.oneof_decl[index].name()));
    }
    words.push(match field.r#type() {
        Type::Message | Type::Enum | Type::Group => {
            field.type_name().trim_start_matches('.').to_owned()
        }
        scalar => scalar
            .as_str_name()
            .trim_start_matches("TYPE_")
            .to_lowercase(),
    });
    words.join(" ")
}

fn add_enum(contract: &mut Contract, scope: &str, values: &EnumDescriptorProto) {
    for value in &values.value {
        let name = format!("{scope}.{}.{}", values.name(), value.name());
        contract.insert(name, value.number().to_string());
    }
}

fn add_service(contract: &mut Contract, package: &str, service: &ServiceDescriptorProto) {
    for method in &service.method {
        let stream = |is_stream| if is_stream { "stream " } else { "" };
        let meaning = format!(
            "({}{}) returns ({}{})",
            stream(method.client_streaming()),
            method.input_type().trim_start_matches('.'),
            stream(method.server_streaming()),
            method.output_type().trim_start_matches('.'),
        );
        let name = format!("{package}.{}.{}", service.name(), method.name());
        contract.insert(name, meaning);
    }
}
