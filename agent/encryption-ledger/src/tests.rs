//! What holds for ledgers as wholes.

mod bounds;
mod files;
mod laws;
mod ready;
mod scene;
