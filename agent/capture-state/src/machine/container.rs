//! The container that Falco takes a cgroup for.
//!
//! Falco tries the forms of one runtime after the other, mostly on the last component alone, so that
//! what lies deeper in a container's cgroup counts as the host, and what any tool puts below a cgroup
//! of its own may count as a container. Captures are shown with its answer; whatever Saker knows
//! besides about the same container comes along.

use memchr::memmem;
use saker_process_state::{ContainerId, ContainerRef, Runtime, container_of};

/// Characters of a whole id.
const FULL_CHARACTERS: usize = 64;

/// Characters of an id that Falco shows.
const SHORT_CHARACTERS: usize = 12;

/// What stands before and after the id in a path, in the order in which Falco tries.
const FORMS: &[(&str, &str, Runtime)] = &[
    ("/libpod-", ".scope", Runtime::Podman),
    ("/libpod-", ".scope/container", Runtime::Podman),
    ("/libpod-", "", Runtime::Podman),
    ("/libpod-payload-", ".scope", Runtime::Podman),
    ("/libpod-payload-", ".scope/container", Runtime::Podman),
    ("/libpod-payload-", "", Runtime::Podman),
    ("/", "", Runtime::Docker),
    ("/docker-", ".scope", Runtime::Docker),
    ("/crio-", "", Runtime::Crio),
    ("/cri-containerd-", ".scope", Runtime::Containerd),
    ("/crio-", ".scope", Runtime::Crio),
    (":cri-containerd:", "", Runtime::Containerd),
    ("/nerdctl-", ".scope", Runtime::Containerd),
];

/// A path that is as short as one with a container may be: a namespace and an id of `ctr`.
const SHORTEST: &[u8] = b"/n/i";

/// Units of systemd, which are no containers of `ctr`.
const UNITS: &[&[u8]] = &[b".service", b".slice", b".scope"];

/// The container that a path names, and the id that Falco shows for it.
pub(super) fn named(path: &[u8]) -> Option<(&str, ContainerRef)> {
    let (id, runtime) = matched(path)?;
    let id = std::str::from_utf8(id).ok()?;
    let known = container_of(path).filter(|known| known.id.short() == id);
    let container = known.unwrap_or_else(|| ContainerRef {
        id: ContainerId::new(id),
        runtime,
        pod_uid: None,
        cgroup_path: path.into(),
    });
    Some((id, container))
}

/// The short id that a path names.
fn matched(path: &[u8]) -> Option<(&[u8], Runtime)> {
    // Above all `/`, which most hierarchies of a process have.
    if path.len() < SHORTEST.len() {
        return None;
    }
    // Short ones, which most are, hold no whole id.
    let forms = if path.len() > FULL_CHARACTERS {
        FORMS
    } else {
        &[]
    };
    let known = forms.iter().find_map(|(before, after, runtime)| {
        let (start, id) = between(path, before.as_bytes(), after.as_bytes())?;
        is_whole(path, start, id).then_some((id.get(..SHORT_CHARACTERS)?, *runtime))
    });
    known
        .or_else(|| Some((of_ctr(path)?, Runtime::Containerd)))
        .or_else(|| Some((of_lxc(path)?, Runtime::Lxc)))
        .or_else(|| Some((of_libvirt(path)?, Runtime::LibvirtLxc)))
        .or_else(|| Some((of_bpm(path)?, Runtime::Bpm)))
}

/// The name of a container of LXC.
fn of_lxc(path: &[u8]) -> Option<&[u8]> {
    let forms: [&[u8]; 3] = [b"/lxc/", b"/lxc.payload/", b"/lxc.payload."];
    let rest = forms.iter().find_map(|form| after_first(path, form))?;
    rest.split(|byte| *byte == b'/').next()
}

/// The name of a container of libvirt.
fn of_libvirt(path: &[u8]) -> Option<&[u8]> {
    let component = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if let Some(name) = component.strip_suffix(b".libvirt-lxc")
        && path.contains(&b'/')
    {
        return Some(name);
    }
    // Of `machine-lxc\x2d1234…` the dash is written as `\x2d`.
    let scope = path
        .strip_suffix(b".scope/libvirt")
        .or_else(|| path.strip_suffix(b".scope"));
    let name = scope.and_then(|scope| after_first(scope, b"-lxc\\x2"));
    if let Some([_, name @ ..]) = name {
        return Some(name);
    }
    after_first(path, b"/libvirt/lxc/")
}

/// The name of a process of BPM.
fn of_bpm(path: &[u8]) -> Option<&[u8]> {
    let rest = after_first(path, b"bpm-")?;
    let name = match rest.windows(6).position(|window| window == b".scope") {
        Some(end) => rest.get(..end)?,
        None => rest,
    };
    let is_name = name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    (is_name && !name.is_empty()).then_some(name)
}

