//! Products of few rows of x with quantized numbers: every word is read once, taken apart in registers and multiplied there.
//!
//! Numbers come in chunks of 128, which are 16 lanes of 8 neighbours: so a word of a lane is shifted, and nothing moves between lanes.
//! What meets them lies [`turned`]: the lanes' first numbers, then their second ones, and so on.
//!
//! Sums are of f32 and their order is fixed: 16 lanes, each over its 8 numbers of a chunk, which are then multiplied by their scale, and so
//! over the chunks; then the lanes by halves. Biases meet the sums of x over their groups. So the number of rows that pass together, the
//! instructions and the threads change no bit.

use super::codes::Codes;
use crate::simd::{F32s, Job};
use std::marker::PhantomData;

/// Numbers of a chunk.
pub const CHUNK: usize = 128;
/// Lanes of a chunk, and numbers of a lane.
const LANES: usize = 16;
const EACH: usize = CHUNK / LANES;
/// Vectors that make up the lanes, at most.
const VECTORS: usize = 4;

/// The most rows that pass together, where words run along the sums.
pub const ROWS: usize = 4;

/// `k`, up to whole chunks.
pub fn padded(k: usize) -> usize {
    k.next_multiple_of(CHUNK)
}

/// Where number `i` lies in a turned row.
pub fn turned(i: usize) -> usize {
    i / CHUNK * CHUNK + i % EACH * LANES + i % CHUNK / EACH
}

/// The sum of all lanes, by halves.
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut n = LANES / 2;
    while n > 0 {
        for i in 0..n {
            lanes[i] += lanes[i + n];
        }
        n /= 2;
    }
    lanes[0]
}

/// For each vector of lanes: its first lane's group within a chunk, and each lane's group after that one.
///
/// # Safety
/// The level's.
#[inline(always)]
unsafe fn groups<V: F32s>(shift: u32) -> [(usize, V::I); VECTORS] {
    std::array::from_fn(|f| {
        let first = f * V::N % LANES;
        let of = |lane: usize| (lane * EACH) >> shift;
        let mut index = [0i32; LANES];
        (0..V::N).for_each(|i| index[i] = (of(first + i) - of(first)) as i32);
        // SAFETY: there are as many integers as any vector has.
        (of(first), unsafe { V::load(index.as_ptr().cast()) }.bits())
    })
}

/// A chunk's bytes, `n` codes of them real: where they lie, or, if they are less than a chunk, in `room` with zeros behind them.
///
/// # Safety
/// The bytes of `n` codes lie at `p`.
#[inline(always)]
unsafe fn whole<C: Codes>(p: *const u8, n: usize, room: &mut [u8; CHUNK]) -> *const u8 {
    if n >= CHUNK {
        return p;
    }
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(p, room.as_mut_ptr(), n / 8 * C::BITS) };
    room.as_ptr()
}

/// `out[r] = sum_k x[r, k] * w[k]` for `R` rows of x that lie turned, `pitch` apart and padded with zeros to whole chunks, and one row of
/// w. Groups are of `1 << shift`. `sums` are those of x over groups, `pitch_of_sums` apart; they and the biases are padded with zeros to 16,
/// and behind the scales there are 32 more numbers. The scales contain [`Codes::FACTOR`].
pub struct Dots<'a, C, const R: usize> {
    pub row: *const u8,
    pub k: usize,
    pub shift: u32,
    pub x: *const f32,
    pub pitch: usize,
    pub scales: *const f32,
    pub biases: &'a [f32],
    pub sums: *const f32,
    pub pitch_of_sums: usize,
    pub out: &'a mut [f32; ROWS],
    pub of: PhantomData<C>,
}

impl<C: Codes, const R: usize> Job for Dots<'_, C, R> {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let vectors = LANES / V::N;
        let zero = V::splat(0.0);
        let mut all = [[zero; VECTORS]; R];
        // SAFETY: the caller's promise: all of it lies there.
        unsafe {
            let groups = groups::<V>(self.shift);
            for at in (0..self.k).step_by(CHUNK) {
                let mut room = [0; CHUNK];
                let codes = whole::<C>(self.row.add(at / 8 * C::BITS), self.k - at, &mut room);
                for f in 0..vectors {
                    let words = C::words::<V>(codes, f * V::N);
                    let mut part = [zero; R];
                    for (half, mut word) in words.into_iter().enumerate() {
                        for i in 0..EACH / 2 {
                            let number = C::lowest::<V>(word);
                            word = C::next::<V>(word);
                            for (r, part) in part.iter_mut().enumerate() {
                                let x = self.x.add(r * self.pitch + at + (EACH / 2 * half + i) * LANES + f * V::N);
                                *part = number.fma(V::load(x), *part);
                            }
                        }
                    }
                    let (first, index) = groups[f];
                    let scale = V::look(self.scales.add((at >> self.shift) + first), index);
                    for r in 0..R {
                        all[r][f] = part[r].fma(scale, all[r][f]);
                    }
                }
            }
            for (r, all) in all.iter_mut().enumerate() {
                let sums = self.sums.add(r * self.pitch_of_sums);
                for at in (0..self.biases.len()).step_by(LANES) {
                    for f in 0..vectors {
                        let bias = V::load(self.biases.as_ptr().add(at + f * V::N));
                        all[f] = bias.fma(V::load(sums.add(at + f * V::N)), all[f]);
                    }
                }
                let mut lanes = [0.0; LANES];
                (0..vectors).for_each(|f| all[f].store(lanes.as_mut_ptr().add(f * V::N)));
                self.out[r] = total(lanes);
            }
        }
    }
}

