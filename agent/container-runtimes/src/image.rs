//! References to images, taken apart as Falco does.

use saker_container_metadata::Image;

/// Repository and tag of a reference; a digest is left out. What is not there is empty.
pub(crate) fn repository_and_tag(reference: &str) -> (&str, &str) {
    let name = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    match name.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, ""),
    }
}

/// The digest of a reference `repository@sha256:…`.
pub(crate) fn digest(reference: &str) -> Option<&str> {
    reference.split_once('@').map(|(_, digest)| digest)
}

/// An id without the name of its algorithm.
pub(crate) fn plain_id(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// A text that is there.
pub(crate) fn some(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| text.into())
}

/// An image of which only the reference is known that was asked for.
pub(crate) fn of_reference(reference: &str) -> Image {
    let (repository, tag) = repository_and_tag(reference);
    Image {
        reference: some(reference),
        id: None,
        repository: some(repository),
        tag: some(tag),
        digest: digest(reference).and_then(some),
    }
}

/// The image of a container: `name` as it was asked for, `found` as the runtime found it, and what the
/// container's annotations call it.
///
/// `found` is `repository@sha256:…` or, of images without a repository, `sha256:…`. A name that is
/// only an id is replaced by the annotations' name.
pub(crate) fn of_container(name: &str, found: &str, annotated: Option<&str>) -> Image {
    let (repository_found, digest) = match found.find("sha256:") {
        Some(0) => (None, Some(found)),
        Some(_) => match found.split_once('@') {
            Some((repository, digest)) => (Some(repository), Some(digest)),
            None => (None, None),
        },
        None => (None, None),
    };
    let mut reference = repository_found.unwrap_or(name).to_owned();
    let is_id = reference.is_empty() || reference.starts_with("sha256");
    match annotated.filter(|_| is_id) {
        Some(annotated) => reference = annotated.to_owned(),
        None if repository_found.is_some() => {
            let (_, tag) = repository_and_tag(name);
            if !tag.is_empty() && !name.starts_with("sha256:") {
                reference = format!("{reference}:{tag}");
            }
        }
        None => {}
    }
    let mut image = of_reference(&reference);
    image.digest = digest.and_then(some).or(image.digest);
    image
}

/// Adds what the runtime's list of images says.
pub(crate) fn complete(image: &mut Image, id: &str, repo_digests: &[String]) {
    if image.id.is_none() {
        image.id = some(plain_id(id));
    }
    if image.digest.is_none() {
        let repository = image.repository.as_deref().unwrap_or_default();
        let of_repository = repo_digests
            .iter()
            .find(|found| repository_and_tag(found).0 == repository);
        image.digest = of_repository
            .or_else(|| repo_digests.first())
            .and_then(|found| digest(found))
            .and_then(some);
    }
}

#[cfg(test)]
mod tests;
