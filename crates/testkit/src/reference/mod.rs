//! Programs as data, with random ones for the property tests, and an interpreter that shares no code with the library.
//!
//! A [`program::Program`] is a list of steps over small arrays; a [`stack::Stack`] is a program under transforms. The library runs it
//! ([`stack::Stack::function`]); the interpreter evaluates any linear combination of its results ([`stack::Stack::expected`]) in f64 on
//! [`jet::Jet`]s: numbers with nilpotent parts, from which derivatives of any order up to four can be read. A failure prints itself as a
//! Rust test ([`source`]).

pub mod eval;
pub mod jet;
pub mod program;
pub mod source;
pub mod stack;
