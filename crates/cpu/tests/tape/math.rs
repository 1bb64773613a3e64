//! The f32 functions against their meaning in f64, over millions of arguments, and level against level.

use crate::common::{self, Random};
use lazulite_base::backend::Args;
use lazulite_base::{Dtype, Op, meaning};
use lazulite_cpu::simd::{self, Level};
use lazulite_cpu::tape::Compiled;

const N: usize = 1 << 16;

fn run(op: Op, x: &[f32], y: &[f32]) -> Vec<f32> {
    let tape = common::single(op, Dtype::F32, x.len(), false);
    let mut out = vec![0f32; x.len()];
    let ins = [x.as_ptr() as usize, y.as_ptr() as usize];
    let args = Args { inputs: &ins[..op.info().arity], outputs: &[out.as_mut_ptr() as usize], params: &[], ..Args::default() };
    // SAFETY: the vectors are as long as the tape's.
    unsafe { Compiled::new(&tape).run(args) };
    out
}

/// The distance in units of the last place that an f32 near `want` has.
fn ulps(got: f32, want: f64) -> f64 {
    let w = want as f32;
    if got.to_bits() == w.to_bits() || (got.is_nan() && w.is_nan()) {
        return 0.0;
    }
    if !got.is_finite() || !w.is_finite() || (got == 0.0 && w == 0.0) {
        return if got == w && got != 0.0 { 0.0 } else { f64::INFINITY };
    }
    let e = (w.abs().to_bits() >> 23).max(1) as i32 - 150;
    (got as f64 - want).abs() / 2f64.powi(e)
}

/// Sweeps `op` over `count` bit patterns of arguments within `limit`, and checks the bound.
fn sweep(op: Op, count: usize, low: f32, high: f32, bound: f64) {
    let _held = common::settings();
    let f = meaning::meaning(op).real;
    let mut r = Random::new(op as u64);
    let specials = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        1e-45,
        -1e-45,
        1e-38,
        -1e-38,
        f32::MAX,
        f32::MIN,
        0.5,
        2.0,
        88.72,
        88.73,
        -87.4,
        -103.9,
        -104.1,
    ];
    let mut worst = (0.0, 0f32, 0f32);
    for round in 0..count.div_ceil(N) {
        let mut x = Vec::with_capacity(N);
        if round == 0 {
            x.extend(specials);
        }
        while x.len() < N {
            // Half of them by bits, half evenly within the bounds.
            let v = if x.len() % 2 == 0 {
                f32::from_bits(r.next() as u32)
            } else {
                low + (high - low) * ((r.next() % (1 << 24)) as f32 / (1 << 24) as f32)
            };
            if round > 0 && !(low..=high).contains(&v) {
                continue;
            }
            x.push(v);
        }
        let mut first: Option<Vec<f32>> = None;
        for level in [Level::Avx2, Level::Avx512, Level::Portable] {
            if level > simd::best() || (level == Level::Portable && round > 8) {
                continue;
            }
            simd::set_level(level);
            let got = run(op, &x, &x);
            match &first {
                None => {
                    for (&x, &g) in x.iter().zip(&got) {
                        let e = ulps(g, f([x as f64, x as f64, 0.0]));
                        if e > worst.0 {
                            worst = (e, x, g);
                        }
                    }
                    first = Some(got);
                }
                Some(want) => {
                    for ((a, b), x) in want.iter().zip(&got).zip(&x) {
                        assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{op:?}({x:e}): {a:e} and {b:e} at {level:?}");
                    }
                }
            }
        }
    }
    println!("{op:?}: {:.3} ulp at {:e} (got {:e}, want {:e})", worst.0, worst.1, worst.2, f([worst.1 as f64; 3]));
    assert!(worst.0 <= bound, "{op:?}: {} ulp at {:e}: got {:e}, want {:e}", worst.0, worst.1, worst.2, f([worst.1 as f64; 3]));
}

macro_rules! sweeps {
    ($($name:ident: $op:ident $count:expr, $low:expr, $high:expr, $bound:expr;)*) => {$(
        #[test]
        fn $name() {
            sweep(Op::$op, $count, $low, $high, $bound);
        }
    )*};
}

sweeps! {
    exp: Exp 4_000_000, -104.0, 89.0, 1.01;
    expm1: Expm1 2_000_000, -25.0, 89.0, 1.5;
    log: Log 4_000_000, 0.0, f32::MAX, 1.0;
    log_near_one: Log 4_000_000, 0.5, 2.0, 1.0;
    log2: Log2 2_000_000, 0.25, 4.0, 2.0;
    log10: Log10 2_000_000, 0.1, 10.0, 2.0;
    log1p: Log1p 2_000_000, -1.0, 10.0, 2.0;
    sin: Sin 4_000_000, -100.0, 100.0, 2.0;
    sin_up_to_limit: Sin 4_000_000, -3e4, 3e4, 2.0;
    sin_beyond: Sin 500_000, -1e38, 1e38, 2.0;
    cos: Cos 4_000_000, -100.0, 100.0, 2.0;
    cos_up_to_limit: Cos 4_000_000, -3e4, 3e4, 2.0;
    cos_beyond: Cos 500_000, -1e38, 1e38, 2.0;
    tan: Tan 2_000_000, -100.0, 100.0, 4.0;
    tanh: Tanh 4_000_000, -10.0, 10.0, 2.0;
    sigmoid: Sigmoid 4_000_000, -104.0, 20.0, 3.0;
    erf: Erf 2_000_000, -4.5, 4.5, 1.5;
    erfinv: Erfinv 200_000, -1.0, 1.0, 8.0;
    rsqrt: Rsqrt 2_000_000, 0.1, 10.0, 1.3;
}

#[test]
fn power() {
    let _held = common::settings();
    let f = meaning::meaning(Op::Power).real;
    let mut r = Random::new(77);
    let inf = f32::INFINITY;
    let odd = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        -2.0,
        3.0,
        -3.0,
        0.5,
        -0.5,
        inf,
        -inf,
        f32::NAN,
        1e-45,
        -1e-45,
        1e38,
        -1e38,
        16777217.0,
        33554432.0,
        0.9999,
        1.0001,
    ];
    for round in 0..40 {
        let (mut x, mut y): (Vec<f32>, Vec<f32>) = odd.iter().flat_map(|&a| odd.iter().map(move |&b| (a, b))).unzip();
        while x.len() < N {
            let wild = r.below(4) == 0;
            x.push(if wild { f32::from_bits(r.next() as u32) } else { r.below(1 << 24) as f32 / (1 << 20) as f32 });
            y.push(if wild { f32::from_bits(r.next() as u32) } else { r.below(1 << 24) as f32 / (1 << 18) as f32 - 32.0 });
        }
        let mut first: Option<Vec<f32>> = None;
        for level in [Level::Avx2, Level::Avx512, Level::Portable] {
            if level > simd::best() || (level == Level::Portable && round > 4) {
                continue;
            }
            simd::set_level(level);
            let got = run(Op::Power, &x, &y);
            for (k, &g) in got.iter().enumerate() {
                let want = f([x[k] as f64, y[k] as f64, 0.0]);
                let e = if want as f32 == 0.0 && g == 0.0 && g.is_sign_negative() == want.is_sign_negative() { 0.0 } else { ulps(g, want) };
                assert!(e <= 0.51, "{:e} to the {:e}: {e} ulp: got {g:e}, want {want:e}", x[k], y[k]);
                if let Some(f) = &first {
                    assert!(f[k].to_bits() == g.to_bits() || (f[k].is_nan() && g.is_nan()));
                }
            }
            first.get_or_insert(got);
        }
    }
}
