//! `ka.req.pod.containers.*` and the same of init and ephemeral containers.

use super::read;
use crate::row::{FieldRow, JsonReader, Keys, Plurality};
use crate::value::FieldValue;
use saker_rule_language::{ArgumentForms, ArgumentRule, FieldArgument};
use serde_json::Value;

pub(super) static ROWS: &[FieldRow] = &[
    row("ka.req.pod.containers.name", MAIN, &NAME),
    row("ka.req.pod.containers.image", MAIN, &IMAGE),
    row("ka.req.pod.containers.image.repository", MAIN, &REPOSITORY),
    row("ka.req.pod.containers.command", MAIN, &COMMAND),
    row("ka.req.pod.containers.args", MAIN, &ARGUMENTS),
    row("ka.req.pod.containers.host_port", MAIN, &HOST_PORT),
    row("ka.req.pod.containers.privileged", MAIN, &PRIVILEGED),
    row(
        "ka.req.pod.containers.allow_privilege_escalation",
        MAIN,
        &ESCALATION,
    ),
    row("ka.req.pod.containers.read_only_fs", MAIN, &READ_ONLY),
    row("ka.req.pod.containers.run_as_user", MAIN, &USER),
    row(
        "ka.req.pod.containers.eff_run_as_user",
        MAIN,
        &EFFECTIVE_USER,
    ),
    row("ka.req.pod.containers.run_as_group", MAIN, &GROUP),
    row(
        "ka.req.pod.containers.eff_run_as_group",
        MAIN,
        &EFFECTIVE_GROUP,
    ),
    row("ka.req.pod.containers.proc_mount", MAIN, &PROC_MOUNT),
    row(
        "ka.req.pod.containers.add_capabilities",
        MAIN,
        &CAPABILITIES,
    ),
    row("ka.req.pod.initContainers.name", INIT, &NAME),
    row("ka.req.pod.initContainers.image", INIT, &IMAGE),
    row(
        "ka.req.pod.initContainers.image.repository",
        INIT,
        &REPOSITORY,
    ),
    row("ka.req.pod.initContainers.command", INIT, &COMMAND),
    row("ka.req.pod.initContainers.args", INIT, &ARGUMENTS),
    row("ka.req.pod.initContainers.host_port", INIT, &HOST_PORT),
    row("ka.req.pod.initContainers.privileged", INIT, &PRIVILEGED),
    row(
        "ka.req.pod.initContainers.allow_privilege_escalation",
        INIT,
        &ESCALATION,
    ),
    row("ka.req.pod.initContainers.read_only_fs", INIT, &READ_ONLY),
    row("ka.req.pod.initContainers.run_as_user", INIT, &USER),
    row(
        "ka.req.pod.initContainers.eff_run_as_user",
        INIT,
        &EFFECTIVE_USER,
    ),
    row("ka.req.pod.initContainers.run_as_group", INIT, &GROUP),
    row(
        "ka.req.pod.initContainers.eff_run_as_group",
        INIT,
        &EFFECTIVE_GROUP,
    ),
    row("ka.req.pod.initContainers.proc_mount", INIT, &PROC_MOUNT),
    row(
        "ka.req.pod.initContainers.add_capabilities",
        INIT,
        &CAPABILITIES,
    ),
    row("ka.req.pod.ephemeralContainers.name", EPHEMERAL, &NAME),
    row("ka.req.pod.ephemeralContainers.image", EPHEMERAL, &IMAGE),
    row(
        "ka.req.pod.ephemeralContainers.image.repository",
        EPHEMERAL,
        &REPOSITORY,
    ),
    row(
        "ka.req.pod.ephemeralContainers.command",
        EPHEMERAL,
        &COMMAND,
    ),
    row("ka.req.pod.ephemeralContainers.args", EPHEMERAL, &ARGUMENTS),
    row(
        "ka.req.pod.ephemeralContainers.privileged",
        EPHEMERAL,
        &PRIVILEGED,
    ),
    row(
        "ka.req.pod.ephemeralContainers.allow_privilege_escalation",
        EPHEMERAL,
        &ESCALATION,
    ),
    row(
        "ka.req.pod.ephemeralContainers.read_only_fs",
        EPHEMERAL,
        &READ_ONLY,
    ),
    row(
        "ka.req.pod.ephemeralContainers.run_as_user",
        EPHEMERAL,
        &USER,
    ),
    row(
        "ka.req.pod.ephemeralContainers.eff_run_as_user",
        EPHEMERAL,
        &EFFECTIVE_USER,
    ),
    row(
        "ka.req.pod.ephemeralContainers.run_as_group",
        EPHEMERAL,
        &GROUP,
    ),
    row(
        "ka.req.pod.ephemeralContainers.eff_run_as_group",
        EPHEMERAL,
        &EFFECTIVE_GROUP,
    ),
    row(
        "ka.req.pod.ephemeralContainers.proc_mount",
        EPHEMERAL,
        &PROC_MOUNT,
    ),
    row(
        "ka.req.pod.ephemeralContainers.add_capabilities",
        EPHEMERAL,
        &CAPABILITIES,
    ),
];

