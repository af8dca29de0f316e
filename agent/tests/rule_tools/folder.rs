//! A folder with rules and cases, and the command run in it.

use std::path::Path;
use std::process::Command;

/// Two rules about the same file, one about programs, and one that is off.
const RULES: &str = r"
- list: secret_files
  items: [/etc/shadow, /etc/gshadow]

- macro: opened
  condition: (evt.type in (open, openat) and evt.rawres >= 0)

- rule: Secret read
  desc: d
  condition: opened and fd.name in (secret_files) and not proc.name in (passwd)
  output: Secret read (file=%fd.name process=%proc.name)
  priority: WARNING

- rule: Anything in etc
  desc: d
  condition: opened and fd.directory = /etc
  output: Read %fd.name
  priority: NOTICE

- rule: Shell started
  desc: d
  condition: evt.type = execve and proc.name in (sh, bash) and proc.pname exists
  output: Shell %proc.name
  priority: NOTICE

- rule: Off
  desc: d
  condition: opened
  output: o
  priority: NOTICE
  enabled: false
";

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with rules and cases.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    /// The rules, with these cases in `rules/tests/cases.yaml`.
    pub(crate) fn with_cases(cases: &str) -> Self {
        let folder = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        folder.write("rules/rules.yaml", RULES);
        folder.write("rules/tests/cases.yaml", cases);
        folder
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
