//! Batcher's odd-even merge sort ("Sorting networks and their applications", 1968) of many rows at once: a lane a row, so that a comparator
//! is one minimum and one maximum of vectors.

use crate::isa::fast;

/// Rows whose elements lie side by side: 64 bytes of 32-bit words.
pub const LANES: usize = 16;

/// Places that are sorted before they are merged with others: they fit into the first cache.
const NEAR: usize = 256;

/// Puts places `a` and `b` of every lane in order.
#[inline(always)]
fn exchange<W: Copy + Ord, const L: usize>(v: &mut [[W; L]], a: usize, b: usize) {
    let (x, y): ([W; L], [W; L]) = (v[a], v[b]);
    v[a] = std::array::from_fn(|l| x[l].min(y[l]));
    v[b] = std::array::from_fn(|l| x[l].max(y[l]));
}

/// Sorts eight places in registers.
#[inline(always)]
fn eight<W: Copy + Ord, const L: usize>(v: &mut [[W; L]; 8]) {
    macro_rules! exchanges {
        ($($a:literal $b:literal),*) => { $(exchange(v, $a, $b);)* };
    }
    exchanges!(
        0 1, 2 3, 4 5, 6 7, 0 2, 1 3, 4 6, 5 7, 1 2, 5 6, 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6
    );
}

/// Merges `v[..p]` with `v[p..]`, which may be shorter; both are sorted.
#[inline(always)]
fn merge<W: Copy + Ord, const L: usize>(v: &mut [[W; L]], p: usize) {
    let n = v.len();
    let (low, high) = v.split_at_mut(p.min(n));
    both(low, high);
    let mut k = p / 2;
    while k > 0 {
        for j in (k..n).step_by(2 * k) {
            let rest = &mut v[j..];
            let (low, high) = rest.split_at_mut(k.min(n - j));
            both(low, &mut high[..k.min(n - j - low.len())]);
        }
        k /= 2;
    }
}

/// Puts each place of `low` in order with that of `high`.
#[inline(always)]
fn both<W: Copy + Ord, const L: usize>(low: &mut [[W; L]], high: &mut [[W; L]]) {
    for (a, b) in low.iter_mut().zip(high) {
        let (x, y): ([W; L], [W; L]) = (*a, *b);
        *a = std::array::from_fn(|l| x[l].min(y[l]));
        *b = std::array::from_fn(|l| x[l].max(y[l]));
    }
}

fast! {
    /// Sorts every lane.
    unsafe fn sort_lanes[W: Copy + Ord, const L: usize][W, L](v: &mut [[W; L]]) {
        let n = v.len();
        for near in v.chunks_mut(NEAR) {
            let mut eights = near.chunks_exact_mut(8);
            for v in &mut eights {
                let v: &mut [[W; L]; 8] = v.try_into().expect("eight places");
                let mut places = *v;
                eight(&mut places);
                *v = places;
            }
            let rest = eights.into_remainder();
            let mut p = 1;
            while p < rest.len() {
                rest.chunks_mut(2 * p).for_each(|v| merge(v, p));
                p *= 2;
            }
            let mut p = 8;
            while p < near.len() {
                near.chunks_mut(2 * p).for_each(|v| merge(v, p));
                p *= 2;
            }
        }
        let mut p = NEAR;
        while p < n {
            v.chunks_mut(2 * p).for_each(|v| merge(v, p));
            p *= 2;
        }
    }
}

/// Sorts every lane.
pub fn sort<W: Copy + Ord, const L: usize>(v: &mut [[W; L]]) {
    // SAFETY: it only touches the slice.
    unsafe { sort_lanes(v) }
}
