//! No row without a scenario.

use saker_event_schema::ROWS;

#[test]
fn every_row_has_a_scenario() {
    let sources = [
        include_str!("../cgroups.rs"),
        include_str!("credentials.rs"),
        include_str!("descriptors.rs"),
        include_str!("files.rs"),
        include_str!("hostile.rs"),
        include_str!("processes.rs"),
        include_str!("sockets.rs"),
    ];
    // Those of connections have a suite of their own, which knows them by their ids.
    for row in ROWS.iter().filter(|row| row.category != "flow") {
        let asserted = format!("\"{}\"", row.name);
        let found = sources.iter().any(|source| source.contains(&asserted));
        assert!(found, "no scenario asserts the event {}", row.name);
    }
}
