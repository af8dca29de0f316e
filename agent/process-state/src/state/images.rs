//! How much the arguments and environments of all images take, and how they are cut.

use crate::process::{Image, StringVector};
use foldhash::HashMap;
use std::sync::Arc;

/// What is kept of the arguments of an ended process, and of a running one over the budget.
pub(super) const TRIMMED_ARGUMENT_BYTES_MAX: usize = 1 << 10;

/// The images that records of the table hold, each counted once.
#[derive(Default)]
pub(super) struct Images {
    /// By the address of an image, which is its own as long as a record holds it.
    holders: HashMap<usize, usize>,
    bytes: usize,
}

impl Images {
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A record of the table holds the image from now on.
    pub(super) fn hold(&mut self, image: &Arc<Image>) {
        let holders = self.holders.entry(address(image)).or_insert(0);
        *holders += 1;
        if *holders == 1 {
            self.bytes += bytes_of(image);
        }
    }

    /// A record of the table no longer holds the image.
    pub(super) fn release(&mut self, image: &Arc<Image>) {
        let address = address(image);
        let Some(holders) = self.holders.get_mut(&address) else {
            return;
        };
        *holders -= 1;
        if *holders == 0 {
            self.holders.remove(&address);
            self.bytes -= bytes_of(image);
        }
    }
}

/// The address of an image: a name only, never followed.
pub(super) fn address(image: &Arc<Image>) -> usize {
    Arc::as_ptr(image).addr()
}

/// Bytes of the arguments and the environment.
pub(super) fn bytes_of(image: &Image) -> usize {
    [&image.arguments, &image.environment]
        .into_iter()
        .flatten()
        .map(|vector| vector.bytes.len())
        .sum()
}

/// The image without environment and with at most so many bytes of its arguments (none at all: they
/// are not known any more); `None` when it is no larger.
pub(super) fn trimmed(image: &Image, argument_bytes_max: usize) -> Option<Arc<Image>> {
    let arguments = image.arguments.as_ref();
    let argument_bytes = arguments.map_or(0, |vector| vector.bytes.len());
    let environment_bytes = bytes_of(image) - argument_bytes;
    if argument_bytes <= argument_bytes_max && environment_bytes == 0 {
        return None;
    }
    let arguments = arguments
        .map(|vector| cut(vector, argument_bytes_max))
        .filter(|vector| argument_bytes == 0 || !vector.bytes.is_empty());
    Some(Arc::new(Image {
        exe_path: image.exe_path.clone(),
        exe_root: image.exe_root.clone(),
        arguments,
        environment: None,
        interpreter: image.interpreter.clone(),
        ..*image
    }))
}

fn cut(vector: &StringVector, bytes_max: usize) -> StringVector {
    let kept = vector.bytes.get(..bytes_max);
    StringVector {
        bytes: kept.unwrap_or(&vector.bytes).into(),
        is_truncated: vector.is_truncated
            || kept.is_some_and(|kept| kept.len() < vector.bytes.len()),
    }
}
