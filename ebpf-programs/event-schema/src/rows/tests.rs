extern crate std;

use super::*;
use std::collections::HashSet;
use std::format;

#[test]
fn rows_stand_in_the_order_of_their_ids() {
    for pair in ROWS.windows(2) {
        assert!(
            pair[0].id < pair[1].id,
            "{} before {}",
            pair[0].name,
            pair[1].name
        );
    }
    assert!(
        ROWS.iter().all(|row| row.id.get() != 0),
        "0 means: no event"
    );
}

#[test]
fn names_are_unique() {
    let mut names = HashSet::new();
    for row in ROWS {
        assert!(names.insert(row.name), "{} twice", row.name);
        let mut arguments = HashSet::new();
        for argument in row.arguments {
            assert!(
                arguments.insert(argument.name),
                "{}.{} twice",
                row.name,
                argument.name
            );
        }
    }
}

#[test]
fn a_call_number_belongs_to_one_row() {
    let mut numbers = HashSet::new();
    for row in ROWS {
        for abi in [crate::Abi::X86_64, crate::Abi::I386, crate::Abi::Aarch64] {
            for number in row.syscalls.of(abi) {
                assert!(numbers.insert((abi, *number)), "{abi:?} {number} twice");
            }
        }
    }
}

#[test]
fn slots_refer_to_what_they_need() {
    for row in ROWS {
        let plan = row.plan();
        assert_eq!(
            usize::from(plan.arguments_used),
            row.arguments.len(),
            "{}",
            row.name
        );
        assert!(row.arguments.len() <= ARGUMENTS_MAX, "{}", row.name);
        for (slot, argument) in row.arguments.iter().enumerate() {
            let place = format!("{}.{}", row.name, argument.name);
            match argument.source {
                Base { path, .. } => {
                    let path = row.arguments.get(usize::from(path)).expect(&place);
                    assert_eq!(path.kind, Kind::UserPath, "{place}");
                    assert!(
                        row.slot(path.name).expect(&place) < slot,
                        "{place}: path first"
                    );
                }
                FileRoot => {
                    let before = &row.arguments[slot - 1];
                    assert!(
                        matches!(before.source, FilePath(_) | Hook),
                        "{place}: a root follows its path"
                    );
                }
                _ => {}
            }
            let wants_data = matches!(
                argument.source,
                UserString(_)
                    | UserBytes { .. }
                    | Base { .. }
                    | WorkingDirectory
                    | FilePath(_)
                    | FileRoot
                    | Socket(_)
            );
            if argument.source != Hook {
                assert_eq!(argument.kind.is_data(), wants_data, "{place}");
            }
        }
    }
}

#[test]
fn wire_structs_are_one_slot_an_argument() {
    let openat = row(event::OPENAT).expect("openat");
    assert_eq!(size_of::<wire::Openat>(), openat.arguments.len() * 8);
    let execve = row(event::EXECVE).expect("execve");
    assert_eq!(size_of::<wire::Execve>(), execve.arguments.len() * 8);
}