fn after_first<'p>(path: &'p [u8], text: &[u8]) -> Option<&'p [u8]> {
    let position = memmem::find(path, text)?;
    path.get(position.saturating_add(text.len())..)
}

/// What lies between the last occurrences of two texts, and where it begins.
fn between<'p>(path: &'p [u8], before: &[u8], after: &[u8]) -> Option<(usize, &'p [u8])> {
    let start = last(path, before)?.saturating_add(before.len());
    let end = if after.is_empty() {
        path.len()
    } else {
        last(path, after)?
    };
    Some((start, path.get(start..end)?))
}

fn last(path: &[u8], text: &[u8]) -> Option<usize> {
    memmem::rfind(path, text)
}

/// Whether an id has the length and the characters of a whole one. Falco looks at no characters beyond
/// the 64th of the path.
fn is_whole(path: &[u8], start: usize, id: &[u8]) -> bool {
    let begin = path.get(start..).unwrap_or_default();
    let odd = begin.iter().position(|byte| !byte.is_ascii_hexdigit());
    id.len() == FULL_CHARACTERS
        && odd.is_none_or(|odd| odd.saturating_add(start) >= FULL_CHARACTERS)
}

/// The id of a container of `ctr`, whose cgroup is `/namespace/id`; both may be any text.
fn of_ctr(path: &[u8]) -> Option<&[u8]> {
    let namespace = first_namespace(path)?;
    let (start, id) = between(path, namespace, b"")?;
    if is_whole(path, start, id) {
        return id.get(..SHORT_CHARACTERS);
    }
    let is_unit = UNITS.iter().any(|unit| path.ends_with(unit));
    if id.is_empty() || id.len() > FULL_CHARACTERS || is_unit {
        return None;
    }
    Some(id.get(..SHORT_CHARACTERS).unwrap_or(id))
}

/// The first component that could be a namespace, with the slashes around it.
fn first_namespace(path: &[u8]) -> Option<&[u8]> {
    let mut start = path.iter().position(|byte| *byte == b'/')?;
    loop {
        let rest = path.get(start.saturating_add(1)..)?;
        let length = rest.iter().position(|byte| *byte == b'/')?;
        let end = start.saturating_add(length).saturating_add(1);
        if is_namespace(rest.get(..length)?) {
            return path.get(start..=end);
        }
        start = end;
    }
}

/// Letters and digits, in parts that a dot, a dash or an underscore separates.
fn is_namespace(name: &[u8]) -> bool {
    name.split(|byte| matches!(byte, b'.' | b'-' | b'_'))
        .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";

    #[test]
    fn containers_are_those_that_falco_sees() {
        for (path, expected) in [
            (format!("/docker/{ID}"), Some("4c01db0b339c")),
            (
                format!("/system.slice/docker-{ID}.scope"),
                Some("4c01db0b339c"),
            ),
            (
                format!("/kubepods/burstable/pod1/{ID}"),
                Some("4c01db0b339c"),
            ),
            (
                format!("/kubepods.slice/cri-containerd-{ID}.scope"),
                Some("4c01db0b339c"),
            ),
            (
                format!("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:{ID}"),
                Some("4c01db0b339c"),
            ),
            (
                format!("/machine.slice/libpod-{ID}.scope/container"),
                Some("4c01db0b339c"),
            ),
            (format!("/machine.slice/libpod-conmon-{ID}.scope"), None),
            // Deeper in a container.
            (format!("/docker/{ID}/init.scope"), None),
            // Any path below a cgroup that is no unit of systemd.
            ("/default/web-1".into(), Some("web-1")),
            ("/user/1000.user/c1.session".into(), Some("1000.user/c1")),
            ("/user.slice/user-1000.slice/session-1.scope".into(), None),
            ("/system.slice/cron.service".into(), None),
            ("/lxc.payload.web/init.scope".into(), Some("web")),
            (
                r"/machine.slice/machine-lxc\x2d29\x2dbox.scope".into(),
                Some(r"29\x2dbox"),
            ),
            ("/bpm-job.scope".into(), Some("job")),
            ("/init.scope".into(), None),
            ("/".into(), None),
            (String::new(), None),
        ] {
            let id = matched(path.as_bytes()).map(|(id, _)| std::str::from_utf8(id).unwrap());
            assert_eq!(id, expected, "{path}");
        }
    }

    #[test]
    fn what_is_known_besides_comes_along() {
        let path = format!("/kubepods/besteffort/pod0a1b2c3d-0000-1111-2222-333344445555/{ID}");
        let (_, container) = named(path.as_bytes()).unwrap();
        assert_eq!(container.id.full(), ID);
        assert!(container.pod_uid.is_some());
    }
}
