//! Reading a body within its bounds.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::counters::Refused;

/// Reads a body; room for each part of it is taken when it comes, so that who only announces much takes none.
pub(super) async fn read(
    mut body: Body,
    bytes_max: usize,
    room: &Arc<Semaphore>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refused> {
    let mut bytes = BytesMut::new();
    let mut taken: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refused::Broken)?;
        let Ok(part) = frame.into_data() else {
            continue;
        };
        if bytes.len().saturating_add(part.len()) > bytes_max {
            return Err(Refused::TooLarge);
        }
        let size = u32::try_from(part.len()).map_err(|_| Refused::TooLarge)?;
        let more = Arc::clone(room)
            .try_acquire_many_owned(size)
            .map_err(|_| Refused::Full)?;
        match &mut taken {
            Some(taken) => taken.merge(more),
            none => *none = Some(more),
        }
        bytes.extend_from_slice(&part);
    }
    Ok((bytes.freeze(), taken))
}
