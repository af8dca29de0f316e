//! The rules files of the conformance data load.
//!
//! The data lie outside the project: in the folder named by `SAKER_CONFORMANCE`, or else in
//! `../shared/conformance` beside the workspace. Without them the tests say so and pass, except in
//! continuous integration, where they fail. Falco's cases of single conditions, templates and rules
//! files are run by the conformance suite.

mod catalog;
mod data;
mod official;
mod rules;
