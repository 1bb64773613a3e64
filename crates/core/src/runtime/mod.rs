//! What runs plans: memory and its accounting, buffers and where they are valid, streams, completion tickets, counters.

pub mod buffer;
pub mod counters;
pub mod host;
pub mod memory;
pub mod stream;
pub(crate) mod sync;
pub(crate) mod ticket;
