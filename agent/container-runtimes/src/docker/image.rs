//! The image of a container, as Falco names it.

use super::messages::{Inspected, InspectedImage};
use crate::image::{digest, of_reference, plain_id, repository_and_tag, some};
use saker_container_metadata::Image;

/// The image of a container of podman.
pub(super) fn of_podman(inspected: &Inspected) -> Image {
    let asked = asked(inspected);
    let name = inspected.image_name.as_deref().unwrap_or(asked);
    let mut image = of_reference(name);
    image.id = some(plain_id(&inspected.image));
    if let Some(digest) = &inspected.image_digest {
        image.digest = some(digest).or(image.digest);
    }
    image
}

/// The image of a container of Docker. `found` is what Docker says of the image, unless it was removed.
pub(super) fn of_docker(inspected: &Inspected, found: Option<&InspectedImage>) -> Image {
    let asked = asked(inspected);
    let mut image = Image {
        reference: some(asked),
        id: some(plain_id(&inspected.image)),
        ..Image::default()
    };
    if let Some(found) = found {
        name(&mut image, asked, found);
        let id = found.id.as_deref().unwrap_or_default();
        image.id = some(plain_id(id)).or(image.id);
    }
    // An image without a name is asked for by its id.
    let is_id = inspected.image.contains(asked) || asked.starts_with("sha256:");
    if image.repository.is_none() && !is_id {
        let plain = of_reference(asked);
        image.repository = plain.repository;
        image.tag = plain.tag;
        image.digest = image.digest.or(plain.digest);
    }
    image
}

/// Repository, tag and digest. One image has many names: the one that was asked for goes first.
fn name(image: &mut Image, asked: &str, found: &InspectedImage) {
    let digests = found.repo_digests.as_deref().unwrap_or_default();
    let tags = found.repo_tags.as_deref().unwrap_or_default();
    let named = |wanted: &str| {
        let mut names = digests.iter().chain(tags);
        names.find(|name| match repository_and_tag(name).0 {
            "" | "<none>" => false,
            repository => wanted.is_empty() || repository == wanted,
        })
    };
    let (asked_repository, asked_tag) = repository_and_tag(asked);
    let Some(first) = named(asked_repository).or_else(|| named("")) else {
        return;
    };
    let (repository, _) = repository_and_tag(first);
    let is_ours = |name: &&String| repository_and_tag(name).0 == repository;
    image.repository = some(repository);
    image.digest = digests
        .iter()
        .find(is_ours)
        .or_else(|| digests.first().filter(|_| digests.len() == 1))
        .and_then(|name| digest(name))
        .and_then(some);
    let mut ours = tags
        .iter()
        .filter(is_ours)
        .map(|name| repository_and_tag(name).1);
    let exact = ours.clone().find(|tag| *tag == asked_tag);
    image.tag = exact.or_else(|| ours.next()).and_then(some);
}

/// The reference that the container was asked for with.
fn asked(inspected: &Inspected) -> &str {
    let config = inspected.config.as_ref();
    config
        .and_then(|config| config.image.as_deref())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
