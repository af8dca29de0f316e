use super::*;

#[test]
fn references_are_taken_apart() {
    for (reference, repository, tag) in [
        ("", "", ""),
        ("foo", "foo", ""),
        ("foo:latest", "foo", "latest"),
        ("foo/bar:1.2", "foo/bar", "1.2"),
        ("registry:5000/foo/bar", "registry:5000/foo/bar", ""),
        ("registry:5000/foo/bar:1", "registry:5000/foo/bar", "1"),
        ("registry:5000/foo@sha256:ab", "registry:5000/foo", ""),
        ("registry:5000/foo:1@sha256:ab", "registry:5000/foo", "1"),
        ("sha256:ab", "sha256", "ab"),
        ("@", "", ""),
        (":", "", ""),
        ("a@b@c", "a", ""),
    ] {
        assert_eq!(
            repository_and_tag(reference),
            (repository, tag),
            "{reference}"
        );
    }
}

/// name, found, annotated -> reference, repository, tag, digest
type Row<'a> = ([&'a str; 3], [&'a str; 4]);

#[test]
fn the_image_of_a_container_is_falcos() {
    let rows: [Row<'_>; 10] = [
        // Pulled by tag: the digest's repository with the tag that was asked for.
        (
            [
                "docker.io/library/nginx:1.27",
                "docker.io/library/nginx@sha256:d1",
                "",
            ],
            [
                "docker.io/library/nginx:1.27",
                "docker.io/library/nginx",
                "1.27",
                "sha256:d1",
            ],
        ),
        // Pulled by digest: no tag.
        (
            ["quay.io/a/b@sha256:d1", "quay.io/a/b@sha256:d1", ""],
            ["quay.io/a/b", "quay.io/a/b", "", "sha256:d1"],
        ),
        // A registry with a port.
        (
            ["reg:5000/a:2", "reg:5000/a@sha256:d1", ""],
            ["reg:5000/a:2", "reg:5000/a", "2", "sha256:d1"],
        ),
        // The kubelet asks for an id: what was found has the name.
        (
            ["sha256:1d", "docker.io/library/nginx@sha256:d1", ""],
            [
                "docker.io/library/nginx",
                "docker.io/library/nginx",
                "",
                "sha256:d1",
            ],
        ),
        // An image without a repository: the annotation has the name.
        (
            ["sha256:1d", "sha256:1d", "localhost/x:3"],
            ["localhost/x:3", "localhost/x", "3", "sha256:1d"],
        ),
        (
            ["", "sha256:1d", "localhost/x:3"],
            ["localhost/x:3", "localhost/x", "3", "sha256:1d"],
        ),
        // A name of its own beats the annotation.
        (
            ["localhost/y:4", "sha256:1d", "localhost/x:3"],
            ["localhost/y:4", "localhost/y", "4", "sha256:1d"],
        ),
        // Nothing was found.
        (["busybox", "", ""], ["busybox", "busybox", "", ""]),
        (["", "", ""], ["", "", "", ""]),
        // Not what it should be.
        (
            ["busybox:1", "xsha256:1", ""],
            ["busybox:1", "busybox", "1", ""],
        ),
    ];
    for ([name, found, annotated], expected) in rows {
        let annotated = (!annotated.is_empty()).then_some(annotated);
        let image = of_container(name, found, annotated);
        let parts = [image.reference, image.repository, image.tag, image.digest];
        let expected = expected.map(some);
        assert_eq!(parts, expected, "{name} {found} {annotated:?}");
        assert_eq!(image.id, None);
    }
}

#[test]
fn the_list_of_images_completes_it() {
    let mut image = of_reference("docker.io/library/nginx:1.27");
    let digests = [
        "mirror/nginx@sha256:d2".to_owned(),
        "docker.io/library/nginx@sha256:d1".to_owned(),
    ];
    complete(&mut image, "sha256:1d", &digests);
    assert_eq!(image.id.as_deref(), Some("1d"));
    assert_eq!(image.digest.as_deref(), Some("sha256:d1"));
    // What is known stays.
    complete(&mut image, "sha256:2d", &["x@sha256:d3".to_owned()]);
    assert_eq!(image.id.as_deref(), Some("1d"));
    assert_eq!(image.digest.as_deref(), Some("sha256:d1"));
}
