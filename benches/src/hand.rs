//! Hand-fused AVX2 loops of the accuracy that lazulite has: what there is to reach.

use crate::tapes::SIDE;
use lazulite_cpu::math::{Cos, Erf, Exp, Function, Sin};
use lazulite_cpu::simd::{F32s, avx2::A8};

/// A hand-written loop: its inputs, its output, and its part of the elements.
///
/// # Safety
/// The processor has AVX2 and FMA; inputs are whole, and the output is memory for the part.
pub type Hand = unsafe fn(&[&[f32]], *mut f32, std::ops::Range<usize>);

macro_rules! hand {
    ($(#[$doc:meta])* $name:ident, |$ins:ident, $out:ident, $range:ident| $body:block) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// As for every [`Hand`].
        #[target_feature(enable = "avx2,fma")]
        pub unsafe fn $name($ins: &[&[f32]], $out: *mut f32, $range: std::ops::Range<usize>) {
            // SAFETY: the caller's promise: ranges lie within the buffers.
            unsafe { $body }
        }
    };
}

#[inline(always)]
unsafe fn pairs(out: *mut f32, range: std::ops::Range<usize>, f: impl Fn(usize) -> A8) {
    let mut i = range.start;
    while i + 16 <= range.end {
        let (a, b) = (f(i), f(i + 8));
        // SAFETY: the caller's range.
        unsafe {
            a.store(out.add(i));
            b.store(out.add(i + 8));
        }
        i += 16;
    }
}

hand! {
    /// A copy.
    copy, |ins, out, r| {
        pairs(out, r, |i| A8::load(ins[0].as_ptr().add(i)))
    }
}

hand! {
    /// `x * 0.5 * (1 + erf(x / sqrt(2)))`.
    gelu, |ins, out, r| {
        pairs(out, r, |i| {
            let x = A8::load(ins[0].as_ptr().add(i));
            let e = Erf::of(x.mul(A8::splat(std::f32::consts::FRAC_1_SQRT_2)));
            x.mul(A8::splat(0.5)).mul(e.add(A8::splat(1.0)))
        })
    }
}

hand! {
    /// `exp(sin(x) * y) + cos(x)`.
    waves, |ins, out, r| {
        pairs(out, r, |i| {
            let (x, y) = (A8::load(ins[0].as_ptr().add(i)), A8::load(ins[1].as_ptr().add(i)));
            Exp::of(Sin::of(x).mul(y)).add(Cos::of(x))
        })
    }
}

hand! {
    /// Twenty cheap operations.
    chain, |ins, out, r| {
        pairs(out, r, |i| {
            let x = A8::load(ins[0].as_ptr().add(i));
            let mut v = x;
            for _ in 0..10 {
                v = v.mul(A8::splat(0.5)).add(x);
            }
            v
        })
    }
}

#[inline(always)]
fn total(v: [A8; 4], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut a = [0f32; 32];
    for (k, v) in v.iter().enumerate() {
        // SAFETY: the array has 32 places.
        unsafe { v.store(a.as_mut_ptr().add(8 * k)) }
    }
    let mut w = 16;
    while w > 0 {
        for l in 0..w {
            a[l] = f(a[l], a[l + w]);
        }
        w /= 2;
    }
    a[0]
}

#[inline(always)]
unsafe fn fold(p: *const f32, start: f32, f: impl Fn(A8, A8) -> A8, g: impl Fn(f32, f32) -> f32) -> f32 {
    let mut acc = [A8::splat(start); 4];
    for i in (0..SIDE).step_by(32) {
        for (k, a) in acc.iter_mut().enumerate() {
            // SAFETY: the row has SIDE elements.
            *a = f(*a, unsafe { A8::load(p.add(i + 8 * k)) });
        }
    }
    total(acc, g)
}

hand! {
    /// Layer norm of rows.
    norm, |ins, out, r| {
        for row in r.start / SIDE..r.end / SIDE {
            let (p, q) = (ins[0].as_ptr().add(row * SIDE), out.add(row * SIDE));
            let mean = A8::splat(fold(p, 0.0, |a, x| a.add(x), |a, b| a + b) / SIDE as f32);
            let var = fold(p, 0.0, |a, x| x.sub(mean).fma(x.sub(mean), a), |a, b| a + b) / SIDE as f32;
            let scale = A8::splat(1.0 / (var + 1e-5).sqrt());
            pairs(q, 0..SIDE, |i| {
                let d = A8::load(p.add(i)).sub(mean).mul(scale);
                d.mul(A8::load(ins[1].as_ptr().add(i))).add(A8::load(ins[2].as_ptr().add(i)))
            });
        }
    }
}

hand! {
    /// Softmax of rows.
    softmax, |ins, out, r| {
        for row in r.start / SIDE..r.end / SIDE {
            let (p, q) = (ins[0].as_ptr().add(row * SIDE), out.add(row * SIDE));
            let m = A8::splat(fold(p, f32::NEG_INFINITY, |a, x| x.max(a), f32::max));
            let mut acc = [A8::splat(0.0); 4];
            for i in (0..SIDE).step_by(32) {
                for (k, a) in acc.iter_mut().enumerate() {
                    let e = Exp::of(A8::load(p.add(i + 8 * k)).sub(m));
                    e.store(q.add(i + 8 * k));
                    *a = a.add(e);
                }
            }
            let s = A8::splat(total(acc, |a, b| a + b));
            pairs(q, 0..SIDE, |i| A8::load(q.add(i)).div(s));
        }
    }
}

hand! {
    /// Sums of rows.
    sum, |ins, out, r| {
        for row in r.start / SIDE..r.end / SIDE {
            *out.add(row) = fold(ins[0].as_ptr().add(row * SIDE), 0.0, |a, x| a.add(x), |a, b| a + b);
        }
    }
}

hand! {
    /// Sums of columns.
    columns, |ins, out, r| {
        let (from, to) = (r.start / SIDE, r.end / SIDE);
        for k in from..to {
            out.add(k).write(0.0);
        }
        for row in 0..SIDE {
            for k in (from..to).step_by(8) {
                A8::load(out.add(k)).add(A8::load(ins[0].as_ptr().add(row * SIDE + k))).store(out.add(k));
            }
        }
    }
}

hand! {
    /// `x + x.T`.
    turned, |ins, out, r| {
        let x = ins[0].as_ptr();
        for i0 in (r.start / SIDE..r.end / SIDE).step_by(16) {
            for j0 in (0..SIDE).step_by(16) {
                for i in i0..i0 + 16 {
                    for j in j0..j0 + 16 {
                        *out.add(i * SIDE + j) = *x.add(i * SIDE + j) + *x.add(j * SIDE + i);
                    }
                }
            }
        }
    }
}
