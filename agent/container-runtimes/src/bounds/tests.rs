use super::*;
use saker_container_metadata::Image;
use saker_process_state::{ContainerId, Runtime};

#[test]
fn long_values_of_labels_are_dropped_with_their_keys() {
    let all = [
        ("short".to_owned(), "v".repeat(100)),
        ("long".to_owned(), "v".repeat(101)),
        ("k".repeat(KEY_BYTES_MAX + 1), "v".to_owned()),
    ];
    let kept = labels(all, 100);
    assert_eq!(kept.keys().map(|key| &**key).collect::<Vec<_>>(), ["short"]);
}

#[test]
fn endless_lists_are_cut() {
    let many = (0..1_000_000).map(|number| (number.to_string(), "value"));
    assert_eq!(labels(many, 100).len(), LABELS_MAX);
    let large = (0..400).map(|number| (number.to_string(), "v".repeat(65_536)));
    assert_eq!(labels(large, 65_536).len(), 1);
    let many = (0..100_000).map(|number| Mount {
        source: format!("/{number}").into(),
        ..Mount::default()
    });
    assert_eq!(mounts(many).len(), MOUNTS_MAX);
    let large = (0..10).map(|_| Mount {
        source: "/".repeat(100_000).into(),
        ..Mount::default()
    });
    assert_eq!(mounts(large).len(), 1);
}

#[test]
fn long_texts_are_cut_between_characters() {
    let info = ContainerInfo {
        name: Some("n".repeat(10 << 20).into()),
        image: Image {
            reference: Some("ü".repeat(TEXT_BYTES_MAX).into()),
            ..Image::default()
        },
        ..ContainerInfo::new(ContainerId::new("a"), Runtime::Containerd)
    };
    let kept = cut_texts(info);
    assert_eq!(kept.name.unwrap().len(), TEXT_BYTES_MAX);
    assert_eq!(kept.image.reference.unwrap().len(), TEXT_BYTES_MAX);
    assert_eq!(cni_json(&"é".repeat(4_000)).len(), CNI_BYTES_MAX);
    assert_eq!(
        &*cni_json(&format!("a{}", "é".repeat(4_000))),
        format!("a{}", "é".repeat(2_047))
    );
}
