//! Compiles checked rules and evaluates them on events.