/// `y[r, j] += sum_i x[r, i] * w[i, j]` for `R` rows of x (`pitch` apart), some rows of w, and a chunk of its columns, `n` of them real,
/// whose codes start at `codes`, from row to row `step` bytes on. y lies turned, `pitch_of_y` apart. `sums[r, lane]`, 16 a row of x and
/// `pitch_of_sums` apart, gathers `x[r, i] * bias[i, lane's group]`. Scales, and biases if there are any, are those of the chunk's groups,
/// `pitch_of_scales` apart, 32 numbers behind the last.
pub struct Axpys<C, const R: usize> {
    pub codes: *const u8,
    pub step: isize,
    pub rows: usize,
    pub n: usize,
    pub shift: u32,
    pub x: *const f32,
    pub pitch: usize,
    pub scales: *const f32,
    pub biases: *const f32,
    pub pitch_of_scales: usize,
    pub y: *mut f32,
    pub pitch_of_y: usize,
    pub sums: *mut f32,
    pub pitch_of_sums: usize,
    pub of: PhantomData<C>,
}

/// Rows that are asked for ahead of their use.
const AHEAD: isize = 24;

impl<C: Codes, const R: usize> Job for Axpys<C, R> {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let zero = V::splat(0.0);
        // SAFETY: the caller's promise: all of it lies there.
        unsafe {
            let groups = groups::<V>(self.shift);
            for f in 0..LANES / V::N {
                let (first, index) = groups[f];
                let y = |r: usize, v: usize| self.y.add(r * self.pitch_of_y + v * LANES + f * V::N);
                let sum = |r: usize| self.sums.add(r * self.pitch_of_sums + f * V::N);
                let mut all: [[V; EACH]; R] = std::array::from_fn(|r| std::array::from_fn(|v| V::load(y(r, v))));
                let mut sums: [V; R] = std::array::from_fn(|r| V::load(sum(r)));
                for i in 0..self.rows {
                    let codes = self.codes.offset(i as isize * self.step);
                    #[cfg(target_arch = "x86_64")]
                    if f == 0 {
                        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                        _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_offset(AHEAD * self.step).cast());
                    }
                    let mut room = [0; CHUNK];
                    let words = C::words::<V>(whole::<C>(codes, self.n, &mut room), f * V::N);
                    let at = i * self.pitch_of_scales + first;
                    let scale = V::look(self.scales.add(at), index);
                    let bias = if self.biases.is_null() { zero } else { V::look(self.biases.add(at), index) };
                    let mut x = [zero; R];
                    for r in 0..R {
                        let own = V::splat(*self.x.add(r * self.pitch + i));
                        x[r] = own.mul(scale);
                        sums[r] = bias.fma(own, sums[r]);
                    }
                    for (half, mut word) in words.into_iter().enumerate() {
                        for i in 0..EACH / 2 {
                            let number = C::lowest::<V>(word);
                            word = C::next::<V>(word);
                            for r in 0..R {
                                let v = EACH / 2 * half + i;
                                all[r][v] = number.fma(x[r], all[r][v]);
                            }
                        }
                    }
                }
                for r in 0..R {
                    (0..EACH).for_each(|v| all[r][v].store(y(r, v)));
                    sums[r].store(sum(r));
                }
            }
        }
    }
}

/// The sums of `x` over groups, each in a fixed order.
pub fn group_sums(x: &[f32], group: usize, out: &mut [f32]) {
    for (x, out) in x.chunks(group).zip(out) {
        let mut lanes = [0f32; LANES];
        for part in x.chunks(LANES) {
            lanes.iter_mut().zip(part).for_each(|(l, x)| *l += x);
        }
        *out = total(lanes);
    }
}
