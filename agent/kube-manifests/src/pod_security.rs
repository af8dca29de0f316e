//! What of a pod's specification decides how much its containers may do.

use crate::pod::PodSpec;
use crate::pod_settings::{ContainerSpec, Probe};
use saker_kube_metadata::{
    CapabilityChanges, ContainerRole, ContainerSecurity, Extent, HostNamespaces, Labels, PodOs,
    PodSecurity, PodUsers, PodVolume, SecuritySettings, SelinuxOptions,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most elements of each list that are kept. What has more is never judged harmless.
const LIST_MAX: usize = 1024;

/// The annotations of seccomp and AppArmor, before there were fields. The first names the pod itself; after
/// the others comes the name of a container.
const POD_SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const CONTAINER_APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Whether an annotation decides how much a pod's containers may do.
pub(crate) fn is_of_security(annotation: &str) -> bool {
    annotation == POD_SECCOMP
        || annotation.starts_with(CONTAINER_SECCOMP)
        || annotation.starts_with(CONTAINER_APP_ARMOR)
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OsSpec {
    name: Option<String>,
}

/// A pod's or a container's; some keys only one of them has.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecurityContext {
    privileged: Option<bool>,
    allow_privilege_escalation: Option<bool>,
    capabilities: Option<CapabilitiesSpec>,
    read_only_root_filesystem: Option<bool>,
    proc_mount: Option<String>,
    run_as_non_root: Option<bool>,
    run_as_user: Option<i64>,
    se_linux_options: Option<SelinuxSpec>,
    seccomp_profile: Option<ProfileSpec>,
    app_armor_profile: Option<ProfileSpec>,
    windows_options: Option<WindowsSpec>,
    sysctls: Option<Vec<SysctlSpec>>,
}

#[derive(Clone, Debug, Deserialize)]
struct CapabilitiesSpec {
    add: Option<Vec<String>>,
    drop: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
struct SelinuxSpec {
    #[serde(rename = "type")]
    type_name: Option<String>,
    user: Option<String>,
    role: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct ProfileSpec {
    #[serde(rename = "type")]
    type_name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WindowsSpec {
    host_process: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
struct SysctlSpec {
    name: Option<String>,
}

/// A volume: beside its name a key for what it is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct VolumeSpec {
    name: Option<String>,
    #[serde(flatten)]
    sources: BTreeMap<String, Option<IgnoredAny>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VolumeMount {
    mount_path: Option<String>,
}

/// What a pod with this specification may do.
pub(crate) fn pod_security(spec: &PodSpec, annotations: Labels) -> PodSecurity {
    let mut extent = Extent::Whole;
    let context = spec.security_context.as_ref();
    let sysctls = context.and_then(|context| context.sysctls.as_deref());
    let sysctls = sysctls.into_iter().flatten();
    let volumes = spec.volumes.iter().flatten();
    let containers = containers(spec, &mut extent);
    PodSecurity {
        os: match spec.os.as_ref().and_then(|os| os.name.as_deref()) {
            Some("windows") => PodOs::Windows,
            _ => PodOs::Linux,
        },
        users: match spec.host_users {
            Some(false) => PodUsers::Own,
            _ => PodUsers::Host,
        },
        host: HostNamespaces {
            network: spec.host_network == Some(true),
            pid: spec.host_pid == Some(true),
            ipc: spec.host_ipc == Some(true),
        },
        settings: context.map(settings).unwrap_or_default(),
        sysctls: bounded(sysctls.map(|one| text(one.name.as_deref())), &mut extent),
        volumes: bounded(volumes.map(volume), &mut extent),
        containers: bounded(containers.into_iter(), &mut extent),
        annotations,
        extent,
    }
}

/// In the order in which admission looks at them.
fn containers(spec: &PodSpec, extent: &mut Extent) -> Vec<ContainerSecurity> {
    let init = spec.init_containers.iter().flatten();
    let init = init.map(|spec| (spec, spec.role_before_others()));
    let main = spec.containers.iter().flatten();
    let main = main.map(|spec| (spec, ContainerRole::Main));
    let ephemeral = spec.ephemeral_containers.iter().flatten();
    let ephemeral = ephemeral.map(|spec| (spec, ContainerRole::Ephemeral));
    let all = init.chain(main).chain(ephemeral);
    all.map(|(spec, role)| container(spec, role, extent))
        .collect()
}

fn container(spec: &ContainerSpec, role: ContainerRole, extent: &mut Extent) -> ContainerSecurity {
    let context = spec.security_context.as_ref();
    let capabilities = context.and_then(|context| context.capabilities.as_ref());
    let mut texts = |texts: &Option<Vec<String>>| {
        let texts = texts.iter().flatten();
        bounded(texts.map(|text| text.as_str().into()), extent)
    };
    let capabilities = capabilities.map(|changes| CapabilityChanges {
        add: texts(&changes.add),
        drop: texts(&changes.drop),
    });
    let ports = spec.ports.iter().flatten();
    let ports = ports.filter_map(|port| port.host_port.filter(|port| *port != 0));
    let mounts = spec.volume_mounts.iter().flatten();
    ContainerSecurity {
        name: text(spec.name.as_deref()),
        role,
        settings: context.map(settings).unwrap_or_default(),
        privileged: context.and_then(|context| context.privileged),
        privilege_escalation: context.and_then(|context| context.allow_privilege_escalation),
        capabilities,
        proc_mount: context.and_then(|context| context.proc_mount.as_deref().map(Arc::from)),
        read_only_root: context.and_then(|context| context.read_only_root_filesystem),
        host_ports: bounded(ports, extent),
        handler_hosts: bounded(handler_hosts(spec), extent),
        mounts: bounded(
            mounts.map(|mount| text(mount.mount_path.as_deref())),
            extent,
        ),
    }
}

fn settings(context: &SecurityContext) -> SecuritySettings {
    let profile = |profile: &Option<ProfileSpec>| {
        let profile = profile.as_ref();
        profile.map(|profile| text(profile.type_name.as_deref()))
    };
    let windows = context.windows_options.as_ref();
    SecuritySettings {
        seccomp: profile(&context.seccomp_profile),
        app_armor: profile(&context.app_armor_profile),
        selinux: context.se_linux_options.as_ref().map(|it| SelinuxOptions {
            type_name: text(it.type_name.as_deref()),
            user: text(it.user.as_deref()),
            role: text(it.role.as_deref()),
        }),
        run_as_non_root: context.run_as_non_root,
        run_as_user: context.run_as_user,
        host_process: windows.and_then(|windows| windows.host_process),
    }
}

fn volume(spec: &VolumeSpec) -> PodVolume {
    let there = spec.sources.iter().filter(|(_, source)| source.is_some());
    let sources: Box<[Arc<str>]> = there.take(2).map(|(key, _)| key.as_str().into()).collect();
    PodVolume {
        name: text(spec.name.as_deref()),
        // What says nothing gets an empty folder.
        sources: match sources.is_empty() {
            true => Box::new(["emptyDir".into()]),
            false => sources,
        },
    }
}

/// The hosts of probes and handlers of a container.
fn handler_hosts(spec: &ContainerSpec) -> impl Iterator<Item = Arc<str>> {
    let lifecycle = spec.lifecycle.as_ref();
    let handlers: [Option<&Probe>; 5] = [
        spec.liveness_probe.as_ref(),
        spec.readiness_probe.as_ref(),
        spec.startup_probe.as_ref(),
        lifecycle.and_then(|lifecycle| lifecycle.post_start.as_ref()),
        lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref()),
    ];
    let actions = handlers.into_iter().flatten();
    let actions = actions.flat_map(|handler| [&handler.http_get, &handler.tcp_socket]);
    let hosts = actions
        .flatten()
        .filter_map(|action| action.host.as_deref());
    hosts.filter(|host| !host.is_empty()).map(Arc::from)
}

fn text(text: Option<&str>) -> Arc<str> {
    text.unwrap_or_default().into()
}

/// The first of many; who cuts says so.
fn bounded<T>(mut all: impl Iterator<Item = T>, extent: &mut Extent) -> Box<[T]> {
    let kept = all.by_ref().take(LIST_MAX).collect();
    if all.next().is_some() {
        *extent = Extent::Cut;
    }
    kept
}
