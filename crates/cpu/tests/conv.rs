//! Convolutions against their definition, summed in f64.

mod common;

use common::*;
use lazulite_base::dtype::Category;
use lazulite_base::shape::size;
use lazulite_base::work::{Window, Work};
use lazulite_base::{Complex32, Dtype, Element, Scalar};
use num_complex::Complex64;

const FLOATS: [Dtype; 5] = [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16, Dtype::C64];

fn draw(rng: &mut Rng, dtype: Dtype) -> Scalar {
    match dtype.category() {
        Category::Complex => Complex32::new(rng.unit() as f32 - 0.5, rng.unit() as f32 - 0.5).scalar(),
        _ => Scalar::new(rng.unit() - 0.5, dtype),
    }
}

/// A convolution's sizes: batch, n, groups, channels, outputs; places, kernel and window an axis.
#[derive(Clone, Debug)]
struct Case {
    sizes: [usize; 5],
    places: Vec<usize>,
    kernel: Vec<usize>,
    windows: Vec<Window>,
    turned: bool,
}

impl Case {
    fn x(&self) -> Vec<usize> {
        let [b, n, g, c, _] = self.sizes;
        [&[b, n][..], &self.places, &[g, c]].concat()
    }

    fn w(&self) -> Vec<usize> {
        let [b, _, g, c, o] = self.sizes;
        [&[b, g, o][..], &self.kernel, &[c]].concat()
    }

    fn out(&self) -> Vec<usize> {
        let [b, n, g, _, o] = self.sizes;
        let out: Vec<usize> = self.windows.iter().map(|w| w.out).collect();
        if self.turned { [&[b, g, o][..], &out, &[n]].concat() } else { [&[b, n][..], &out, &[g, o]].concat() }
    }

    fn work(&self, x: &Operand, w: &Operand) -> Work {
        Work::Conv { x: x.view.clone(), w: w.view.clone(), windows: self.windows.iter().copied().collect(), turned: self.turned }
    }
}

fn check(case: &Case, x: &Operand, w: &Operand) -> Operand {
    let dtype = x.view.dtype;
    let out = run(&case.work(x, w), &[x, w], &Operand::zeros(dtype, &case.out()));
    let values = |o: &Operand| o.values().into_iter().map(|s| s.as_complex()).collect::<Vec<_>>();
    let (xs, ws, got) = (values(x), values(w), values(&out));
    let (step, last) = match dtype {
        Dtype::F64 => (1e-15, 1e-15),
        Dtype::F16 => (2e-7, 6e-4),
        Dtype::BF16 => (2e-7, 5e-3),
        _ => (2e-7, 2e-7),
    };
    let d = case.places.len();
    let [_, _, _, c, _] = case.sizes;
    let taps = size(&case.kernel);
    let each = (got.len() * taps * c / 1_000_000).max(1);
    for (p, &got) in got.iter().enumerate().step_by(each) {
        let at = coordinates(p, &case.out());
        let (b, n, g, o, i) =
            if case.turned { (at[0], at[3 + d], at[1], at[2], &at[3..3 + d]) } else { (at[0], at[1], at[2 + d], at[3 + d], &at[2..2 + d]) };
        let (mut sum, mut total) = (Complex64::new(0.0, 0.0), 0.0);
        for t in 0..taps {
            let k = coordinates(t, &case.kernel);
            let place = |a: usize| {
                let w = case.windows[a];
                let at = (i[a] * w.stride + k[a] * w.dilation) as isize - w.low;
                let inside = at >= 0 && at % w.spread as isize == 0 && at / (w.spread as isize) < case.places[a] as isize;
                inside.then_some(at as usize / w.spread)
            };
            let Some(places) = (0..d).map(place).collect::<Option<Vec<_>>>() else { continue };
            for l in 0..c {
                let left = xs[position(&[&[b, n][..], &places, &[g, l]].concat(), &case.x())];
                let term = left * ws[position(&[&[b, g, o][..], &k, &[l]].concat(), &case.w())];
                sum += term;
                total += term.norm();
            }
        }
        let error = (got - sum).norm();
        assert!(error <= step * 8.0 * total + last * sum.norm() + 1e-7, "{got} for {sum} at {at:?}: {case:?} {dtype}");
    }
    out
}

fn window(rng: &mut Rng, places: usize, kernel: usize) -> Window {
    let [stride, dilation, spread] = [0; 3].map(|_| 1 + [0, 0, 1, 2, 3][rng.below(5)]);
    let low = rng.below(4) as isize - 1;
    let whole = (places.max(1) - 1) * spread + 1 + rng.below(4);
    let span = kernel.max(1).saturating_sub(1) * dilation + 1;
    Window { out: (whole + low.max(0) as usize).saturating_sub(span) / stride + 1, stride, dilation, spread, low }
}

#[test]
fn random_convolutions_are_their_definition() {
    let _alone = alone();
    let mut rng = Rng(21);
    for round in 0..600 {
        let dtype = FLOATS[round % 5];
        let d = 1 + rng.below(3);
        let most = [20, 9, 5][d - 1];
        let places: Vec<usize> = (0..d).map(|_| 1 + rng.below(most)).collect();
        let kernel: Vec<usize> = (0..d).map(|_| 1 + rng.below(4)).collect();
        let windows = places.iter().zip(&kernel).map(|(&p, &k)| window(&mut rng, p, k)).collect();
        let turned = rng.below(2) == 0;
        let sizes = match rng.below(4) {
            // A channel and an output a group.
            0 => [
                1 + rng.below(2),
                if turned { 1 } else { 1 + rng.below(3) },
                8 + rng.below(90),
                if turned { 1 + rng.below(3) } else { 1 },
                1,
            ],
            1 => [1, 1 + rng.below(3), 1, 1 + rng.below(40), 1 + rng.below(70)],
            _ => [1 + rng.below(2), 1 + rng.below(3), 1 + rng.below(3), 1 + rng.below(6), 1 + rng.below(6)],
        };
        let case = Case { sizes, places, kernel, windows, turned };
        let mut make = |dims: &[usize]| {
            let o = if rng.below(2) == 0 { Operand::zeros(dtype, dims) } else { Operand::scattered(&mut rng, dtype, dims, true) };
            o.fill(|| draw(&mut rng, dtype))
        };
        let (x, w) = (make(&case.x()), make(&case.w()));
        check(&case, &x, &w);
    }
}

