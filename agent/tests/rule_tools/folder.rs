//! A folder, and the command run in it.

use std::path::Path;
use std::process::Command;

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder that ends with the test.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    /// One without anything in it.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        let parent = path.parent().expect("a folder above");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Runs the command in this folder.
    pub(crate) fn saker(&self, arguments: &[&str]) -> Said {
        run(self.path(), arguments)
    }
}

/// Runs the command in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_saker"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("SAKER_LOG")
        .output()
        .expect("the command runs");
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Said {
    /// The output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Exit code 2, and a message that holds all of these.
    #[track_caller]
    pub(crate) fn is_refused(&self, texts: &[&str]) {
        assert_eq!(self.code, Some(2), "{}{}", self.out, self.err);
        for text in texts {
            assert!(self.err.contains(text), "no '{text}' in: {}", self.err);
        }
    }
}