/// Fields from before a pod's containers were told apart.
pub(super) static OLD: &[FieldRow] = &[
    old(
        "ka.req.container.image",
        &IMAGE,
        "Image of the first container.",
        |json, keys, _| first(read::every(json, keys, FIRST)),
    ),
    old(
        "ka.req.container.image.repository",
        &REPOSITORY,
        "Repository of the image of the first container.",
        |json, keys, _| first(repositories(json, keys, FIRST)),
    ),
    old(
        "ka.req.container.privileged",
        &PRIVILEGED,
        "`true` if a container asks to be privileged, else `false`.",
        |json, keys, _| {
            let values = read::values(json, keys, None)?;
            let is_any = values.into_iter().flatten().any(|value| *value == true);
            Some(super::truth(is_any))
        },
    ),
];

type ContainerList = &'static [&'static str];

const MAIN: ContainerList = &["requestObject", "spec", "containers"];
const INIT: ContainerList = &["requestObject", "spec", "initContainers"];
const EPHEMERAL: ContainerList = &["requestObject", "spec", "ephemeralContainers"];

/// How many keys of a list of containers lead to the pod's specification.
const POD_KEYS: usize = 2;
const FIRST: Option<&FieldArgument> = Some(&FieldArgument::Index(0));

/// What is the same for all lists of containers.
struct Part {
    keys: &'static [&'static str],
    doc: &'static str,
    reader: JsonReader,
}

const fn part(keys: &'static [&'static str], doc: &'static str, reader: JsonReader) -> Part {
    Part { keys, doc, reader }
}

static NAME: Part = part(
    &["name"],
    "Names of the pod's containers of this list.",
    read::every,
);
static IMAGE: Part = part(&["image"], "Images, one for each container.", read::every);
static REPOSITORY: Part = part(
    &["image"],
    "Repositories of the images, without tag and digest. Falco cuts at the first colon, also at that of \
     a registry's port.",
    repositories,
);
static COMMAND: Part = part(
    &["command"],
    "Commands, one for each container that has one, words separated by blanks.",
    read::joined,
);
static ARGUMENTS: Part = part(
    &["args"],
    "Arguments, one text for each container that has any, separated by blanks.",
    read::joined,
);
static HOST_PORT: Part = part(
    &["ports"],
    "Ports on the host; for ports without one that of the container, which is the host's where the pod \
     uses its network.",
    host_ports,
);
static PRIVILEGED: Part = part(
    &["securityContext", "privileged"],
    "`privileged` of the containers that state it.",
    read::present,
);
static ESCALATION: Part = part(
    &["securityContext", "allowPrivilegeEscalation"],
    "`allowPrivilegeEscalation` of the containers that state it.",
    read::present,
);
static READ_ONLY: Part = part(
    &["securityContext", "readOnlyRootFilesystem"],
    "`readOnlyRootFilesystem` of the containers that state it.",
    read::present,
);
static USER: Part = part(
    &["securityContext", "runAsUser"],
    "`runAsUser` of the containers that state it.",
    read::present,
);
static EFFECTIVE_USER: Part = part(
    &["securityContext", "runAsUser"],
    "User id of each container: its own `runAsUser`, else that of the pod, else 0. Falco looks for them \
     beside the security contexts and so has always 0.",
    effective,
);
static GROUP: Part = part(
    &["securityContext", "runAsGroup"],
    "`runAsGroup` of the containers that state it.",
    read::present,
);
static EFFECTIVE_GROUP: Part = part(
    &["securityContext", "runAsGroup"],
    "Group id of each container: its own `runAsGroup`, else that of the pod, else 0. Falco looks for \
     them beside the security contexts and so has always 0.",
    effective,
);
static PROC_MOUNT: Part = part(
    &["securityContext", "procMount"],
    "`procMount` of the containers that state it.",
    read::present,
);
static CAPABILITIES: Part = part(
    &["securityContext", "capabilities", "add"],
    "Added capabilities, for each container that adds any one text with their list as JSON.",
    read::present,
);

