//! Random bits by threefry: the kernel of `kernels/random.cu`.

use super::launch;
use crate::launch::{Plan, Word, Words};

/// The draws of each key.
pub fn plan(keys: usize, n: usize, width: usize) -> Option<Plan> {
    let bytes = n.checked_mul(width)?;
    if bytes.div_ceil(4) > u32::MAX as usize {
        return None;
    }
    let half = bytes.div_ceil(4).div_ceil(2);
    let total = keys.checked_mul(half)?;
    if total == 0 {
        return Some(Plan::default());
    }
    let values = [half, bytes, total].map(|v| Word::Value(v as u64));
    let words = Words([&[Word::Input(0), Word::Output(0)][..], &values].concat());
    Some(Plan::one(launch(include_str!("../kernels/random.cu"), &[], words, total)))
}
