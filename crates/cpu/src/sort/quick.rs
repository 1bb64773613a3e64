//! Quicksort of words by AVX-512. A vector is split at the pivot by compressing what is below it and what is not ("A Novel Hybrid Quicksort
//! Algorithm Vectorized using AVX-512 on Intel Skylake", Bramas, 2017); short pieces go through a bitonic network in registers (Batcher, 1968).

use crate::isa::{Isa, isa};
use std::arch::x86_64::*;

/// Vectors that are split together, so that their counts do not wait for each other.
const ABREAST: usize = 4;
/// Vectors of a piece that the network sorts.
const SMALL: usize = 2 * ABREAST;

/// A vector of words.
///
/// # Safety of its functions
/// The machine has AVX-512 F; pointers are valid for the lanes that are loaded or stored.
#[allow(clippy::missing_safety_doc)]
pub trait Lanes: Copy {
    /// What a lane holds.
    type Word: Copy + Ord + Default;
    /// Number of lanes.
    const N: usize;
    /// A word that none is above.
    const LAST: Self::Word;
    /// The word that follows, if there is one.
    fn after(w: Self::Word) -> Option<Self::Word>;
    /// The word in every lane.
    unsafe fn splat(w: Self::Word) -> Self;
    /// The lanes at `p`.
    unsafe fn load(p: *const Self::Word) -> Self;
    /// The first `n` lanes; the others hold the last word.
    unsafe fn load_some(p: *const Self::Word, n: usize) -> Self;
    /// Writes the lanes.
    unsafe fn store(self, p: *mut Self::Word);
    /// The first `n` lanes.
    unsafe fn store_some(self, p: *mut Self::Word, n: usize);
    /// The lesser of each two lanes.
    unsafe fn min(self, o: Self) -> Self;
    /// The greater.
    unsafe fn max(self, o: Self) -> Self;
    /// The lanes that are below those of `o`.
    unsafe fn below(self, o: Self) -> u32;
    /// The lanes of the mask, side by side from the first.
    unsafe fn compress(self, mask: u32) -> Self;
    /// In reverse.
    unsafe fn mirrored(self) -> Self;
    /// Puts lane `i` in order with lane `i ^ D`, for all.
    unsafe fn ordered<const D: usize>(self) -> Self;
    /// In ascending order.
    unsafe fn sorted(self) -> Self;
    /// A bitonic vector in ascending order.
    unsafe fn merged(self) -> Self;
}

