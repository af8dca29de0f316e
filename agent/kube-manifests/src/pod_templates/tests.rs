use super::{PodTemplates, pod_templates};
use crate::documents::DocumentError;
use saker_kube_metadata::{ContainerRole, Extent, PodOs, PodUsers};

fn read(text: &str) -> PodTemplates {
    pod_templates(text).expect("a text that is understood")
}

#[test]
fn every_kind_that_makes_pods_has_a_template() {
    let spec = "{containers: [{name: web, securityContext: {privileged: true}}]}";
    let template = format!("{{template: {{spec: {spec}}}}}");
    let objects = [
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"),
        format!(
            "apiVersion: v1\nkind: PodTemplate\nmetadata: {{name: a}}\ntemplate: {{spec: {spec}}}\n"
        ),
        format!(
            "apiVersion: v1\nkind: ReplicationController\nmetadata: {{name: a}}\nspec: {template}\n"
        ),
        format!("apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: a}}\nspec: {template}\n"),
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {template}\n"),
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec: {template}\n"
        ),
        format!("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: a}}\nspec: {template}\n"),
        format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a}}\nspec: {template}\n"),
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: a}}\nspec: {{jobTemplate: {{spec: {template}}}}}\n"
        ),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".to_owned(),
    ];
    let all = read(&objects.join("---\n"));
    assert_eq!((all.templates.len(), all.skipped), (9, 1));
    for template in &all.templates {
        let [web] = &template.security.containers[..] else {
            panic!("{} has one container", template.kind);
        };
        assert_eq!((&*web.name, web.privileged), ("web", Some(true)));
        assert_eq!(template.name, "a");
    }
}

#[test]
fn all_of_a_specification_is_read() {
    let text = r"
apiVersion: v1
kind: Pod
metadata:
  generateName: web-
  namespace: shop
  annotations:
    container.apparmor.security.beta.kubernetes.io/web: unconfined
    seccomp.security.alpha.kubernetes.io/pod: unconfined
    team: checkout
spec:
  os: {name: windows}
  hostUsers: false
  hostPID: true
  hostIPC: true
  securityContext:
    runAsNonRoot: true
    runAsUser: 7
    seLinuxOptions: {type: spc_t, user: u}
    seccompProfile: {type: Localhost, localhostProfile: x}
    windowsOptions: {hostProcess: true}
    sysctls: [{name: kernel.msgmax, value: '1'}]
  volumes:
    - {name: a, hostPath: {path: /}, nfs: null}
    - {name: b}
  initContainers:
    - {name: init}
    - {name: sidecar, restartPolicy: Always}
  containers:
    - name: web
      ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 81}]
      livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}
      lifecycle: {preStop: {tcpSocket: {host: other, port: 1}}}
      volumeMounts: [{name: a, mountPath: /data}]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        procMount: Unmasked
        appArmorProfile: {type: Unconfined}
        capabilities: {add: [NET_ADMIN], drop: [ALL]}
  ephemeralContainers:
    - {name: debug}
";
    let all = read(text);
    let [pod] = &all.templates[..] else {
        panic!("one pod");
    };
    assert_eq!((&*pod.namespace, &*pod.name), ("shop", "web-"));
    let security = &pod.security;
    assert_eq!(
        (security.os, security.users),
        (PodOs::Windows, PodUsers::Own)
    );
    assert!(security.host.pid && security.host.ipc && !security.host.network);
    assert_eq!(security.settings.run_as_non_root, Some(true));
    assert_eq!(security.settings.run_as_user, Some(7));
    assert_eq!(security.settings.host_process, Some(true));
    assert_eq!(security.settings.seccomp.as_deref(), Some("Localhost"));
    let selinux = security.settings.selinux.as_ref().expect("it is stated");
    assert_eq!(
        (&*selinux.type_name, &*selinux.user, &*selinux.role),
        ("spc_t", "u", "")
    );
    assert_eq!(
        security.sysctls.iter().map(|it| &**it).collect::<Vec<_>>(),
        ["kernel.msgmax"]
    );
    let sources: Vec<&str> = security
        .volumes
        .iter()
        .flat_map(|it| &it.sources)
        .map(|it| &**it)
        .collect();
    assert_eq!(sources, ["hostPath", "emptyDir"]);
    assert_eq!(security.annotations.len(), 2);
    let roles: Vec<(&str, ContainerRole)> = security
        .containers
        .iter()
        .map(|it| (&*it.name, it.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("init", ContainerRole::Init),
            ("sidecar", ContainerRole::Sidecar),
            ("web", ContainerRole::Main),
            ("debug", ContainerRole::Ephemeral),
        ]
    );
    let web = security.container("web").expect("it is there");
    assert_eq!(&*web.host_ports, [8080]);
    assert_eq!(
        web.handler_hosts.iter().map(|it| &**it).collect::<Vec<_>>(),
        ["10.0.0.1", "other"]
    );
    assert_eq!(
        web.mounts.iter().map(|it| &**it).collect::<Vec<_>>(),
        ["/data"]
    );
    assert_eq!(web.read_only_root, Some(true));
    assert_eq!(web.privilege_escalation, Some(false));
    assert_eq!(web.proc_mount.as_deref(), Some("Unmasked"));
    assert_eq!(web.settings.app_armor.as_deref(), Some("Unconfined"));
    let changes = web.capabilities.as_ref().expect("they are stated");
    assert_eq!((&*changes.add[0], &*changes.drop[0]), ("NET_ADMIN", "ALL"));
    assert_eq!(security.extent, Extent::Whole);
}

#[test]
fn a_list_that_is_too_long_is_cut_and_says_so() {
    let containers: Vec<String> = (0..1025).map(|n| format!("{{name: c{n}}}")).collect();
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{}]}}\n",
        containers.join(", ")
    );
    let all = read(&text);
    assert_eq!(all.templates[0].security.containers.len(), 1024);
    assert_eq!(all.templates[0].security.extent, Extent::Cut);
}

#[test]
fn an_error_names_the_document_and_the_object() {
    let good = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n---\n";
    let wrong =
        format!("{good}apiVersion: v1\nkind: Pod\nmetadata: {{name: b}}\nspec: {{hostPID: 7}}\n");
    let error = pod_templates(&wrong).expect_err("a number is no truth");
    assert!(
        matches!(error, DocumentError::Object { document: 2, ref object, .. } if object == "Pod/b")
    );
    let lacking =
        format!("{good}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: c}}\nspec: {{}}\n");
    let error = pod_templates(&lacking).expect_err("it has no template");
    assert!(matches!(
        error,
        DocumentError::Incomplete { document: 2, .. }
    ));
}
