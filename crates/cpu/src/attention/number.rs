//! What attention does with blocks of scores, a register of queries (or of one query's keys) at a time. Scores are exponents of two.

use crate::isa::fast;
use crate::math::exp2_small;
use crate::matmul::tile::Tiled;
use crate::simd::{F32s, Four, Job, at_best};

/// A number that attention is computed in.
pub trait Number: Tiled + PartialOrd + std::ops::Mul<Output = Self> + std::ops::Sub<Output = Self> + std::ops::Div<Output = Self> {
    /// The smallest finite number: the score of a key that is left out.
    const LOWEST: Self;
    /// Minus infinity.
    const NOTHING: Self;
    /// One.
    const ONE: Self;

    /// Rounds.
    fn of(x: f64) -> Self;

    /// Two to this power, for powers that are not positive.
    fn power(self) -> Self;

    /// Turns `n` rows of `width` scores times `scale`, a query a column, into weights: `s = 2^(s - m)`, with `m` the largest so far.
    /// What was weighed before is to be multiplied by `factor`; so was the sum `l`, which then grows by these weights. `width` is a
    /// whole number of registers.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn weigh(s: *mut Self, n: usize, width: usize, scale: Self, m: *mut Self, l: *mut Self, factor: *mut Self);

    /// The same for one query, whose scores lie side by side; gives the factor.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn weigh_row(s: *mut Self, n: usize, scale: Self, m: &mut Self, l: &mut Self) -> Self;

    /// Turns `n` rows of `width` scores times `scale`, a query a column, into weights, `p = 2^(s - m) * share`, and `d` into the scores'
    /// slopes, `p * (d - mean)`. `rows` holds `width` of m, of share, of mean and of a sink's weight. With `all` these are the queries'
    /// only keys: the mean is made exact then, so that the slopes' sum is what the sink leaves, however much of `d` cancels.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn slopes(s: *mut Self, d: *mut Self, n: usize, width: usize, scale: Self, rows: *const Self, all: bool);
}

/// Two to the power x, for x that is not positive; zero below 2^-126.
#[inline(always)]
fn exp2<V: F32s>(x: V) -> V {
    let y = exp2_small(V::splat(-126.0).max(x));
    V::select(x.lt(V::splat(-126.0)), V::splat(0.0), y)
}

/// A number to subtract from scores of which it is the largest: zero for minus infinity.
#[inline(always)]
fn safe<V: F32s>(m: V) -> V {
    V::select(m.eq(V::splat(f32::NEG_INFINITY)), V::splat(0.0), m)
}

struct Weigh {
    s: *mut f32,
    n: usize,
    width: usize,
    scale: f32,
    m: *mut f32,
    l: *mut f32,
    factor: *mut f32,
}

impl Job for Weigh {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let Weigh { s, n, width, scale, m, l, factor } = self;
        let scale = V::splat(scale);
        for c in (0..width).step_by(V::N) {
            // SAFETY: the caller's promise.
            unsafe {
                let at = |j: usize| s.add(j * width + c);
                let old = V::load(m.add(c));
                let mut most = [old; 4];
                for j in (0..n - n % 4).step_by(4) {
                    (0..4).for_each(|i| most[i] = V::load(at(j + i)).mul(scale).max(most[i]));
                }
                for j in n - n % 4..n {
                    most[0] = V::load(at(j)).mul(scale).max(most[0]);
                }
                let new = most[0].max(most[1]).max(most[2].max(most[3]));
                let base = safe(new);
                let mut sums = [V::splat(0.0); 2];
                for j in (0..n - n % 2).step_by(2) {
                    for (i, sum) in sums.iter_mut().enumerate() {
                        let p = exp2(V::load(at(j + i)).mul(scale).sub(base));
                        p.store(at(j + i));
                        *sum = sum.add(p);
                    }
                }
                if n % 2 == 1 {
                    let p = exp2(V::load(at(n - 1)).mul(scale).sub(base));
                    p.store(at(n - 1));
                    sums[0] = sums[0].add(p);
                }
                let f = exp2(old.sub(base));
                f.store(factor.add(c));
                V::load(l.add(c)).mul(f).add(sums[0].add(sums[1])).store(l.add(c));
                new.store(m.add(c));
            }
        }
    }
}

struct Row {
    s: *mut f32,
    n: usize,
    scale: f32,
    base: f32,
    lanes: *mut f32,
}

/// The largest of 16 lanes.
struct Most(Row);

