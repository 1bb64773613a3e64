//! Products of few rows of x with quantized numbers: every word is read once, taken apart in registers and multiplied there.
//!
//! Sums are of f32 and their order is fixed: 16 lanes, each over every 16th number of a row, 32 numbers (16 for groups of 16) multiplied
//! by their scale at a time; then the lanes by halves. Biases meet the sums of x over their groups. So the number of rows that pass
//! together, and the threads, change no bit.

use super::codes::{CHUNK, Codes};
use crate::isa::fast;

/// Numbers of a register's size.
const LANES: usize = 16;

/// The most rows that pass together.
pub const ROWS: usize = 4;

/// `k`, up to whole chunks.
pub fn padded(k: usize) -> usize {
    k.next_multiple_of(CHUNK)
}

/// The sum of all lanes, by halves.
#[inline(always)]
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

/// `sum += a * b`, lane by lane.
#[inline(always)]
fn add(sum: &mut [f32; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
    for i in 0..LANES {
        sum[i] = a[i].mul_add(b[i], sum[i]);
    }
}

/// `sum += a * s`.
#[inline(always)]
fn add_times(sum: &mut [f32; LANES], a: &[f32; LANES], s: f32) {
    for i in 0..LANES {
        sum[i] = a[i].mul_add(s, sum[i]);
    }
}

#[inline(always)]
fn lanes(list: &[f32], at: usize) -> &[f32; LANES] {
    list[at..at + LANES].try_into().expect("as many as a register has")
}

fast! {
    /// `out[r] = sum_k x[r, k] * w[k]` for `R` rows of x that lie `pitch` apart, padded to whole chunks, and one row of w. `FINE` for
    /// groups of 16; else groups of `1 << group`. `sums` are those of x over groups, `pitch_of_sums` apart; they and the biases are padded
    /// with zeros to whole registers. The scales contain [`Codes::FACTOR`].
    ///
    /// # Safety
    /// All of it lies there.
    pub unsafe fn dots[C: Codes, const FINE: bool, const R: usize][C, FINE, R](
        row: *const u8, k: usize, group: u32, x: *const f32, pitch: usize, scales: &[f32], biases: &[f32], sums: *const f32,
        pitch_of_sums: usize, out: &mut [f32; ROWS],
    ) {
        let mut all = [[0f32; LANES]; R];
        for at in (0..k).step_by(CHUNK) {
            // SAFETY: the caller's promise.
            let numbers = unsafe {
                let codes = row.add(at / 8 * C::BITS);
                if k - at >= CHUNK { C::numbers(codes) } else { C::some(codes, k - at) }
            };
            for (r, all) in all.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                let x = unsafe { std::slice::from_raw_parts(x.add(r * pitch + at), CHUNK) };
                for i in (0..CHUNK).step_by(2 * LANES) {
                    if FINE {
                        for i in [i, i + LANES] {
                            let mut part = [0f32; LANES];
                            add(&mut part, lanes(&numbers, i), lanes(x, i));
                            add_times(all, &part, scales[(at + i) / LANES]);
                        }
                    } else {
                        let mut part = [0f32; LANES];
                        add(&mut part, lanes(&numbers, i), lanes(x, i));
                        add(&mut part, lanes(&numbers, i + LANES), lanes(x, i + LANES));
                        add_times(all, &part, scales[(at + i) >> group]);
                    }
                }
            }
        }
        for (r, all) in all.iter_mut().enumerate() {
            if !biases.is_empty() {
                // SAFETY: the caller's promise.
                let sums = unsafe { std::slice::from_raw_parts(sums.add(r * pitch_of_sums), biases.len()) };
                for at in (0..biases.len()).step_by(LANES) {
                    add(all, lanes(biases, at), lanes(sums, at));
                }
            }
            out[r] = total(*all);
        }
    }
}

fast! {
    /// `y[r, j] += x[r] * w[j]` for `R` rows (of `pitch`) and the `n` numbers of one row of w whose codes start at `codes`; `sums[r, g]`
    /// gathers `x[r] * bias[g]`. y is padded to whole chunks.
    ///
    /// # Safety
    /// All of it lies there.
    pub unsafe fn axpys[C: Codes, const FINE: bool, const R: usize][C, FINE, R](
        codes: *const u8, n: usize, group: u32, x: &[f32; ROWS], y: *mut f32, pitch: usize, scales: &[f32], biases: &[f32],
        sums: *mut f32, pitch_of_sums: usize,
    ) {
        for at in (0..n).step_by(CHUNK) {
            // SAFETY: the caller's promise.
            let numbers = unsafe {
                let codes = codes.add(at / 8 * C::BITS);
                if n - at >= CHUNK { C::numbers(codes) } else { C::some(codes, n - at) }
            };
            for r in 0..R {
                // SAFETY: the caller's promise.
                let y = unsafe { std::slice::from_raw_parts_mut(y.add(r * pitch + at), CHUNK) };
                for i in (0..CHUNK).step_by(LANES) {
                    let scale = scales[if FINE { (at + i) / LANES } else { (at + i) >> group }];
                    let y: &mut [f32; LANES] = (&mut y[i..i + LANES]).try_into().expect("as many as a register has");
                    add_times(y, lanes(&numbers, i), x[r] * scale);
                }
            }
        }
        for r in 0..R {
            for (g, &b) in biases.iter().enumerate() {
                // SAFETY: the caller's promise.
                let sum = unsafe { &mut *sums.add(r * pitch_of_sums + g) };
                *sum = b.mul_add(x[r], *sum);
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
