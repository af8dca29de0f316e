use super::*;
use crate::scene::{Scene, build};

fn parse(text: &str) -> Result<Config, ConfigError> {
    let file = ConfigFile::parse(text).map_err(|message| ConfigError::Parse {
        path: PathBuf::new(),
        message,
    })?;
    Config::validate(file, &ServeArgs::default())
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn nothing_is_needed() {
    for text in ["", "# nothing\n", "{}"] {
        let config = parse(text).unwrap();
        assert_eq!(config.listen, "127.0.0.1:9377".parse().unwrap());
        assert_eq!(config.metrics, Some("127.0.0.1:9378".parse().unwrap()));
        assert!(matches!(config.queue, QueueSettings::Embedded(_)));
        let store = format!("{:?}", config.store);
        assert!(
            store.contains("/var/lib/saker-collector/alerts.db"),
            "{store}"
        );
        assert!(config.sinks.is_empty() && config.tls.is_none());
    }
}

#[test]
fn unknown_keys_are_refused_by_name() {
    for (text, key) in [
        ("listne: 127.0.0.1:1", "listne"),
        ("limits: {stream: 3}", "stream"),
        ("clients: {node: [dns]}", "node"),
        ("delivery: {attempts: 3}", "attempts"),
        ("feed: {identities: []}", "identities"),
        ("tls: {certificate: a}", "certificate"),
    ] {
        let error = error(text);
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn values_out_of_bounds_are_told_with_their_bounds() {
    assert_eq!(
        error("limits: {streams: 0}"),
        "limits.streams: `0` is not allowed; a number from 1 to 1000000"
    );
    assert_eq!(
        error("limits: {message_bytes: 4096, alert_bytes: 5000}"),
        "limits.alert_bytes: `5000` is not allowed; a number from 256 to 4032"
    );
    assert!(error("metrics: {listen: here}").starts_with("metrics.listen: `here` is not allowed"));
    assert!(error("clients: {node_name: []}").starts_with("clients.node_name"));
}

#[test]
fn plaintext_beyond_loopback_must_be_said() {
    let error = error("listen: 0.0.0.0:9377");
    assert!(
        error.contains("insecure: true") && error.contains("saker certs"),
        "{error}"
    );
    parse("{listen: '0.0.0.0:9377', insecure: true}").unwrap();
    parse("listen: '[::1]:9377'").unwrap();
}

#[test]
fn clients_are_known_or_it_must_be_said_that_they_are_not() {
    let tls = "tls: {certificate_file: a, key_file: b}";
    assert!(error(tls).contains("client_ca_file"));
    parse(&format!("{tls}\ninsecure: true")).unwrap();
    assert!(error("clients: {require_node_match: true}").contains("tls.client_ca_file"));
}

#[test]
fn an_embedded_queue_is_in_one_process() {
    let scene = Scene::new();
    let (file, data) = (scene.path("empty.yaml"), scene.path("data"));
    fs::write(&file, "").unwrap();
    for (roles, is_right) in [
        ("all", true),
        ("ingest,worker", true),
        ("ingest", false),
        ("worker,feed", false),
        ("feed", true),
    ] {
        let result = build(&file, &data, roles.parse().unwrap());
        assert_eq!(result.is_ok(), is_right, "{roles}: {result:?}");
    }
}

#[test]
fn sinks_have_names_of_their_own() {
    let sinks = "sinks: [{name: a, kind: stdout}, {name: a, kind: stdout}]";
    assert_eq!(
        error(sinks),
        "sinks: two are named 'a'; what is still to be told is kept by name"
    );
    let config = parse("sinks: [{name: a, kind: stdout}, {name: b, kind: stdout}]").unwrap();
    assert_eq!(config.sink_names(), ["a", "b"]);
}

#[test]
fn errors_name_the_file() {
    let scene = Scene::new();
    let error = scene.config("limits: {streams: 0}").unwrap_err();
    let text = crate::chain(&error);
    assert!(text.contains("collector.yaml: limits.streams"), "{text}");
}

/// The configurations of the guide.
fn examples() -> Vec<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/collector.md");
    let text = fs::read_to_string(guide).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_examples_of_the_guide_can_be_used() {
    let examples = examples();
    assert!(examples.len() >= 3, "{}", examples.len());
    for example in &examples {
        parse(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

#[test]
fn the_guide_tells_the_defaults() {
    let defaults = parse("").unwrap();
    for key in ["limits:", "workers:"] {
        let examples = examples();
        let example = examples
            .iter()
            .find(|example| example.starts_with(key))
            .unwrap();
        let told = parse(example).unwrap();
        assert_eq!(format!("{told:?}"), format!("{defaults:?}"), "{key}");
    }
}
