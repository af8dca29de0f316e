use super::reader::YamlError;
use super::{Node, read};
use crate::options::Limits;
use crate::span::{FileIndex, SourceFile};

/// Every non-blank character of a mapped scalar must be found at its place in the file.
fn assert_mapping(yaml: &str) -> String {
    let source = SourceFile::new("test.yaml", yaml);
    let documents = read(FileIndex(0), &source, &Limits::default()).unwrap();
    let Some(Node::Mapping(mapping)) = documents.first() else {
        panic!("{documents:?}")
    };
    let Some(Node::Scalar(scalar)) = mapping.get("key") else {
        panic!("{mapping:?}")
    };
    let mapped = scalar.mapped(&source);
    assert_eq!(mapped.as_str(), &*scalar.value);
    for (index, character) in scalar.value.char_indices() {
        let span = mapped.span(index..index + character.len_utf8());
        let raw = &yaml[span.start as usize..span.end as usize];
        if !character.is_whitespace() && !raw.starts_with(['\\', '\'']) {
            assert_eq!(raw, character.to_string(), "{yaml}");
        }
    }
    scalar.value.to_string()
}

#[test]
fn scalars_of_every_style_map_to_their_places() {
    assert_eq!(assert_mapping("key: a.b = c\n"), "a.b = c");
    assert_eq!(
        assert_mapping("key: a.b = c\n  and d\n\n  or e\n"),
        "a.b = c and d\nor e"
    );
    assert_eq!(assert_mapping("key: 'it''s a.b\n   = c'\n"), "it's a.b = c");
    assert_eq!(
        assert_mapping("key: \"a\\tb \\\"c\\\" \\\n    d\\u00e9 e\"\n"),
        "a\tb \"c\" d\u{e9} e"
    );
    assert_eq!(
        assert_mapping("key: >  # folded\n  a\n  b\n\n  c\n    d\n"),
        "a b\nc\n  d\n"
    );
    assert_eq!(assert_mapping("key: >-\n  a\n  b\n"), "a b");
    assert_eq!(
        assert_mapping("key: |\n    a # b\n      c\n"),
        "a # b\n  c\n"
    );
    assert_eq!(assert_mapping("# é\nkey: \"é\" \n"), "é");
    assert_eq!(assert_mapping("\u{feff}key: x\n"), "x");
    assert_eq!(assert_mapping("key: |2\n    a\r\n    b\r\n"), "  a\n  b\n");
}

#[test]
fn aliases_are_bounded() {
    let mut yaml = String::from("- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let previous = format!("*a{}, ", level - 1).repeat(10);
        yaml.push_str(&format!(
            "- &a{level} [{}]\n",
            previous.trim_end_matches(", ")
        ));
    }
    let source = SourceFile::new("laughs.yaml", &yaml);
    let error = read(FileIndex(0), &source, &Limits::default()).unwrap_err();
    assert!(error.message.contains("YAML nodes"), "{error:?}");
}

#[test]
fn nesting_is_bounded() {
    let source = SourceFile::new("deep.yaml", &"[".repeat(100_000));
    assert!(read(FileIndex(0), &source, &Limits::default()).is_err());
    let source = SourceFile::new("self.yaml", "- &a [*a]\n");
    assert!(read(FileIndex(0), &source, &Limits::default()).is_err());
}

#[test]
fn truth_values_are_those_of_yaml_1_1() {
    let source = SourceFile::new("t.yaml", "[yes, On, TRUE, y, no, Off, FALSE, n, tRUE, 1]");
    let documents = read(FileIndex(0), &source, &Limits::default()).unwrap();
    let Some(Node::Sequence(sequence)) = documents.first() else {
        panic!("{documents:?}")
    };
    let values: Vec<Option<bool>> = sequence
        .items
        .iter()
        .map(|node| match node {
            Node::Scalar(scalar) => scalar.as_bool(),
            other => panic!("{other:?}"),
        })
        .collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(values, [yes, yes, yes, yes, no, no, no, no, None, None]);
}

#[test]
fn flow_collections_need_no_indentation() {
    let text = "- list: é\n  items: [\n    a,\nb\n  ]\n- c: {\n  d: e\n}\n";
    let source = SourceFile::new("flow.yaml", text);
    let documents = read(FileIndex(0), &source, &Limits::default()).unwrap();
    let Some(Node::Sequence(sequence)) = documents.first() else {
        panic!("{documents:?}")
    };
    let Node::Mapping(list) = &sequence.items[0] else {
        panic!("{sequence:?}")
    };
    let Some(Node::Sequence(items)) = list.get("items") else {
        panic!("{list:?}")
    };
    for (item, wanted) in items.items.iter().zip(["a", "b"]) {
        let span = item.span();
        assert_eq!(&text[span.start as usize..span.end as usize], wanted);
    }
    let Node::Mapping(last) = &sequence.items[1] else {
        panic!("{sequence:?}")
    };
    let Some(Node::Mapping(inner)) = last.get("c") else {
        panic!("{last:?}")
    };
    let span = inner.get("d").unwrap().span();
    assert_eq!(&text[span.start as usize..span.end as usize], "e");
}

/// What is wrong with a file under small limits.
fn error(text: &str, limits: &Limits) -> YamlError {
    let source = SourceFile::new("rules.yaml", text);
    read(FileIndex(0), &source, limits).unwrap_err()
}

#[test]
fn what_stands_between_brackets_is_bounded() {
    let limits = Limits {
        yaml_nodes: 4000,
        ..Limits::default()
    };
    let long = |part: &str| format!("- list: l\n- [{}", part.repeat(100_000));
    for part in [
        ",", "a,", "[],", "? ", "a: b, ", "&a ", "!t ", "'x',", ",\n  ", "\n  ,",
    ] {
        let error = error(&long(part), &limits);
        assert!(
            error.message.contains("2000 YAML tokens"),
            "{part}: {error:?}"
        );
        assert!(
            error
                .remedy
                .as_ref()
                .is_some_and(|remedy| remedy.contains("yaml_nodes"))
        );
        assert!((9..=10).contains(&error.span.start), "{part}: {error:?}");
    }
    // Long values are no tokens, and what has been read counts no more.
    let values = "a b, c".repeat(2000);
    let block = format!("- |\n  {values}\n- '{values}'\n- {values}\n");
    let lists = "- [a, b, c]\n".repeat(900);
    for text in [block, lists] {
        let source = SourceFile::new("rules.yaml", &text);
        let outcome = read(FileIndex(0), &source, &limits);
        assert!(outcome.is_ok(), "{:?}", outcome.unwrap_err());
    }
}