macro_rules! lanes {
    ($name:ident, $w:ty, $n:literal, $m:ty, $splat:ident, $mask_load:ident, $mask_store:ident, $min:ident, $max:ident, $mask_max:ident,
     $below:ident, $compress:ident, $permute:ident, [$($sorted:literal)*], [$($merged:literal)*]) => {
        /// A vector.
        #[derive(Clone, Copy)]
        pub struct $name(__m512i);

        impl $name {
            /// The vector whose lane `i` is `i ^ d`.
            const fn exchanged(d: usize) -> [$w; $n] {
                let (mut lanes, mut i) = ([0; $n], 0);
                while i < $n {
                    lanes[i] = (i ^ d) as $w;
                    i += 1;
                }
                lanes
            }

            /// The lanes whose number has the highest bit of `d`.
            const fn upper(d: usize) -> $m {
                let (mut mask, mut i) = (0, 0);
                while i < $n {
                    mask |= ((i >> d.ilog2() & 1) as $m) << i;
                    i += 1;
                }
                mask
            }
        }

        impl Lanes for $name {
            type Word = $w;
            const N: usize = $n;
            const LAST: $w = <$w>::MAX;
            fn after(w: $w) -> Option<$w> {
                w.checked_add(1)
            }
            #[inline(always)]
            /// The word in every lane.
    unsafe fn splat(w: $w) -> Self {
                // SAFETY: the caller's promise, here and below.
                unsafe { $name($splat(w as _)) }
            }
            #[inline(always)]
            /// The lanes at `p`.
    unsafe fn load(p: *const $w) -> Self {
                // SAFETY: as above.
                unsafe { $name(_mm512_loadu_si512(p.cast())) }
            }
            #[inline(always)]
            unsafe fn load_some(p: *const $w, n: usize) -> Self {
                // SAFETY: as above.
                unsafe { $name($mask_load(_mm512_set1_epi32(-1), ((1u32 << n) - 1) as $m, p.cast())) }
            }
            #[inline(always)]
            /// Writes the lanes.
    unsafe fn store(self, p: *mut $w) {
                // SAFETY: as above.
                unsafe { _mm512_storeu_si512(p.cast(), self.0) };
            }
            #[inline(always)]
            unsafe fn store_some(self, p: *mut $w, n: usize) {
                // SAFETY: as above.
                unsafe { $mask_store(p.cast(), ((1u32 << n) - 1) as $m, self.0) };
            }
            #[inline(always)]
            /// The lesser of each two lanes.
    unsafe fn min(self, o: Self) -> Self {
                // SAFETY: as above.
                unsafe { $name($min(self.0, o.0)) }
            }
            #[inline(always)]
            /// The greater.
    unsafe fn max(self, o: Self) -> Self {
                // SAFETY: as above.
                unsafe { $name($max(self.0, o.0)) }
            }
            #[inline(always)]
            unsafe fn below(self, o: Self) -> u32 {
                // SAFETY: as above.
                unsafe { $below(self.0, o.0) as u32 }
            }
            #[inline(always)]
            unsafe fn compress(self, mask: u32) -> Self {
                // SAFETY: as above.
                unsafe { $name($compress(mask as $m, self.0)) }
            }
            #[inline(always)]
            unsafe fn mirrored(self) -> Self {
                const LANES: [$w; $n] = $name::exchanged($n - 1);
                // SAFETY: as above; the table is a vector.
                unsafe { $name($permute(_mm512_loadu_si512(LANES.as_ptr().cast()), self.0)) }
            }
            #[inline(always)]
            unsafe fn ordered<const D: usize>(self) -> Self {
                // SAFETY: as above; the table is a vector.
                unsafe {
                    let table = const { &$name::exchanged(D) };
                    let other = $permute(_mm512_loadu_si512(table.as_ptr().cast()), self.0);
                    $name($mask_max($min(self.0, other), const { $name::upper(D) }, self.0, other))
                }
            }
            #[inline(always)]
            unsafe fn sorted(self) -> Self {
                // SAFETY: as above.
                unsafe { self$(.ordered::<$sorted>())* }
            }
            #[inline(always)]
            unsafe fn merged(self) -> Self {
                // SAFETY: as above.
                unsafe { self$(.ordered::<$merged>())* }
            }
        }
    };
}
lanes!(
    U32x16, u32, 16, __mmask16, _mm512_set1_epi32, _mm512_mask_loadu_epi32, _mm512_mask_storeu_epi32, _mm512_min_epu32,
    _mm512_max_epu32, _mm512_mask_max_epu32, _mm512_cmplt_epu32_mask, _mm512_maskz_compress_epi32, _mm512_permutexvar_epi32,
    [1 3 1 7 2 1 15 4 2 1], [8 4 2 1]
);
lanes!(
    U64x8, u64, 8, __mmask8, _mm512_set1_epi64, _mm512_mask_loadu_epi64, _mm512_mask_storeu_epi64, _mm512_min_epu64,
    _mm512_max_epu64, _mm512_mask_max_epu64, _mm512_cmplt_epu64_mask, _mm512_maskz_compress_epi64, _mm512_permutexvar_epi64,
    [1 3 1 7 2 1], [4 2 1]
);

/// Up to `n` words as vectors; what is missing is the last word.
///
/// Closures would not be inlined with the instructions, so here and below loops do what arrays' functions could.
#[inline(always)]
unsafe fn read<V: Lanes, const R: usize>(p: *const V::Word, n: usize) -> [V; R] {
    // SAFETY: the caller's promise: the words lie there.
    unsafe {
        let mut v = [V::splat(V::LAST); R];
        for (i, v) in v.iter_mut().enumerate() {
            let some = n.saturating_sub(i * V::N);
            if some >= V::N {
                *v = V::load(p.add(i * V::N));
            } else if some > 0 {
                *v = V::load_some(p.add(i * V::N), some);
            }
        }
        v
    }
}

/// Sorts `n` words, at most `R` vectors of them.
#[inline(always)]
unsafe fn network<V: Lanes, const R: usize>(p: *mut V::Word, n: usize) {
    // SAFETY: the caller's promise: the words lie there.
    unsafe {
        let mut v = read::<V, R>(p, n);
        for x in &mut v {
            *x = x.sorted();
        }
        let mut m = 2;
        while m <= R {
            for start in (0..R).step_by(m) {
                // The larger halves lie in reverse order: bitonic all the same.
                let old = v;
                for a in 0..m / 2 {
                    let other = old[start + m - 1 - a].mirrored();
                    v[start + a] = old[start + a].min(other);
                    v[start + m / 2 + a] = old[start + a].max(other);
                }
            }
            let mut j = m / 4;
            while j > 0 {
                for a in 0..R {
                    if a & j == 0 {
                        (v[a], v[a + j]) = (v[a].min(v[a + j]), v[a].max(v[a + j]));
                    }
                }
                j /= 2;
            }
            for x in &mut v {
                *x = x.merged();
            }
            m *= 2;
        }
        for (i, x) in v.iter().enumerate() {
            let some = n.saturating_sub(i * V::N);
            if some >= V::N {
                x.store(p.add(i * V::N));
            } else if some > 0 {
                x.store_some(p.add(i * V::N), some);
            }
        }
    }
}

/// Where the words below the pivot end, and where the others start.
struct Ends {
    left: usize,
    right: usize,
}

