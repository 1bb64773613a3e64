//! Discrete Fourier transforms of contiguous rows in `f32`, by `rustfft` and `realfft`, with plans made once a length.
//!
//! This is a crate of its own because the libraries are generic: their kernels are compiled here, and no change in the CPU backend
//! compiles them again. Nothing is scaled; where rows come from, and on which thread they are done, is the backend's.

use num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex};

/// The transform `y[k] = sum_j x[j] exp(-2 pi i j k / n)` of complex rows, or its inverse times `n`.
#[derive(Clone)]
pub struct Complex(Arc<dyn rustfft::Fft<f32>>);

/// The first `n / 2 + 1` numbers of the transform of real rows.
#[derive(Clone)]
pub struct FromReal(Arc<dyn RealToComplex<f32>>);

/// The inverse of [`FromReal`], times `n`.
#[derive(Clone)]
pub struct ToReal(Arc<dyn ComplexToReal<f32>>);

/// Plans that are kept. A plan is what its length needs, so a program's lengths are few.
type Kept<K, V> = LazyLock<Mutex<HashMap<K, V>>>;

fn keep<K: Eq + Hash, V: Clone>(kept: &Kept<K, V>, key: K, make: impl FnOnce() -> V) -> V {
    kept.lock().unwrap_or_else(|e| e.into_inner()).entry(key).or_insert_with(make).clone()
}

impl Complex {
    /// The plan for rows of `n > 0` numbers.
    pub fn new(n: usize, inverse: bool) -> Complex {
        static KEPT: Kept<(usize, bool), Complex> = LazyLock::new(Mutex::default);
        let direction = if inverse { rustfft::FftDirection::Inverse } else { rustfft::FftDirection::Forward };
        keep(&KEPT, (n, inverse), || Complex(rustfft::FftPlanner::new().plan_fft(n, direction)))
    }

    /// How many numbers [`Complex::run`] needs for itself.
    pub fn scratch(&self) -> usize {
        self.0.get_inplace_scratch_len()
    }

    /// Transforms one row in place.
    pub fn run(&self, row: &mut [Complex32], scratch: &mut [Complex32]) {
        self.0.process_with_scratch(row, scratch);
    }
}

impl FromReal {
    /// The plan for rows of `n > 0` numbers.
    pub fn new(n: usize) -> FromReal {
        static KEPT: Kept<usize, FromReal> = LazyLock::new(Mutex::default);
        keep(&KEPT, n, || FromReal(RealFftPlanner::new().plan_fft_forward(n)))
    }

    /// How many numbers [`FromReal::run`] needs for itself.
    pub fn scratch(&self) -> usize {
        self.0.get_scratch_len()
    }

    /// Transforms one row of `n` numbers into `n / 2 + 1`; what is in `x` is lost.
    pub fn run(&self, x: &mut [f32], out: &mut [Complex32], scratch: &mut [Complex32]) {
        self.0.process_with_scratch(x, out, scratch).expect("rows of the plan's lengths");
    }
}

impl ToReal {
    /// The plan for rows of `n > 0` real numbers.
    pub fn new(n: usize) -> ToReal {
        static KEPT: Kept<usize, ToReal> = LazyLock::new(Mutex::default);
        keep(&KEPT, n, || ToReal(RealFftPlanner::new().plan_fft_inverse(n)))
    }

    /// How many numbers [`ToReal::run`] needs for itself.
    pub fn scratch(&self) -> usize {
        self.0.get_scratch_len()
    }

    /// Transforms one row of `n / 2 + 1` numbers into `n`; what is in `x` is lost. The imaginary part of the first number, and of the
    /// last if `n` is even, counts as zero.
    pub fn run(&self, x: &mut [Complex32], out: &mut [f32], scratch: &mut [Complex32]) {
        x[0].im = 0.0;
        if out.len().is_multiple_of(2) {
            x[out.len() / 2].im = 0.0;
        }
        self.0.process_with_scratch(x, out, scratch).expect("rows of the plan's lengths, real where they must be");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn row(n: usize) -> Vec<Complex32> {
        (0..n).map(|i| Complex32::new((i * i % 7) as f32 - 3.0, (i % 5) as f32 - 2.0)).collect()
    }

    fn by_definition(x: &[Complex32], sign: f64) -> Vec<num_complex::Complex64> {
        let n = x.len();
        let w = |j: usize, k: usize| num_complex::Complex64::from_polar(1.0, sign * TAU * (j * k % n) as f64 / n as f64);
        let wide = |v: &Complex32| num_complex::Complex64::new(v.re as f64, v.im as f64);
        (0..n).map(|k| x.iter().enumerate().map(|(j, v)| wide(v) * w(j, k)).sum()).collect()
    }

    fn near(got: &[Complex32], want: &[num_complex::Complex64]) {
        for (g, w) in got.iter().zip(want) {
            assert!((g.re as f64 - w.re).abs() + (g.im as f64 - w.im).abs() < 1e-4 * want.len() as f64, "{g} for {w}");
        }
    }

    #[test]
    fn transforms_are_those_of_the_definition() {
        for n in [1, 2, 3, 4, 5, 8, 12, 30, 31, 64, 97] {
            let x = row(n);
            for (inverse, sign) in [(false, -1.0), (true, 1.0)] {
                let plan = Complex::new(n, inverse);
                let mut y = x.clone();
                plan.run(&mut y, &mut vec![Complex32::default(); plan.scratch()]);
                near(&y, &by_definition(&x, sign));
            }
            let real: Vec<f32> = x.iter().map(|v| v.re).collect();
            let (there, back) = (FromReal::new(n), ToReal::new(n));
            let mut half = vec![Complex32::default(); n / 2 + 1];
            there.run(&mut real.clone(), &mut half, &mut vec![Complex32::default(); there.scratch()]);
            near(&half, &by_definition(&real.iter().map(|&v| v.into()).collect::<Vec<_>>(), -1.0)[..n / 2 + 1]);
            let mut again = vec![0.0; n];
            half[0].im = 7.0;
            back.run(&mut half, &mut again, &mut vec![Complex32::default(); back.scratch()]);
            again.iter().zip(&real).for_each(|(a, r)| assert!((a - r * n as f32).abs() < 1e-3 * n as f32));
        }
    }
}