#[test]
fn patches_that_are_read_where_they_lie_give_the_bits_of_packed_ones() {
    let _alone = alone();
    let mut rng = Rng(24);
    for round in 0..160 {
        let dtype = [Dtype::F32, Dtype::F64, Dtype::F32, Dtype::BF16][round % 4];
        let d = 1 + rng.below(3);
        let most = [40, 9, 5][d - 1];
        let places: Vec<usize> = (0..d).map(|_| 1 + rng.below(most)).collect();
        let kernel: Vec<usize> = (0..d).map(|_| 1 + rng.below([7, 5, 3][d - 1])).collect();
        let windows = places.iter().zip(&kernel).map(|(&p, &k)| Window { low: rng.below(6) as isize, ..window(&mut rng, p, k) }).collect();
        let sizes = [1, 1 + rng.below(3), 1 + rng.below(2), [2, 3, 8, 24, 70, 300][rng.below(6)], [5, 17, 40, 70][rng.below(4)]];
        let case = Case { sizes, places, kernel, windows, turned: false };
        let w = Operand::zeros(dtype, &case.w()).fill(|| draw(&mut rng, dtype));
        let x = Operand::zeros(dtype, &case.x()).fill(|| draw(&mut rng, dtype));
        // The same numbers with something between channels are packed.
        let mut apart = Operand::zeros(dtype, &[&case.x()[..], &[2]].concat());
        x.values().into_iter().enumerate().for_each(|(i, v)| apart.set(2 * i, v));
        apart.view.dims.pop();
        apart.view.strides.pop();
        let [together, packed] = [&x, &apart].map(|x| check(&case, x, &w).values());
        assert!(together.iter().zip(&packed).all(|(a, b)| a.bits() == b.bits()), "{case:?} {dtype}");
    }
}

#[test]
fn long_sums_are_cut_into_runs() {
    let _alone = alone();
    let mut rng = Rng(22);
    let same = |out| Window { out, stride: 1, dilation: 1, spread: 1, low: 1 };
    for dtype in FLOATS {
        // Many channels forward, many outputs in the gradient of a kernel, a vector with a vector.
        let forward =
            Case { sizes: [1, 1, 1, 700, 40], places: vec![6, 5], kernel: vec![3, 3], windows: vec![same(6), same(5)], turned: false };
        let back =
            Case { sizes: [1, 9, 1, 6, 20], places: vec![33, 31], kernel: vec![33, 31], windows: vec![same(3), same(3)], turned: true };
        let one = Case { sizes: [1, 1, 1, 1, 1], places: vec![5000], kernel: vec![300], windows: vec![same(4702)], turned: false };
        for case in [forward, back, one] {
            let mut make = |dims: &[usize]| Operand::zeros(dtype, dims).fill(|| draw(&mut rng, dtype));
            let (x, w) = (make(&case.x()), make(&case.w()));
            check(&case, &x, &w);
        }
    }
}

#[test]
fn larger_convolutions_split_among_threads() {
    let _alone = alone();
    let mut rng = Rng(23);
    let same = |out| Window { out, stride: 1, dilation: 1, spread: 1, low: 1 };
    for dtype in [Dtype::F32, Dtype::F16] {
        for (groups, channels, outputs, turned) in
            [(1, 40, 60, false), (1, 8, 24, true), (64, 1, 1, false), (64, 1, 1, true), (12, 4, 4, false)]
        {
            let kernel = if turned { vec![28, 28] } else { vec![3, 3] };
            let windows = if turned { vec![same(3), same(3)] } else { vec![same(28), same(28)] };
            let sizes = [1, if turned { channels } else { 4 }, groups, if turned { 4 } else { channels }, outputs];
            let case = Case { sizes, places: vec![28, 28], kernel, windows, turned };
            let mut make = |dims: &[usize]| Operand::zeros(dtype, dims).fill(|| draw(&mut rng, dtype));
            let (x, w) = (make(&case.x()), make(&case.w()));
            check(&case, &x, &w);
        }
    }
}

#[test]
fn nothing_to_sum_gives_zeros() {
    let at = |out, low| Window { out, stride: 1, dilation: 1, spread: 1, low };
    for dtype in FLOATS {
        for (places, channels, kernel) in [(0, 2, 3), (4, 0, 3), (4, 2, 0)] {
            for turned in [false, true] {
                let case =
                    Case { sizes: [1, 2, 1, channels, 3], places: vec![places], kernel: vec![kernel], windows: vec![at(5, 3)], turned };
                let (x, w) = (Operand::zeros(dtype, &case.x()), Operand::zeros(dtype, &case.w()));
                let out = run(&case.work(&x, &w), &[&x, &w], &Operand::of(dtype, &case.out(), [7.0; 30]));
                assert!(out.values().iter().all(|v| v.bits() == 0));
            }
        }
    }
}
