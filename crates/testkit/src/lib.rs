//! What lazulite's tests share.
//!
//! * [`matrix`]: the op matrix. Each operation declares sample inputs and a reference once; from that run values, dtypes, derivatives,
//!   batches, compilation and errors.
//! * [`reference`]: programs as data, an interpreter of them that shares no code with the library, and its own derivatives.
//! * [`tensor`]: host tensors, which both compute with.

pub mod matrix;
pub mod reference;
pub mod tensor;

use std::sync::{Mutex, MutexGuard};

/// Whether this process takes the case of a number. With `LAZULITE_SHARD=i/n` it takes every n-th, so that processes can share the work.
pub fn takes(case: usize) -> bool {
    let shard = std::env::var("LAZULITE_SHARD").ok();
    let parts = shard.as_ref().and_then(|s| s.split_once('/'));
    let Some((i, n)) = parts.and_then(|(i, n)| Some((i.parse::<usize>().ok()?, n.parse::<usize>().ok()?))) else { return true };
    case % n == i
}

/// Holds off other users of process-wide switches (fusion, the number of threads) while it lives.
pub fn exclusive() -> MutexGuard<'static, ()> {
    static SWITCHES: Mutex<()> = Mutex::new(());
    SWITCHES.lock().unwrap_or_else(|e| e.into_inner())
}
