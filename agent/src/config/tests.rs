use super::*;

fn arguments() -> AlertArgs {
    AlertArgs {
        config: None,
        rules: vec![PathBuf::from("rules")],
        priority: None,
        output: None,
        rego: None,
    }
}

fn build(text: &str) -> Result<Config, ConfigError> {
    Config::validate(
        ConfigFile::parse(text).expect("it parses"),
        &arguments(),
        None,
        &KubeArgs::default(),
        &SourceArgs::default(),
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
fn outputs_get_what_is_suggested_unless_the_file_says_otherwise() {
    let texts = |file: &str| -> Vec<(Option<String>, String)> {
        let additions = build(file).expect("valid").append_output;
        let source = |it: &AppendOutput| it.source.as_deref().map(str::to_owned);
        additions
            .iter()
            .map(|it| (source(it), it.text.to_string()))
            .collect()
    };
    let suggested = texts("");
    assert_eq!(suggested.len(), 1);
    assert_eq!(suggested[0].0.as_deref(), Some("syscall"));
    assert!(suggested[0].1.starts_with("container_id=%container.id "));
    assert!(suggested[0].1.ends_with(" k8s_ns_name=%k8s.ns.name"));
    assert_eq!(texts("append_output: []"), []);
    assert_eq!(texts("append_output: [{suggested_output: false}]"), []);
    let of_audit = "append_output: [{match: {source: k8s_audit}, suggested_output: true}]";
    assert_eq!(texts(of_audit), []);
    let both = texts("append_output: [{extra_output: on %evt.cpu, suggested_output: true}]");
    assert_eq!(both[0], (None, "on %evt.cpu".to_owned()));
    assert_eq!(both[1], suggested[0]);
    let matching = build(
        "append_output: [{match: {rule: A, tags: [x, y], source: syscall}, extra_output: text}]",
    );
    let matching = &matching.expect("valid").append_output[0];
    assert_eq!(matching.rule.as_deref(), Some("A"));
    assert_eq!(matching.tags.len(), 2);
    assert!(ConfigFile::parse("append_output: [{sugested_output: true}]").is_err());
}

#[test]
fn what_is_demanded_of_connections_is_strict() {
    let mtls = build(
        "mtls: [{namespace: shop, selector: {app: web}, ports: [80], mode: strict}, {mode: permissive}]\n\
         mesh: {istio_root_namespace: istio, linkerd_default_inbound_policy: all-authenticated}\n",
    );
    let mtls = mtls.expect("valid").facts.mtls;
    assert_eq!(mtls.rules.len(), 2);
    assert_eq!(mtls.rules[0].ports, [80]);
    assert_eq!(mtls.mesh.istio_root_namespace, "istio");
    assert_eq!(mtls.mesh.cluster_domain, "cluster.local");
    for text in [
        "mtls: [{namespace: shop}]",
        "mtls: [{mode: unset}]",
        "mtls: [{mode: STRICT}]",
        "mtls: [{mode: strict, port: 80}]",
        "mtls: [{mode: strict, ports: [70000]}]",
        "mtls: {mode: strict}",
        "mesh: {linkerd_default_inbound_policy: all}",
        "mesh: {root: istio}",
    ] {
        assert!(ConfigFile::parse(text).is_err(), "{text}");
    }
}

#[test]
fn containers_and_cluster_have_settings() {
    let facts = build("").expect("defaults").facts;
    assert_eq!(facts.wait, std::time::Duration::from_millis(500));
    assert_eq!(facts.kept, std::time::Duration::from_secs(600));
    assert!(
        matches!(facts.cluster, Some(ClusterSource::Server(kube)) if kube.kubeconfig.is_none())
    );
    let facts = build(
        "containers: {label_max_len: 7, engines: {docker: {enabled: false}, \
         cri: {sockets: [/run/a.sock]}}}\nenrichment: {wait_ms: 50, kept_seconds: 2}\n\
         kubernetes: {kubeconfig: /etc/kube, node_name: nest}\n",
    )
    .expect("valid")
    .facts;
    assert_eq!(facts.wait, std::time::Duration::from_millis(50));
    assert_eq!(facts.runtimes.wait, facts.wait);
    assert_eq!(facts.kept, std::time::Duration::from_secs(2));
    assert_eq!(facts.runtimes.label_max_len, 7);
    let Some(ClusterSource::Server(kube)) = facts.cluster else {
        panic!("asked");
    };
    assert_eq!(kube.kubeconfig.as_deref(), Some(Path::new("/etc/kube")));
    assert_eq!(kube.node_name.as_deref(), Some("nest"));
    let off = build("kubernetes: {enabled: false}").expect("valid").facts;
    assert!(off.cluster.is_none());
    let files = build("kubernetes: {enabled: true, manifests: /srv/cluster}");
    let files = files.expect("valid").facts;
    assert_eq!(files.manifests(), Some(Path::new("/srv/cluster")));
    for text in [
        "enrichment: {wait_ms: 60000}",
        "kubernetes: {manifests: /srv/cluster, kubeconfig: /etc/kube}",
        "enrichment: {kept_seconds: 86401}",
        "containers: {engines: {cri: {sockets: [run/a.sock]}}}",
    ] {
        assert!(build(text).is_err(), "{text}");
    }
    for text in [
        "containers: {engines: {rkt: {}}}",
        "kubernetes: {config: x}",
    ] {
        assert!(ConfigFile::parse(text).is_err(), "{text}");
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

/// The examples of the guide are what they claim to be.
#[test]
fn every_example_of_the_guide_to_outputs_is_a_configuration() {
    let guide = include_str!("../../../docs/outputs.md");
    let examples: Vec<&str> = guide
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    for example in examples {
        let file = ConfigFile::parse(example).expect(example);
        let config = Config::validate(
            file,
            &arguments(),
            None,
            &KubeArgs::default(),
            &SourceArgs::default(),
        );
        assert!(config.is_ok(), "{example}: {config:?}");
    }
}

#[test]
fn outputs_are_checked_and_errors_name_the_key() {
    let error = build("http_output: {url: 'https://x', insecure: true}\n").expect_err("refused");
    assert!(
        error.to_string().contains("http_output.insecure"),
        "{error}"
    );
    let key = "alerts: {rate_limit: {per_second: 1, burst: 1, key: [nonsense]}}\n";
    let error = build(key).expect_err("refused");
    assert!(
        error.to_string().contains("alerts.rate_limit.key"),
        "{error}"
    );
    let message = ConfigFile::parse("outputs: [{name: a, kind: mail}]\n").expect_err("refused");
    assert!(
        message.contains("mail") && message.contains("syslog"),
        "{message}"
    );
}

#[test]
fn the_format_of_the_command_line_wins() {
    use saker_alert_formats::Format;
    let file = ConfigFile::parse("stdout_output: {format: ecs}\n").expect("it parses");
    let asked = AlertArgs {
        output: Some(OutputFormat::Json),
        ..arguments()
    };
    let config = Config::validate(
        file,
        &asked,
        None,
        &KubeArgs::default(),
        &SourceArgs::default(),
    )
    .expect("valid");
    assert_eq!(config.delivery.outputs[0].format, Format::FalcoJson);
}
