use super::*;
use crate::outputs::tests::{batch, text_renderer};
use flate2::read::GzDecoder;
use std::io::Read;
use std::num::{NonZeroU32, NonZeroU64};

fn settings(path: &Path) -> FileSettings {
    FileSettings {
        filename: path.to_owned(),
        ..FileSettings::default()
    }
}

fn open(settings: &FileSettings) -> AlertFile {
    AlertFile::open_at(settings, text_renderer()).expect("it opens")
}

fn deliver(file: &mut AlertFile, outputs: &[&str]) {
    let progress = file.deliver(&batch(outputs));
    assert!(progress.failure.is_none(), "{progress:?}");
    assert_eq!(progress.delivered, outputs.len());
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a file");
    text.lines()
        .map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn alerts_are_appended() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alerts");
    deliver(&mut open(&settings(&path)), &["one", "two"]);
    deliver(&mut open(&settings(&path)), &["three"]);
    assert_eq!(lines(&path), ["one", "two", "three"]);
}

#[test]
fn a_folder_that_is_missing_is_noticed_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing").join("alerts");
    let opened = AlertFile::open_at(&settings(&missing), text_renderer());
    assert_eq!(
        opened.err().map(|error| error.kind()),
        Some(io::ErrorKind::NotFound)
    );
}

#[test]
fn a_file_that_was_renamed_is_followed_by_a_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, renamed) = (folder.path().join("alerts"), folder.path().join("renamed"));
    let mut file = open(&settings(&path));
    deliver(&mut file, &["one"]);
    fs::rename(&path, &renamed).expect("renamed");
    deliver(&mut file, &["two"]);
    assert_eq!(
        (lines(&renamed), lines(&path)),
        (vec!["one".to_owned()], vec!["two".to_owned()])
    );
}

#[test]
fn a_file_that_is_kept_open_is_left_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, renamed) = (folder.path().join("alerts"), folder.path().join("renamed"));
    let mut file = open(&FileSettings {
        keep_alive: true,
        ..settings(&path)
    });
    deliver(&mut file, &["one"]);
    fs::rename(&path, &renamed).expect("renamed");
    deliver(&mut file, &["two"]);
    assert!(!path.exists());
    file.reopen();
    deliver(&mut file, &["three"]);
    assert_eq!(lines(&renamed), ["one", "two"]);
    assert_eq!(lines(&path), ["three"]);
}

#[test]
fn large_files_are_rotated_and_the_oldest_removed() {
    for compress in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alerts");
        let mut file = open(&FileSettings {
            rotate: RotationSettings {
                max_bytes: NonZeroU64::new(1),
                keep: NonZeroU32::new(2).expect("not zero"),
                compress,
                ..RotationSettings::default()
            },
            ..settings(&path)
        });
        for output in ["one", "two", "three", "four"] {
            deliver(&mut file, &[output]);
        }
        assert_eq!(lines(&path), ["four"]);
        let ending = if compress { ".gz" } else { "" };
        for (number, output) in [(1, "three"), (2, "two")] {
            let mut text = String::new();
            let old = File::open(numbered(&path, number, ending)).expect("an old file");
            if compress {
                GzDecoder::new(old).read_to_string(&mut text).expect("gzip");
            } else {
                (&old).read_to_string(&mut text).expect("text");
            }
            assert!(text.ends_with(&format!(" {output}\n")), "{text}");
        }
        let files = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(files, 3, "what is not kept is removed");
    }
}

#[test]
fn old_files_are_rotated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alerts");
    let mut file = open(&FileSettings {
        rotate: RotationSettings {
            max_age_seconds: NonZeroU64::new(3_600),
            ..RotationSettings::default()
        },
        ..settings(&path)
    });
    deliver(&mut file, &["one"]);
    deliver(&mut file, &["two"]);
    assert_eq!(lines(&path), ["one", "two"]);
    let open = file.open.as_mut().expect("it is open");
    open.opened = open
        .opened
        .checked_sub(Duration::from_secs(3_601))
        .expect("a time");
    deliver(&mut file, &["three"]);
    assert_eq!(lines(&path), ["three"]);
    assert_eq!(lines(&numbered(&path, 1, "")), ["one", "two"]);
}

#[test]
fn what_a_full_disk_cut_off_is_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alerts");
    let mut open = OpenFile::at(&path).expect("it opens");
    open.file.write_all(b"whole\ncut").expect("written");
    open.bytes = 9;
    open.truncate(6).expect("taken back");
    assert_eq!(fs::read(&path).expect("a file"), b"whole\n");
    open.file.write_all(b"next\n").expect("written");
    assert_eq!(fs::read(&path).expect("a file"), b"whole\nnext\n");
    // Somebody else wrote as well.
    open.truncate(0).expect_err("it is left alone");
}

#[test]
fn a_full_device_is_tried_again() {
    let mut file = open(&FileSettings {
        keep_alive: true,
        ..settings(Path::new("/dev/full"))
    });
    let progress = file.deliver(&batch(&["one"]));
    assert_eq!(progress.delivered, 0);
    assert!(
        matches!(progress.failure, Some(Failure::Retry(_))),
        "{progress:?}"
    );
}
