//! The synchronisation types that slots, tickets and the pool use: the standard library's, or loom's when a model is checked.

#[cfg(loom)]
pub(crate) use loom::sync::{Condvar, Mutex as LoomMutex};
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};
