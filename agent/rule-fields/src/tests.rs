//! The fields of events that are built for the purpose.

mod audit;
mod audit_containers;
mod captured;
mod captured_containers;
mod cluster;
mod conformance;
mod containers;
mod evt;
mod fd;
mod flow;
mod flow_parties;
mod fs_path;
mod hostile;
mod others;
mod proc;
mod rego;
mod scene;
mod subject;
mod table;
