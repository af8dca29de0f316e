//! The rows, one file for each namespace.

pub(crate) mod container;
mod dns;
mod evt;
mod fd;
mod flow;
mod fs_path;
mod group;
mod json;
pub(crate) mod k8s;
mod k8smeta;
mod ka;
mod mesh;
mod mtls;
mod netpol;
mod other;
mod proc;
mod pss;
mod rego;
mod saker;
mod thread;
mod user;

pub(crate) use evt::argument::lies_ready as argument_lies_ready;
pub(crate) use evt::open::opens_to_change;

use crate::row::FieldRow;

/// Every row, in groups as their files order them.
pub(crate) static ROWS: &[&[&[FieldRow]]] = &[
    container::ROWS,
    dns::ROWS,
    evt::ROWS,
    fd::ROWS,
    flow::ROWS,
    fs_path::ROWS,
    group::ROWS,
    json::ROWS,
    k8s::ROWS,
    k8smeta::ROWS,
    ka::ROWS,
    mesh::ROWS,
    mtls::ROWS,
    netpol::ROWS,
    other::ROWS,
    proc::ROWS,
    pss::ROWS,
    rego::ROWS,
    saker::ROWS,
    thread::ROWS,
    user::ROWS,
];
