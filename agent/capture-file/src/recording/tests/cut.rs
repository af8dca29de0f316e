//! Recordings that end early.

use super::sample::{events, play, recording};
use crate::recording::RecordingError;

#[test]
fn a_recording_cut_anywhere_plays_up_to_the_last_whole_frame() {
    let file = recording(60);
    let whole = events(60);
    let mut last = 0;
    for length in 0..file.len() {
        let (played, _, stats) = match play(&file[..length]) {
            Ok(played) => played,
            Err(RecordingError::NotARecording) if length == 0 => continue,
            Err(RecordingError::NoHeader { offset }) => {
                assert_eq!(offset, length as u64);
                assert_eq!(last, 0, "events, and then no header at {length}");
                continue;
            }
            Err(error) => panic!("{length}: {error}"),
        };
        assert_eq!(played, whole[..played.len()], "cut at {length}");
        assert!(played.len() >= last, "cut at {length}");
        assert_eq!(stats.frames_damaged, 0, "cut at {length}");
        // Of the end only the trailer may be missing.
        assert!(!stats.is_complete || file.len() - length <= 16);
        last = played.len();
    }
    assert_eq!(last, 60);
}
