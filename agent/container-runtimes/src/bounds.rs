//! Bounds of what is kept of a container, whoever says it.

use saker_container_metadata::{ContainerInfo, Labels, Mount};

/// Longest name, reference or path, bytes. The kernel's longest path has as many.
const TEXT_BYTES_MAX: usize = 4_096;

/// Longest id of a container, bytes.
const ID_BYTES_MAX: usize = 256;

/// Longest JSON of a network plugin, bytes, as in Falco. What is longer is cut.
const CNI_BYTES_MAX: usize = 4_096;

/// Longest key of a label, bytes. Keys of Kubernetes have at most 317.
const KEY_BYTES_MAX: usize = 1_024;

/// Most labels of a container.
const LABELS_MAX: usize = 512;

/// Most mounts of a container.
const MOUNTS_MAX: usize = 512;

/// Most bytes of all labels, or of all mounts, of a container. What does not fit is left out.
const LIST_BYTES_MAX: usize = 128 << 10;

/// Whether an id is short enough to be one.
pub(crate) fn is_id(id: &str) -> bool {
    id.len() <= ID_BYTES_MAX
}

/// Labels that are kept: of those whose values are not longer than `label_max_len`.
pub(crate) fn labels<K, V>(labels: impl IntoIterator<Item = (K, V)>, label_max_len: usize) -> Labels
where
    K: AsRef<str>,
    V: AsRef<str>,
{
    let mut left = LIST_BYTES_MAX;
    labels
        .into_iter()
        .filter(|(key, value)| {
            key.as_ref().len() <= KEY_BYTES_MAX && value.as_ref().len() <= label_max_len
        })
        .take_while(|(key, value)| fits(&mut left, &[key.as_ref(), value.as_ref()]))
        .take(LABELS_MAX)
        .map(|(key, value)| (key.as_ref().into(), value.as_ref().into()))
        .collect()
}

/// Mounts that are kept.
pub(crate) fn mounts(mounts: impl IntoIterator<Item = Mount>) -> Box<[Mount]> {
    let mut left = LIST_BYTES_MAX;
    mounts
        .into_iter()
        .take_while(|mount| {
            let texts = [
                &*mount.source,
                &*mount.destination,
                &*mount.mode,
                &*mount.propagation,
            ];
            fits(&mut left, &texts)
        })
        .take(MOUNTS_MAX)
        .collect()
}

/// The JSON of a network plugin, cut where it is too long.
pub(crate) fn cni_json(json: &str) -> Box<str> {
    cut(json, CNI_BYTES_MAX).into()
}

/// Cuts what is too long in the texts of a container.
pub(crate) fn cut_texts(mut info: ContainerInfo) -> ContainerInfo {
    let image = &mut info.image;
    for text in [
        &mut info.name,
        &mut image.reference,
        &mut image.id,
        &mut image.repository,
        &mut image.tag,
        &mut image.digest,
    ] {
        if let Some(long) = text.as_mut().filter(|text| text.len() > TEXT_BYTES_MAX) {
            *long = cut(long, TEXT_BYTES_MAX).into();
        }
    }
    info
}

/// A text that is there, cut where it is too long.
pub(crate) fn text(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| cut(text, TEXT_BYTES_MAX).into())
}

fn fits(left: &mut usize, texts: &[&str]) -> bool {
    let bytes = texts.iter().map(|text| text.len()).sum();
    match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests;
