//! Device memory: the caching allocator, and pinned memory for transfers.

pub mod allocator;
pub mod staging;