impl Job for Most {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let Row { s, n, scale, lanes, .. } = self.0;
        // SAFETY: the caller's promise.
        unsafe {
            for c in (0..16).step_by(V::N) {
                let mut most = V::load(lanes.add(c));
                for j in (0..n - n % 16).step_by(16) {
                    most = V::load(s.add(j + c)).mul(V::splat(scale)).max(most);
                }
                most.store(lanes.add(c));
            }
        }
    }
}

/// The weights, and their sums in 16 lanes.
struct Share(Row);

impl Job for Share {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let Row { s, n, scale, base, lanes } = self.0;
        // SAFETY: the caller's promise.
        unsafe {
            for c in (0..16).step_by(V::N) {
                let mut sum = V::splat(0.0);
                for j in (0..n - n % 16).step_by(16) {
                    let p = exp2(V::load(s.add(j + c)).mul(V::splat(scale)).sub(V::splat(base)));
                    p.store(s.add(j + c));
                    sum = sum.add(p);
                }
                sum.store(lanes.add(c));
            }
        }
    }
}

struct Slopes {
    s: *mut f32,
    d: *mut f32,
    n: usize,
    width: usize,
    scale: f32,
    rows: *const f32,
    all: bool,
}

impl Job for Slopes {
    #[inline(always)]
    unsafe fn run<V: F32s>(self) {
        let Slopes { s, d, n, width, scale, rows, all } = self;
        for c in (0..width).step_by(V::N) {
            // SAFETY: the caller's promise.
            unsafe {
                let [m, share, mean, sink] = [0, 1, 2, 3].map(|k| V::load(rows.add(k * width + c)));
                let m = safe(m);
                let mut off = sink.mul(mean).neg();
                for j in 0..n {
                    let (s, d) = (s.add(j * width + c), d.add(j * width + c));
                    let p = exp2(V::load(s).mul(V::splat(scale)).sub(m)).mul(share);
                    p.store(s);
                    let from_mean = V::load(d).sub(mean);
                    let slope = p.mul(from_mean);
                    off = off.add(slope);
                    if all { from_mean } else { slope }.store(d);
                }
                for j in 0..if all { n } else { 0 } {
                    let (s, d) = (s.add(j * width + c), d.add(j * width + c));
                    V::load(s).mul(V::load(d).sub(off)).store(d);
                }
            }
        }
    }
}

impl Number for f32 {
    const LOWEST: f32 = f32::MIN;
    const NOTHING: f32 = f32::NEG_INFINITY;
    const ONE: f32 = 1.0;

    fn of(x: f64) -> f32 {
        x as f32
    }

    fn power(self) -> f32 {
        let x = Four::splat(self);
        let mut out = [0.0; Four::N];
        // SAFETY: plain Rust; the array has room.
        unsafe { exp2(x).store(out.as_mut_ptr()) };
        out[0]
    }

    unsafe fn weigh(s: *mut f32, n: usize, width: usize, scale: f32, m: *mut f32, l: *mut f32, factor: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { at_best(Weigh { s, n, width, scale, m, l, factor }, width) };
    }

    unsafe fn weigh_row(s: *mut f32, n: usize, scale: f32, m: &mut f32, l: &mut f32) -> f32 {
        let rest = n - n % 16..n;
        let mut lanes = [*m; 16];
        // SAFETY: the caller's promise.
        unsafe {
            at_best(Most(Row { s, n, scale, base: 0.0, lanes: lanes.as_mut_ptr() }), 16);
            let largest = |a: f32, b: f32| if b > a { b } else { a };
            let tail = rest.clone().map(|j| *s.add(j) * scale);
            let new = lanes.into_iter().chain(tail).fold(*m, largest);
            let base = if new == f32::NEG_INFINITY { 0.0 } else { new };
            at_best(Share(Row { s, n, scale, base, lanes: lanes.as_mut_ptr() }), 16);
            for j in rest {
                let p = (*s.add(j) * scale - base).power();
                *s.add(j) = p;
                lanes[j % 16] += p;
            }
            let mut half = 8;
            while half > 0 {
                (0..half).for_each(|i| lanes[i] += lanes[i + half]);
                half /= 2;
            }
            let factor = (*m - base).power();
            *l = *l * factor + lanes[0];
            *m = new;
            factor
        }
    }

    unsafe fn slopes(s: *mut f32, d: *mut f32, n: usize, width: usize, scale: f32, rows: *const f32, all: bool) {
        // SAFETY: the caller's promise.
        unsafe { at_best(Slopes { s, d, n, width, scale, rows, all }, width) };
    }
}

impl Number for f64 {
    const LOWEST: f64 = f64::MIN;
    const NOTHING: f64 = f64::NEG_INFINITY;
    const ONE: f64 = 1.0;

    fn of(x: f64) -> f64 {
        x
    }

