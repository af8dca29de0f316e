use super::*;

fn settings(json: &str) -> RuntimesSettings {
    serde_json::from_str(json).unwrap()
}

#[test]
fn without_settings_the_sockets_are_falcos() {
    let config = RuntimesConfig::new(&RuntimesSettings::default(), Path::new("/")).unwrap();
    let paths: Vec<_> = config
        .sockets()
        .iter()
        .map(|(engine, path)| (engine.name(), path.to_str().unwrap()))
        .collect();
    assert_eq!(
        paths,
        [
            ("cri", "/run/containerd/containerd.sock"),
            ("cri", "/run/crio/crio.sock"),
            ("cri", "/run/k3s/containerd/containerd.sock"),
            ("cri", "/run/host-containerd/containerd.sock"),
            ("docker", "/var/run/docker.sock"),
            ("docker", "/run/docker.sock"),
            ("podman", "/run/podman/podman.sock"),
            ("podman", "/run/user/*/podman/podman.sock"),
        ]
    );
    assert_eq!(config.label_max_len, 100);
    assert_eq!(config.sockets(), RuntimesConfig::default().sockets());
}

#[test]
fn an_engine_can_be_switched_off_and_moved() {
    let settings = settings(
        r#"{"engines": {"docker": {"enabled": false}, "podman": {"enabled": false},
            "cri": {"sockets": ["unix:///run/other.sock"]}}}"#,
    );
    let config = RuntimesConfig::new(&settings, Path::new("/host")).unwrap();
    assert_eq!(
        config.sockets(),
        [(Engine::Cri, PathBuf::from("/run/other.sock"))]
    );
    assert_eq!(
        config.on_host(Path::new("/run/other.sock")),
        Path::new("/host/run/other.sock")
    );
}

#[test]
fn what_cannot_be_used_is_named() {
    let relative = settings(r#"{"engines": {"cri": {"sockets": ["run/containerd.sock"]}}}"#);
    let error = RuntimesConfig::new(&relative, Path::new("/")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "engines.cri.sockets: `run/containerd.sock` is not an absolute path; \
         write `/run/…` or `unix:///run/…`"
    );
    let above = settings(r#"{"engines": {"docker": {"sockets": ["/run/../x"]}}}"#);
    assert!(RuntimesConfig::new(&above, Path::new("/")).is_err());
    let tcp = settings(r#"{"engines": {"docker": {"sockets": ["tcp://1.2.3.4:5"]}}}"#);
    assert!(RuntimesConfig::new(&tcp, Path::new("/")).is_err());
    let label = settings(r#"{"label_max_len": 10000000}"#);
    assert!(RuntimesConfig::new(&label, Path::new("/")).is_err());
    assert!(serde_json::from_str::<RuntimesSettings>(r#"{"engine": {}}"#).is_err());
}
