//! The container runtime interface of Kubernetes, by which containerd and CRI-O are asked.

mod client;
mod container;
mod messages;
mod sandbox;

pub(crate) use client::CriClient;
