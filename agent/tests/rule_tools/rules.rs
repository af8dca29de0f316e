//! The rules that cases are about.

use crate::folder::Folder;

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

impl Folder {
    /// The rules, with these cases in `rules/tests/cases.yaml`.
    pub(crate) fn with_cases(cases: &str) -> Self {
        let folder = Self::empty();
        folder.write("rules/rules.yaml", RULES);
        folder.write("rules/tests/cases.yaml", cases);
        folder
    }
}