    fn power(self) -> f64 {
        self.exp2()
    }

    unsafe fn weigh(s: *mut f64, n: usize, width: usize, scale: f64, m: *mut f64, l: *mut f64, factor: *mut f64) {
        for c in 0..width {
            // SAFETY: the caller's promise.
            unsafe {
                let (m, l) = (&mut *m.add(c), &mut *l.add(c));
                *factor.add(c) = weigh_line(s.add(c), n, width, scale, m, l);
            }
        }
    }

    unsafe fn weigh_row(s: *mut f64, n: usize, scale: f64, m: &mut f64, l: &mut f64) -> f64 {
        // SAFETY: the caller's promise.
        unsafe { weigh_line(s, n, 1, scale, m, l) }
    }

    unsafe fn slopes(s: *mut f64, d: *mut f64, n: usize, width: usize, scale: f64, rows: *const f64, all: bool) {
        for c in 0..width {
            // SAFETY: the caller's promise.
            unsafe {
                let [m, share, mean, sink] = [0, 1, 2, 3].map(|k| *rows.add(k * width + c));
                let m = if m == f64::NEG_INFINITY { 0.0 } else { m };
                let mut off = -sink * mean;
                for j in 0..n {
                    let (s, d) = (&mut *s.add(j * width + c), &mut *d.add(j * width + c));
                    *s = (*s * scale - m).exp2() * share;
                    *d -= mean;
                    off += *s * *d;
                }
                let off = if all { off } else { 0.0 };
                for j in 0..n {
                    let d = &mut *d.add(j * width + c);
                    *d = *s.add(j * width + c) * (*d - off);
                }
            }
        }
    }
}

/// Weighs `n` scores that lie `step` apart.
unsafe fn weigh_line(s: *mut f64, n: usize, step: usize, scale: f64, m: &mut f64, l: &mut f64) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        let new = (0..n).map(|j| *s.add(j * step) * scale).fold(*m, |a, b| if b > a { b } else { a });
        let base = if new == f64::NEG_INFINITY { 0.0 } else { new };
        let mut sum = 0.0;
        for j in 0..n {
            let s = &mut *s.add(j * step);
            *s = (*s * scale - base).exp2();
            sum += *s;
        }
        let factor = (*m - base).exp2();
        *l = *l * factor + sum;
        *m = new;
        factor
    }
}

fast! {
    /// Multiplies `n` numbers by `factor`.
    pub unsafe fn multiply[E: Number][E](x: *mut E, n: usize, factor: E) {
        // SAFETY: the caller's promise.
        let x = unsafe { std::slice::from_raw_parts_mut(x, n) };
        x.iter_mut().for_each(|x| *x = *x * factor);
    }
}

fast! {
    /// `x = max(x + factor * y, LOWEST)`, but minus infinity where y is, for `n` numbers.
    pub unsafe fn add_mask[E: Number][E](x: *mut E, y: *const E, n: usize, factor: E) {
        // SAFETY: the caller's promise.
        let (x, y) = unsafe { (std::slice::from_raw_parts_mut(x, n), std::slice::from_raw_parts(y, n)) };
        for (x, &y) in x.iter_mut().zip(y) {
            let z = *x + y * factor;
            let low = if y == E::NOTHING { E::NOTHING } else { E::LOWEST };
            *x = if z < low { low } else { z };
        }
    }
}

fast! {
    /// `x = LOWEST` where y is zero, for `n` numbers.
    pub unsafe fn leave_out[E: Number][E](x: *mut E, y: *const E, n: usize) {
        // SAFETY: the caller's promise.
        let (x, y) = unsafe { (std::slice::from_raw_parts_mut(x, n), std::slice::from_raw_parts(y, n)) };
        x.iter_mut().zip(y).for_each(|(x, &y)| *x = if y == E::default() { E::LOWEST } else { *x });
    }
}

fast! {
    /// The sum of the products of `n` numbers of both.
    pub unsafe fn dot[E: Number][E](x: *const E, y: *const E, n: usize) -> E {
        // SAFETY: the caller's promise.
        let (x, y) = unsafe { (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts(y, n)) };
        let mut sums = [E::default(); 16];
        let (mut xs, mut ys) = (x.chunks_exact(16), y.chunks_exact(16));
        for (x, y) in (&mut xs).zip(&mut ys) {
            (0..16).for_each(|i| sums[i] = sums[i] + x[i] * y[i]);
        }
        let rest = xs.remainder().iter().zip(ys.remainder()).map(|(&x, &y)| x * y);
        sums.into_iter().chain(rest).fold(E::default(), |a, b| a + b)
    }
}