impl Ends {
    /// Adds the first `n` words of the vectors to either side.
    #[inline(always)]
    unsafe fn write<V: Lanes>(&mut self, p: *mut V::Word, v: [V; ABREAST], n: usize, pivot: V) {
        // SAFETY: the caller's promise: there is room for them on either side.
        unsafe {
            let mut masks = [0; ABREAST];
            for i in 0..ABREAST {
                masks[i] = v[i].below(pivot);
            }
            for i in 0..ABREAST {
                let some = n.saturating_sub(i * V::N).min(V::N);
                let here = ((1u64 << some) - 1) as u32;
                let below = (masks[i] & here).count_ones() as usize;
                v[i].compress(masks[i] & here).store_some(p.add(self.left), below);
                self.left += below;
                self.right -= some - below;
                v[i].compress(!masks[i] & here).store_some(p.add(self.right), some - below);
            }
        }
    }
}

/// Puts the words below the pivot before the others; how many they are. There are at least [`SMALL`] vectors.
#[inline(always)]
unsafe fn split<V: Lanes>(p: *mut V::Word, n: usize, pivot: V::Word) -> usize {
    // SAFETY: the caller's promise: the words lie there. Between what is written and what is to be read, `SMALL` vectors are free in all;
    // the side with less room is read from, so that there is room for a block on either.
    unsafe {
        let pivot = V::splat(pivot);
        let block = ABREAST * V::N;
        let (first, last) = (read::<V, ABREAST>(p, block), read::<V, ABREAST>(p.add(n - block), block));
        let (mut from, mut to) = (block, n - block);
        let mut ends = Ends { left: 0, right: n };
        while to - from >= block {
            let at = if from - ends.left <= ends.right - to {
                from += block;
                from - block
            } else {
                to -= block;
                to
            };
            let v = read::<V, ABREAST>(p.add(at), block);
            ends.write(p, v, block, pivot);
        }
        let rest = read::<V, ABREAST>(p.add(from), to - from);
        ends.write(p, rest, to - from, pivot);
        ends.write(p, first, block, pivot);
        ends.write(p, last, block, pivot);
        ends.left
    }
}

/// The median of some words.
#[inline(always)]
unsafe fn median<V: Lanes>(p: *const V::Word, n: usize) -> V::Word {
    let mut sample = [V::Word::default(); 16];
    for (i, s) in sample.iter_mut().enumerate() {
        // SAFETY: the caller's promise: the words lie there.
        *s = unsafe { *p.add(n / 16 * i + n / 32) };
    }
    // SAFETY: a vector's lanes.
    unsafe { V::load(sample.as_ptr()).sorted().store(sample.as_mut_ptr()) };
    sample[V::N / 2]
}

/// Sorts `n` words; `depth` splits at the most.
#[target_feature(enable = "avx512f,popcnt")]
unsafe fn quicksort<V: Lanes>(p: *mut V::Word, n: usize, depth: u32) {
    // SAFETY: the caller's promise.
    unsafe { steps::<V>(p, n, depth) };
}

/// What [`quicksort`] does: as for [`fast!`](crate::isa::fast), what it calls has no instructions of its own and is inlined.
#[inline(always)]
unsafe fn steps<V: Lanes>(mut p: *mut V::Word, mut n: usize, mut depth: u32) {
    // SAFETY: the caller's promise: the words lie there, and the machine has the instructions.
    unsafe {
        loop {
            match n.div_ceil(V::N) {
                0 | 1 => return network::<V, 1>(p, n),
                2 => return network::<V, 2>(p, n),
                3 | 4 => return network::<V, 4>(p, n),
                5..=SMALL => return network::<V, SMALL>(p, n),
                _ if depth == 0 => return std::slice::from_raw_parts_mut(p, n).sort_unstable(),
                _ => depth -= 1,
            }
            let (mut pivot, mut least) = (median::<V>(p, n), false);
            let low = loop {
                match split::<V>(p, n, pivot) {
                    // No word is below the pivot: all that equals it comes first.
                    0 => match V::after(pivot) {
                        Some(next) => (pivot, least) = (next, true),
                        None => return,
                    },
                    low => break low,
                }
            };
            if least || low <= n - low {
                if !least {
                    quicksort::<V>(p, low, depth);
                }
                (p, n) = (p.add(low), n - low);
            } else {
                quicksort::<V>(p.add(low), n - low, depth);
                n = low;
            }
        }
    }
}

/// How to sort words, if this machine has the instructions.
pub fn sort<V: Lanes>() -> Option<fn(&mut [V::Word])> {
    fn run<V: Lanes>(words: &mut [V::Word]) {
        // SAFETY: the words lie there, and the machine has the instructions: only where it has is this function given away.
        unsafe { quicksort::<V>(words.as_mut_ptr(), words.len(), 2 * words.len().max(1).ilog2()) };
    }
    (isa() == Isa::V4 && is_x86_feature_detected!("popcnt")).then_some(run::<V>)
}
