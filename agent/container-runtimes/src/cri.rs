//! The container runtime interface of Kubernetes, by which containerd and CRI-O are asked.

mod client;
mod container;
pub(crate) mod messages;
mod sandbox;

pub(crate) use client::CriClient;

#[cfg(test)]
pub(crate) mod tests;
