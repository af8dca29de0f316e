use super::{ColorChoice, render};
use crate::load::load;
use crate::options::LoadOptions;
use crate::span::SourceFile;
use crate::test_catalog::SmallCatalog;

fn rendered(text: &str) -> Vec<String> {
    let file = SourceFile::new("rules.yaml", text);
    let loaded = load(
        std::slice::from_ref(&file),
        &SmallCatalog,
        &LoadOptions::default(),
    );
    loaded
        .diagnostics
        .iter()
        .map(|it| render(it, &file, ColorChoice::Never))
        .collect()
}

#[test]
fn a_finding_shows_its_line_and_remedy() {
    let text = "- rule: cat\n  desc: d\n  condition: evt.type = open and proc.nam = cat\n  output: o\n  \
                priority: INFO\n";
    assert_eq!(
        rendered(text),
        [
            "error[LOAD_ERR_COMPILE_CONDITION]: nonexistent field 'proc.nam'
 --> rules.yaml:3:34
  |
3 |   condition: evt.type = open and proc.nam = cat
  |                                  ^^^^^^^^
  |
  = note: in rule 'cat'
  = help: did you mean 'proc.name' or 'proc.aname'?"
        ]
    );
}

#[test]
fn a_mistake_in_a_list_shows_the_use_of_its_name() {
    let text = "- list: ports\n  items: [80, nosuch]\n- rule: port\n  desc: d\n  condition: >\n    evt.type = \
                open\n    and fd.port in (ports)\n  output: o\n  priority: INFO\n";
    assert_eq!(
        rendered(text),
        [
            "error[LOAD_ERR_COMPILE_CONDITION]: unrecognized protocol 'nosuch'
 --> rules.yaml:7:21
  |
7 |     and fd.port in (ports)
  |                     ^^^^^
  |
  = note: in rule 'port'"
        ]
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = "- rule: \"a\\e[31mb\"\n  desc: d\n  condition: \"\\e[31m = x\"\n  output: o\n  priority: INFO\n";
    for text in rendered(text) {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn a_long_line_is_cut() {
    let text = format!(
        "- list: l\n  items: [{}]\n  odd: 1\n",
        "a, ".repeat(100_000)
    );
    for text in rendered(&text) {
        assert!(text.len() < 10_000);
    }
    let text = format!("- list: l\n  items: [a]\n  {}: 1\n", "é".repeat(100_000));
    for text in rendered(&text) {
        assert!(text.len() < 300_000);
    }
}
