//! Finds the kernel programs that the agent embeds.

use std::path::PathBuf;
use std::{env, process};

const OBJECTS: [(&str, &str); 3] = [
    ("SAKER_PROBES", "saker-probes.o"),
    ("SAKER_PROBES_LEGACY", "saker-probes-legacy.o"),
    ("SAKER_NETWORK", "saker-network.o"),
];

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = match env::var_os("SAKER_EBPF_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => manifest.join("../../target/ebpf"),
    };
    println!("cargo::rerun-if-env-changed=SAKER_EBPF_DIR");
    for (variable, file) in OBJECTS {
        let object = folder.join(file);
        println!("cargo::rerun-if-changed={}", object.display());
        let Ok(object) = object.canonicalize() else {
            println!(
                "cargo::error=no kernel programs at {}: run `cargo xtask build-ebpf` first, or set \
                 SAKER_EBPF_DIR to the folder with {file}",
                object.display()
            );
            process::exit(1);
        };
        println!("cargo::rustc-env={variable}={}", object.display());
    }
}
