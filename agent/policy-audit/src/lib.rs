//! What the cluster's own policies demand of what is observed.
//!
//! Pure verdict functions over typed objects, which come by watch or from files.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod mtls;

pub use mtls::{MtlsIntent, MtlsMode};
