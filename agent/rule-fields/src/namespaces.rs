//! The rows, one file for each namespace.

pub(crate) mod container;
mod evt;
mod fd;
mod fs_path;
mod group;
mod json;
pub(crate) mod k8s;
mod k8smeta;
mod ka;
mod other;
mod proc;
mod saker;
mod thread;
mod user;

pub(crate) use evt::argument::lies_ready as argument_lies_ready;

use crate::row::FieldRow;

/// Every row, in groups as their files order them.
pub(crate) static ROWS: &[&[&[FieldRow]]] = &[
    container::ROWS,
    evt::ROWS,
    fd::ROWS,
    fs_path::ROWS,
    group::ROWS,
    json::ROWS,
    k8s::ROWS,
    k8smeta::ROWS,
    ka::ROWS,
    other::ROWS,
    proc::ROWS,
    saker::ROWS,
    thread::ROWS,
    user::ROWS,
];
