//! `ka.req.*` of pods as a whole: security context, namespaces, volumes.

use super::{indexed, read, text, texts, truth, whole};
use crate::row::{FieldRow, Keys};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument};
use serde_json::Value;

const HOST_NETWORK: &[&str] = &["requestObject", "spec", "hostNetwork"];
const HOST_PATH: &[&str] = &["requestObject", "spec", "volumes", "hostPath", "path"];

pub(super) static ROWS: &[FieldRow] = &[
    text(
        "ka.req.pod.host_ipc",
        &["requestObject", "spec", "hostIPC"],
        "`hostIPC` of a pod.",
    ),
    text("ka.req.pod.host_network", HOST_NETWORK, "`hostNetwork` of a pod."),
    text(
        "ka.req.container.host_network",
        HOST_NETWORK,
        "Another name of `ka.req.pod.host_network`.",
    )
    .deprecated(),
    text(
        "ka.req.pod.host_pid",
        &["requestObject", "spec", "hostPID"],
        "`hostPID` of a pod.",
    ),
    text(
        "ka.req.pod.run_as_user",
        &["requestObject", "spec", "securityContext", "runAsUser"],
        "`runAsUser` of a pod's security context.",
    ),
    text(
        "ka.req.pod.run_as_group",
        &["requestObject", "spec", "securityContext", "runAsGroup"],
        "`runAsGroup` of a pod's security context.",
    ),
    text(
        "ka.req.pod.fs_group",
        &["requestObject", "spec", "securityContext", "fsGroup"],
        "`fsGroup` of a pod's security context.",
    ),
    texts(
        "ka.req.pod.supplemental_groups",
        &["requestObject", "spec", "securityContext", "supplementalGroups"],
        "`supplementalGroups` of a pod's security context.",
    ),
    indexed(
        "ka.req.pod.volumes.hostpath",
        HOST_PATH,
        "Paths of the host that the pod's volumes show.",
        read::present,
    ),
    indexed(
        "ka.req.pod.volumes.flexvolume_driver",
        &["requestObject", "spec", "volumes", "flexVolume", "driver"],
        "Drivers of the pod's flex volumes.",
        read::present,
    ),
    indexed(
        "ka.req.pod.volumes.volume_type",
        &["requestObject", "spec", "volumes", ""],
        "Types of the pod's volumes, such as `hostPath` and `configMap`.",
        volume_types,
    ),
    FieldRow::audit(
        "ka.req.volume.hostpath",
        whole(HOST_PATH),
        "`true` if a volume of the pod shows this path of the host, else `false`; with a `*` at its end \
         the argument is the beginning of a path. Falco looks at the first volume only.",
        shows_path,
    )
    .takes(ArgumentRule::Required(ArgumentForms::Key))
    .deprecated(),
];

fn volume_types<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let volumes = read::values(json, keys, argument)?;
    let types = volumes
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|volume| volume.keys())
        .filter(|key| *key != "name")
        .map(|key| FieldValue::text(key.as_bytes()));
    Some(FieldValue::list(types.collect()))
}

fn shows_path<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let Some(FieldArgument::Key(wanted)) = argument else {
        return None;
    };
    let paths = read::values(json, keys, None)?;
    let is_shown = paths
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|path| match wanted.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == &**wanted,
        });
    Some(truth(is_shown))
}
