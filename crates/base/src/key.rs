//! A 128-bit structural hash for cache keys. Keys are compared by hash alone, so it mixes two independent 64-bit lanes.

/// Builds a 128-bit key from words.
#[derive(Clone, Copy, Debug)]
pub struct KeyHasher {
    a: u64,
    b: u64,
}

/// A finished key.
pub type Key = u128;

const P: u64 = 0x9e37_79b9_7f4a_7c15;
const Q: u64 = 0xd6e8_feb8_6659_fd93;

impl Default for KeyHasher {
    fn default() -> Self {
        KeyHasher { a: 0x243f_6a88_85a3_08d3, b: 0x1319_8a2e_0370_7344 }
    }
}

impl KeyHasher {
    /// Mixes in one word.
    #[inline]
    pub fn word(&mut self, w: u64) {
        let m = ((self.a ^ w) as u128).wrapping_mul(P as u128 | 1 << 64);
        self.a = (m as u64) ^ ((m >> 64) as u64).rotate_left(23);
        self.b = (self.b.rotate_left(29) ^ w.wrapping_mul(Q)).wrapping_mul(P) ^ (self.b >> 31);
    }

    /// Mixes in a list, its length first.
    #[inline]
    pub fn words(&mut self, ws: impl ExactSizeIterator<Item = u64>) {
        self.word(ws.len() as u64);
        for w in ws {
            self.word(w);
        }
    }

    /// Mixes in a list of sizes.
    #[inline]
    pub fn dims(&mut self, d: &[usize]) {
        self.words(d.iter().map(|&d| d as u64));
    }

    /// Mixes in text.
    pub fn text(&mut self, s: &str) {
        self.words(s.bytes().map(u64::from));
    }

    /// The key of all that was mixed in.
    #[inline]
    pub fn finish(&self) -> Key {
        let fold = |x: u64, y: u64| {
            let m = (x ^ P) as u128 * (y ^ Q) as u128;
            m as u64 ^ (m >> 64) as u64
        };
        (fold(self.a, self.b) as u128) << 64 | (self.a.rotate_left(32) ^ self.b.wrapping_mul(Q)) as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn short_inputs_do_not_collide() {
        let mut seen = HashSet::new();
        for a in 0..300u64 {
            for b in 0..300u64 {
                let mut h = KeyHasher::default();
                h.word(a);
                h.word(b);
                let k = h.finish();
                assert!(seen.insert(k as u64), "{a} {b}");
                assert!(seen.insert((k >> 64) as u64), "{a} {b}");
            }
        }
    }
}
