//! One scenario for each row of the event table, and the hostile cases, on the running kernel.

#[path = "live/coverage.rs"]
mod coverage;
#[path = "live/credentials.rs"]
mod credentials;
#[path = "live/descriptors.rs"]
mod descriptors;
#[path = "live/files.rs"]
mod files;
#[path = "live/hostile.rs"]
mod hostile;
#[path = "live/losses.rs"]
mod losses;
#[path = "live/processes.rs"]
mod processes;
#[path = "live/scene.rs"]
mod scene;
#[path = "live/sockets.rs"]
mod sockets;
