//! The engine's promises, one module each: laziness, long chains, tracers, counters, sharing.

mod chains;
mod counting;
mod laziness;
mod parts;
mod sharing;
mod slices;
mod tracers;
