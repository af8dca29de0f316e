use super::*;

fn arguments() -> AlertArgs {
    AlertArgs {
        config: None,
        rules: vec![PathBuf::from("rules")],
        priority: None,
        output: None,
    }
}

fn build(text: &str) -> Result<Config, ConfigError> {
    Config::validate(
        ConfigFile::parse(text).expect("it parses"),
        &arguments(),
        None,
    )
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = build("").expect("defaults");
    assert_eq!(config.output, OutputFormat::Text);
    assert_eq!(config.priority, Priority::Debug);
    assert_eq!(
        config.metrics,
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, METRICS_PORT)))
    );
}

#[test]
fn the_file_is_read() {
    let config = build(
        "priority: warning\njson_output: true\nrule_matching: all\n\
         rings:\n  bulk_bytes: 8388608\nmetrics:\n  enabled: false\n",
    )
    .expect("valid");
    assert_eq!(config.output, OutputFormat::Json);
    assert_eq!(config.priority, Priority::Warning);
    assert_eq!(config.bulk_ring_bytes, 8 << 20);
    assert_eq!(config.metrics, None);
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let message = ConfigFile::parse("jsonoutput: true\n").expect_err("unknown key");
    assert!(message.contains("jsonoutput"), "{message}");
}

#[test]
fn values_are_checked() {
    for text in [
        "priority: loud\n",
        "rule_matching: some\n",
        "rings:\n  bulk_bytes: 1000000\n",
        "metrics:\n  listen: everywhere\n",
    ] {
        assert!(build(text).is_err(), "{text}");
    }
}

#[test]
fn limits_have_defaults_and_bounds() {
    assert_eq!(build("").expect("defaults").limits, RuleLimits::default());
    let config = build("limits:\n  list_items: 7\n  cache_bytes: 9\n").expect("valid");
    assert_eq!(config.limits.language.list_items, 7);
    assert_eq!(config.limits.patterns.cache_bytes, 9);
    for text in ["limits: {yaml_depth: 0}", "limits: {tree_depth: 501}"] {
        let message = build(text).expect_err("out of bounds").to_string();
        assert!(message.starts_with("limits."), "{message}");
    }
    assert!(ConfigFile::parse("limits: {lists: 1}").is_err());
}

/// docs/configuration.md names every limit with its default and its largest value.
#[test]
fn the_documented_limits_are_those_of_the_code() {
    let page = include_str!("../../../docs/configuration.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| setting | default |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 16);
    for row in rows {
        let name = row[1].trim_matches('`');
        let at = |value: &str| build(&format!("limits: {{{name}: {value}}}"));
        let limits = at(row[2]).expect("the default").limits;
        assert_eq!(limits, RuleLimits::default(), "{name}");
        assert!(at(row[3]).is_ok(), "{name}");
        let more = row[3].parse::<usize>().expect("a number") + 1;
        assert!(at(&more.to_string()).is_err(), "{name}");
    }
}

/// The example of docs/configuration.md says what the defaults are.
#[test]
fn the_documented_file_is_the_default() {
    let page = include_str!("../../../docs/configuration.md");
    let example = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example");
    let documented = build(example).expect("valid");
    assert_eq!(
        format!("{documented:?}"),
        format!("{:?}", build("").expect("defaults"))
    );
}
