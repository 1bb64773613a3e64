//! Random bits by threefry: the kernel of `kernels/random.cu`.

use super::launch;
use crate::launch::{Launch, Plan, Word, Words};

/// Counters of a thread where the words of a draw fill accesses of 16 bytes.
const WIDE: usize = 4;

/// The draws of each key.
pub fn plan(keys: usize, n: usize, width: usize) -> Option<Plan> {
    let bytes = n.checked_mul(width)?;
    if bytes.div_ceil(4) > u32::MAX as usize {
        return None;
    }
    let half = bytes.div_ceil(4).div_ceil(2);
    keys.checked_mul(half)?;
    if keys * half == 0 {
        return Some(Plan::default());
    }
    let make = |wide: usize| -> Launch {
        let (each, total) = (half / wide, keys * half / wide);
        let values = [half, bytes, total].map(|v| Word::Value(v as u64));
        let mut words = Words([&[Word::Input(0), Word::Output(0)][..], &values].concat());
        words.divisor(each);
        let narrow = keys * half * 2 < 1 << 31;
        let blanks = [("INDEX", if narrow { "u32" } else { "u64" }.to_string()), ("WIDTH", wide.to_string())];
        launch(include_str!("../kernels/random.cu"), &blanks, words, total)
    };
    if half % WIDE == 0 && bytes == 8 * half {
        let aligned = vec![(Word::Output(0), 4 * WIDE)];
        return Some(Plan { launches: vec![make(WIDE)], aligned, scalar: Some(make(1)), ..Plan::default() });
    }
    Some(Plan::one(make(1)))
}
