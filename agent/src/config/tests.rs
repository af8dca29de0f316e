use super::*;

fn arguments() -> RunArgs {
    RunArgs {
        config: None,
        rules: vec![PathBuf::from("rules")],
        priority: None,
        output: None,
        pid_file: PathBuf::from("saker.pid"),
        metrics: None,
    }
}

fn build(text: &str) -> Result<Config, ConfigError> {
    Config::validate(ConfigFile::parse(text).expect("it parses"), &arguments())
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
