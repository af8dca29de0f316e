//! Writes the Rust code of the `.proto` files and their descriptors.
//!
//! A program of its own, and not a build script: who builds Saker needs no compiler of `.proto` files, and
//! what was generated can be read in the repository.
#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use prost::Message;

/// The files, relative to the folder `proto`.
const FILES: [&str; 4] = [
    "saker/v1/alert.proto",
    "saker/v1/ingest.proto",
    "saker/v1/feed.proto",
    "saker/v1/ledger.proto",
];

/// Name of the file that holds the descriptors, for reflection.
const DESCRIPTORS: &str = "saker.v1.bin";

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(output)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: saker-proto-codegen <folder of the .proto files> <folder to write>");
    };
    let mut compiler = protox::Compiler::new([&folder])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(FILES)?;
    let descriptors = compiler.file_descriptor_set();
    fs::create_dir_all(&output)
        .with_context(|| format!("cannot make the folder {}", output.display()))?;
    let path = output.join(DESCRIPTORS);
    fs::write(&path, without_comments(&descriptors).encode_to_vec())
        .with_context(|| format!("cannot write {}", path.display()))?;
    tonic_prost_build::configure()
        .out_dir(&output)
        // A collector hands alerts on as it got them: it must not decode and encode each.
        .extern_path(".saker.v1.AlertBatch", "crate::EncodedBatch")
        .bytes(".")
        .compile_fds(descriptors)
        .context("cannot generate the code")
}

/// The descriptors without the texts of the `.proto` files, which reflection does not tell.
fn without_comments(
    descriptors: &protox::prost_reflect::prost_types::FileDescriptorSet,
) -> protox::prost_reflect::prost_types::FileDescriptorSet {
    let mut bare = descriptors.clone();
    for file in &mut bare.file {
        file.source_code_info = None;
    }
    bare
}
