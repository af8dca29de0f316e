//! The field table: name, type, argument, documentation and extractor of every field.