const fn row(name: &'static str, list: ContainerList, part: &'static Part) -> FieldRow {
    let keys = Keys {
        base: list,
        rest: part.keys,
    };
    FieldRow::audit(name, keys, part.doc, part.reader)
        .several(Plurality::List)
        .takes(ArgumentRule::Optional(ArgumentForms::Index))
}

const fn old(
    name: &'static str,
    part: &'static Part,
    doc: &'static str,
    reader: JsonReader,
) -> FieldRow {
    let keys = Keys {
        base: MAIN,
        rest: part.keys,
    };
    FieldRow::audit(name, keys, doc, reader).deprecated()
}

fn first(values: Option<FieldValue<'_>>) -> Option<FieldValue<'_>> {
    match values? {
        FieldValue::List(values) => values.into_iter().next(),
        _ => None,
    }
}

fn repositories<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let images: Option<Vec<&str>> = read::values(json, keys, argument)?
        .into_iter()
        .map(|image| image?.as_str())
        .collect();
    let repositories = images?
        .into_iter()
        .map(|image| FieldValue::text(repository(image).as_bytes()));
    Some(FieldValue::list(repositories.collect()))
}

/// `registry:5000/name` of `registry:5000/name:tag@digest`.
fn repository(image: &str) -> &str {
    let named = image.split_once('@').map_or(image, |(named, _)| named);
    match named.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => named,
    }
}

fn host_ports<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let mut ports = Vec::new();
    for list in read::values(json, keys, argument)?.into_iter().flatten() {
        let numbers = list
            .as_array()?
            .iter()
            .filter_map(|port| port.get("hostPort").or_else(|| port.get("containerPort")));
        ports.extend(numbers.map(read::text));
    }
    Some(FieldValue::list(ports))
}

fn effective<'v>(
    json: &'v Value,
    keys: Keys,
    argument: Option<&FieldArgument>,
) -> Option<FieldValue<'v>> {
    let of_containers = read::values(json, keys, argument)?;
    let pod = keys.base.iter().take(POD_KEYS).chain(keys.rest).copied();
    let of_pod = read::at(json, pod).map_or(FieldValue::text(b"0"), read::text);
    let ids = of_containers
        .into_iter()
        .map(|own| own.map_or_else(|| of_pod.clone(), read::text));
    Some(FieldValue::list(ids.collect()))
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn repositories_have_neither_tag_nor_digest() {
        for (image, expected) in [
            ("nginx", "nginx"),
            ("nginx:1.25", "nginx"),
            (
                "falcosecurity/falco:latest@sha256:abc",
                "falcosecurity/falco",
            ),
            ("falcosecurity/falco@sha256:abc", "falcosecurity/falco"),
            ("registry:5000/app", "registry:5000/app"),
            ("registry:5000/app:2", "registry:5000/app"),
            ("", ""),
            (":@", ""),
        ] {
            assert_eq!(repository(image), expected, "{image}");
        }
    }
}
