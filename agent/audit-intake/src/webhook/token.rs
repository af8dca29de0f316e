//! Tokens that clients show, from a file that is read again when it changes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

/// How often the file is looked at, at most.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The largest file of tokens.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// The shortest token: what is shorter can be guessed.
const TOKEN_BYTES_MIN: usize = 16;

/// What requests have to show one of.
#[derive(Debug)]
pub(super) struct Tokens {
    path: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    tokens: Vec<Vec<u8>>,
    fingerprint: Option<Fingerprint>,
    looked_at: Instant,
}

/// Device, inode, size, and when it was changed.
type Fingerprint = (u64, u64, u64, i64, i64);

impl std::fmt::Debug for Current {
    // Tokens are for nobody's eyes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            current: Mutex::new(Current {
                fingerprint: fingerprint(path),
                tokens: tokens(path)?,
                looked_at: Instant::now(),
            }),
        })
    }

    /// Whether this is one of them. Takes the same time whichever it is, and however much of it is right.
    pub(super) fn has(&self, shown: &[u8]) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked_at.elapsed() >= LOOK_INTERVAL {
            self.look(&mut current);
        }
        let mut is_one = subtle::Choice::from(0);
        for token in &current.tokens {
            is_one |= token.ct_eq(shown);
        }
        is_one.into()
    }

    fn look(&self, current: &mut Current) {
        current.looked_at = Instant::now();
        let fingerprint = fingerprint(&self.path);
        if fingerprint == current.fingerprint {
            return;
        }
        current.fingerprint = fingerprint;
        match tokens(&self.path) {
            Ok(tokens) => current.tokens = tokens,
            Err(error) => tracing::warn!(
                path = %self.path.display(),
                %error,
                "renewed tokens are of no use, the former ones stay in use"
            ),
        }
    }
}

fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let found = fs::metadata(path).ok()?;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.ctime(),
        found.ctime_nsec(),
    ))
}

fn tokens(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let invalid = |text| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut text = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX.saturating_add(1))
        .read_to_end(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(invalid("larger than any file of tokens"));
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let tokens: Vec<Vec<u8>> = lines
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    if tokens.is_empty() {
        return Err(invalid("there is no token in it"));
    }
    if tokens.iter().any(|token| token.len() < TOKEN_BYTES_MIN) {
        return Err(invalid("a token has fewer than 16 characters"));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_again_when_they_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tokens");
        fs::write(&path, "0123456789abcdef\n\n fedcba9876543210 \n").expect("a file");
        let tokens = Tokens::read(&path).expect("tokens");
        assert!(tokens.has(b"0123456789abcdef") && tokens.has(b"fedcba9876543210"));
        assert!(!tokens.has(b"0123456789abcde") && !tokens.has(b""));
        let look = || tokens.look(&mut tokens.current.lock().expect("no panic"));
        fs::write(&path, "another token of ours").expect("a file");
        look();
        assert!(tokens.has(b"another token of ours") && !tokens.has(b"0123456789abcdef"));
        fs::write(&path, "short").expect("a file");
        look();
        assert!(
            tokens.has(b"another token of ours"),
            "what is no token changes nothing"
        );
        fs::remove_file(&path).expect("it was there");
        look();
        assert!(tokens.has(b"another token of ours"));
        assert!(Tokens::read(&path).is_err());
    }
}
