//! Falco's rule language: lexer, parser, loader and type check.
