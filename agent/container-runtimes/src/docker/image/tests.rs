use super::*;
use serde_json::{Value, json};

fn docker(asked: &str, tags: &[&str], digests: &[&str]) -> Image {
    let inspected = json!({"Id": "a", "Image": "sha256:0011aabb", "Config": {"Image": asked}});
    let found = json!({"Id": "sha256:0011aabb", "RepoTags": tags, "RepoDigests": digests});
    of_docker(
        &read(inspected),
        Some(&serde_json::from_value(found).unwrap()),
    )
}

fn read(value: Value) -> Inspected {
    serde_json::from_value(value).unwrap()
}

fn texts(image: &Image) -> [&str; 3] {
    [&image.repository, &image.tag, &image.digest].map(|text| text.as_deref().unwrap_or("-"))
}

#[test]
fn the_names_of_an_image_are_told_apart() {
    let digest = "sha256:77";
    let hub = format!("busybox@{digest}");
    let other = format!("mirror:5000/busybox@{digest}");
    for (asked, tags, digests, expected) in [
        (
            "busybox",
            &["busybox:latest"][..],
            &[&*hub][..],
            ["busybox", "latest", digest],
        ),
        // The tag that was asked for, not the first.
        (
            "busybox:1.36",
            &["busybox:latest", "busybox:1.36"],
            &[&hub],
            ["busybox", "1.36", digest],
        ),
        // The repository that was asked for, not the first.
        (
            "mirror:5000/busybox:1",
            &["busybox:1", "mirror:5000/busybox:1"],
            &[&hub, &other],
            ["mirror:5000/busybox", "1", digest],
        ),
        // Asked for by id: the first name, as Falco has it.
        (
            "0011aabb",
            &["busybox:1"],
            &[&hub],
            ["busybox", "1", digest],
        ),
        ("sha256:0011aabb", &["made:1"], &[], ["made", "1", "-"]),
        // Asked for by a name that it has no more.
        ("gone:2", &["busybox:1"], &[], ["busybox", "1", "-"]),
        // Asked for by digest.
        (&hub, &[], &[&hub], ["busybox", "-", digest]),
        // Without any name.
        ("0011aabb", &[], &[], ["-", "-", "-"]),
        (
            "0011aabb",
            &["<none>:<none>"],
            &["<none>@<none>"],
            ["-", "-", "-"],
        ),
        ("made:1", &[], &[], ["made", "1", "-"]),
    ] {
        let image = docker(asked, tags, digests);
        assert_eq!(texts(&image), expected, "{asked} {tags:?} {digests:?}");
        assert_eq!(image.reference.as_deref(), Some(asked));
        assert_eq!(image.id.as_deref(), Some("0011aabb"));
    }
}

#[test]
fn podman_names_the_image_itself() {
    let image = of_podman(&read(json!({
        "Id": "a", "Image": "0011aabb", "ImageName": "quay.io/x/y:2", "ImageDigest": "sha256:77",
        "Config": {"Image": "y"},
    })));
    assert_eq!(texts(&image), ["quay.io/x/y", "2", "sha256:77"]);
    assert_eq!(image.reference.as_deref(), Some("quay.io/x/y:2"));
    assert_eq!(image.id.as_deref(), Some("0011aabb"));
}

#[test]
fn nothing_makes_nothing() {
    let nothing = read(json!({"Id": "a"}));
    assert_eq!(of_podman(&nothing), Image::default());
    assert_eq!(of_docker(&nothing, None), Image::default());
}
