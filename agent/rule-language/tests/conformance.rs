//! Runs the conformance cases that concern the language.
//!
//! The cases lie outside the project: in the folder named by `SAKER_CONFORMANCE`, or else in
//! `../shared/conformance` beside the workspace. Without them the tests say so and pass, except in
//! continuous integration, where they fail. A case that is treated otherwise on purpose is listed in
//! `declined.rs`.

mod catalog;
mod data;
mod declined;
mod filters;
mod official;
mod rules;
mod templates;
