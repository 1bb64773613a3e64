//! Random bits by threefry-2x32 with 20 rounds, laid out as MLX does.
//!
//! A key's draw of w 32-bit words takes h = ceil(w / 2) counters: word j is the first half of the block of counter (j, h + j), word h + j the
//! second half; if w is odd the last counter is (h - 1, 0). Narrower elements are cut from the words in memory order.

use crate::isa::fast;
use crate::threads;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use std::sync::Arc;

struct RandomBits {
    keys: usize,
    bytes: usize,
}

/// The kernel.
pub fn kernel(keys: usize, n: usize, width: usize) -> Option<Arc<dyn Kernel>> {
    let bytes = n.checked_mul(width)?;
    if bytes.div_ceil(4) > u32::MAX as usize {
        return None;
    }
    Some(Arc::new(RandomBits { keys, bytes }))
}

#[inline(always)]
fn threefry(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
    const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
    let keys = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD1_1BDA];
    let (mut a, mut b) = (counter[0].wrapping_add(keys[0]), counter[1].wrapping_add(keys[1]));
    for i in 0..5 {
        for r in ROTATIONS[i % 2] {
            a = a.wrapping_add(b);
            b = b.rotate_left(r) ^ a;
        }
        a = a.wrapping_add(keys[(i + 1) % 3]);
        b = b.wrapping_add(keys[(i + 2) % 3]).wrapping_add(i as u32 + 1);
    }
    [a, b]
}

fast! {
    /// Writes the blocks of counters (j, half + j), j from `start`: first halves to `low`, second halves to `high`, `n` of each.
    unsafe fn fill[][](key: [u32; 2], start: usize, half: usize, n: usize, low: *mut [u8; 4], high: *mut [u8; 4]) {
        const LANES: usize = 32;
        // SAFETY: the caller's promise: `n` words lie at `low` and as many at `high`, apart.
        let (low, high) = unsafe { (std::slice::from_raw_parts_mut(low, n), std::slice::from_raw_parts_mut(high, n)) };
        let (mut lows, mut highs) = (low.chunks_exact_mut(LANES), high.chunks_exact_mut(LANES));
        let mut j = start as u32;
        for (low, high) in (&mut lows).zip(&mut highs) {
            for l in 0..LANES {
                let [a, b] = threefry(key, [j + l as u32, half as u32 + j + l as u32]);
                low[l] = a.to_ne_bytes();
                high[l] = b.to_ne_bytes();
            }
            j += LANES as u32;
        }
        for (low, high) in lows.into_remainder().iter_mut().zip(highs.into_remainder()) {
            let [a, b] = threefry(key, [j, half as u32 + j]);
            *low = a.to_ne_bytes();
            *high = b.to_ne_bytes();
            j += 1;
        }
    }
}

impl RandomBits {
    /// # Safety
    /// `bytes` bytes lie at `out`; only the draws of counters `range` are written.
    unsafe fn draw(&self, key: [u32; 2], out: *mut u8, range: std::ops::Range<usize>) {
        let words = self.bytes.div_ceil(4);
        let half = words.div_ceil(2);
        let partial = !self.bytes.is_multiple_of(4);
        // Counters whose two words are whole: neither the odd one out nor the one that holds a cut last word.
        let whole = words / 2 - (partial && words > 1) as usize;
        let (lo, hi) = (range.start.min(whole), range.end.min(whole));
        // SAFETY: words `lo..hi` and `half + lo..half + hi` are whole and lie in the draw.
        unsafe { fill(key, lo, half, hi - lo, out.cast::<[u8; 4]>().add(lo), out.cast::<[u8; 4]>().add(half + lo)) };
        for j in range.start.max(whole)..range.end {
            let second = half + j;
            let block = threefry(key, [j as u32, if second < words { second as u32 } else { 0 }]);
            for (word, bits) in [j, second].into_iter().zip(block) {
                let bytes = self.bytes.saturating_sub(4 * word).min(4);
                // SAFETY: these bytes lie in the draw.
                unsafe { std::ptr::copy_nonoverlapping(bits.to_ne_bytes().as_ptr(), out.add((4 * word).min(self.bytes)), bytes) };
            }
        }
    }
}

impl Kernel for RandomBits {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (keys, out) = (args.inputs[0] as *const [u32; 2] as usize, args.outputs[0]);
        let half = self.bytes.div_ceil(4).div_ceil(2);
        // SAFETY: keys are row-major pairs.
        let key = |k: usize| unsafe { *(keys as *const [u32; 2]).add(k) };
        if self.keys >= 8 {
            threads::pieces(self.keys, half * 1000 + 5000, |range| {
                // SAFETY: draw `k` lies there.
                range.for_each(|k| unsafe { self.draw(key(k), (out as *mut u8).add(k * self.bytes), 0..half) });
            });
        } else {
            for k in 0..self.keys {
                // SAFETY: draw `k` lies there, and pieces write different words.
                threads::pieces(half, 1000, |range| unsafe { self.draw(key(k), (out as *mut u8).add(k * self.bytes), range) });
            }
        }
        Ok(())
    }
}
