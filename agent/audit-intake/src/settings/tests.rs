use super::*;
use serde_json::json;

fn checked(settings: &serde_json::Value) -> Result<(), String> {
    let settings: AuditSettings =
        serde_json::from_value(settings.clone()).map_err(|error| error.to_string())?;
    settings.check().map_err(|error| error.to_string())
}

#[test]
fn what_is_in_order() {
    let tls = json!({"certificate_file": "a", "key_file": "b", "client_ca_file": "c"});
    let server = json!({"certificate_file": "a", "key_file": "b"});
    for settings in [
        json!({}),
        json!({"webhook": {}}),
        json!({"webhook": {"listen": "[::1]:9765"}}),
        json!({"webhook": {"listen": "0.0.0.0:9765", "tls": tls, "client_names": ["apiserver"]}}),
        json!({"webhook": {"listen": "0.0.0.0:9765", "tls": server, "token_file": "t"}}),
        json!({"webhook": {"listen": "0.0.0.0:9765", "allow_plaintext": true, "allow_anyone": true}}),
        json!({"files": [{"path": "/a", "from": "beginning"}], "positions_file": "/p"}),
    ] {
        assert_eq!(checked(&settings), Ok(()), "{settings}");
    }
}

#[test]
fn what_is_not_is_named_with_its_remedy() {
    let server = json!({"certificate_file": "a", "key_file": "b"});
    for (settings, text) in [
        (
            json!({"webhook": {"listen": "0.0.0.0:9765"}}),
            "allow_plaintext",
        ),
        (
            json!({"webhook": {"listen": "0.0.0.0:9765", "tls": server}}),
            "token_file",
        ),
        (
            json!({"webhook": {"listen": "0.0.0.0:9765", "allow_plaintext": true}}),
            "allow_anyone",
        ),
        (
            json!({"webhook": {"client_names": ["a"]}}),
            "client_ca_file",
        ),
        (json!({"webhook": {"path": "audit"}}), "/k8s-audit"),
        (json!({"webhook": {"path": "/a{b}"}}), "/k8s-audit"),
        (json!({"webhook": {"path": "/healthz"}}), "/k8s-audit"),
        (
            json!({"webhook": {"body_bytes_max": 100, "bytes_in_flight_max": 99}}),
            "bytes_in_flight_max",
        ),
        (json!({"webhook": {"body_bytes_max": 0}}), "nonzero"),
        (json!({"webhook": {"listens": 0}}), "listens"),
        (json!({"files": [{"path": "/a"}]}), "positions_file"),
    ] {
        let error = checked(&settings).expect_err("it is not in order");
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn addresses_as_falco_takes_them() {
    let address = |text: &str| text.parse::<WebhookAddress>().map(|it| it.to_string());
    for (text, read) in [
        ("http://:9765/k8s-audit", "http://0.0.0.0:9765/k8s-audit"),
        ("https://:9765/k8s-audit", "https://0.0.0.0:9765/k8s-audit"),
        ("http://localhost", "http://127.0.0.1:9765/k8s-audit"),
        ("http://[::1]:80/a/b", "http://[::1]:80/a/b"),
    ] {
        assert_eq!(address(text).expect(text), read);
    }
    for text in ["", "9765", "ftp://a", "http://host:1/a", "http://:99999/"] {
        assert!(address(text).is_err(), "{text}");
    }
    let https: WebhookAddress = "https://:1/a".parse().expect("an address");
    let error = WebhookSettings::default().at(&https);
    assert!(matches!(error, Err(SettingsError::NoTls(_))));
}
