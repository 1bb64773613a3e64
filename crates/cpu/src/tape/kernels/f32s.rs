//! Kernels on f32 vectors: simple operations in every form (vectors and scalars), pairs of them, and the functions of [`crate::math`].

use super::number::{self, Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
use super::reduce::{self, FOLD, START};
use super::{Body, F2, Fun, Map1, Map2, at};
use crate::math::{self, Function};
use crate::simd::portable::{P, P8};
use crate::simd::{F32s, Level};
use lazulite_base::Op;
use lazulite_base::tape::{LANES, ReduceOp};
use std::marker::PhantomData;

/// A function of up to three vectors.
pub trait Lanewise {
    /// How many it takes.
    const ARITY: usize;
    /// Whether a few elements are better computed as a vector.
    const HEAVY: bool = false;
    /// Its value in every lane.
    fn of<V: F32s>(x: [V; 3]) -> V;
}

/// Declares functions of vectors `a`, `b`, `c`.
macro_rules! lanewise {
    ($($name:ident $arity:literal |$a:ident, $b:ident, $c:ident| $e:expr;)*) => {$(
        struct $name;
        impl Lanewise for $name {
            const ARITY: usize = $arity;
            #[inline(always)]
            fn of<V: F32s>([$a, $b, $c]: [V; 3]) -> V { $e }
        }
    )*};
}

lanewise! {
    Add 2 |a, b, _c| a.add(b);
    Subtract 2 |a, b, _c| a.sub(b);
    Multiply 2 |a, b, _c| a.mul(b);
    Divide 2 |a, b, _c| a.div(b);
    Maximum 2 |a, b, _c| V::select(a.unordered(a), a, a.max(b));
    Minimum 2 |a, b, _c| V::select(a.unordered(a), a, a.min(b));
    Negative 1 |a, _b, _c| a.neg();
    Abs 1 |a, _b, _c| a.abs();
    Square 1 |a, _b, _c| a.mul(a);
    Sqrt 1 |a, _b, _c| a.sqrt();
    Rint 1 |a, _b, _c| a.round();
    Reciprocal 1 |a, _b, _c| V::splat(1.0).div(a);
}

/// `F` of one vector.
struct Of<F>(PhantomData<F>);
/// `G` of `F` of two.
struct Compose<F, G>(PhantomData<(F, G)>);
/// `G` of (`F` of the first two) and the third, each rounded.
struct Then<F, G>(PhantomData<(F, G)>);

impl<F: Function> Lanewise for Of<F> {
    const ARITY: usize = 1;
    const HEAVY: bool = true;
    #[inline(always)]
    fn of<V: F32s>(x: [V; 3]) -> V {
        F::of(x[0])
    }
}

impl<F: Lanewise, G: Function> Lanewise for Compose<F, G> {
    const ARITY: usize = 2;
    const HEAVY: bool = true;
    #[inline(always)]
    fn of<V: F32s>(x: [V; 3]) -> V {
        G::of(F::of(x))
    }
}

impl<F: Lanewise, G: Lanewise> Lanewise for Then<F, G> {
    const ARITY: usize = 1 + G::ARITY;
    #[inline(always)]
    fn of<V: F32s>(x: [V; 3]) -> V {
        G::of([F::of(x), x[2], x[2]])
    }
}

/// `c - a`, for pairs.
struct From;

impl Lanewise for From {
    const ARITY: usize = 2;
    #[inline(always)]
    fn of<V: F32s>(x: [V; 3]) -> V {
        x[1].sub(x[0])
    }
}

/// The operands of a kernel: pointers, and the vectors of those that are scalars.
struct Operands<V, const FORM: u8, const ARITY: usize> {
    p: [*const f32; 3],
    s: [V; 3],
}

impl<V: F32s, const FORM: u8, const ARITY: usize> Operands<V, FORM, ARITY> {
    /// # Safety
    /// Scalars among the operands are valid for reading.
    #[inline(always)]
    unsafe fn new(p: [*const f32; 3]) -> Self {
        let mut s = [V::splat(0.0); 3];
        for (k, s) in s.iter_mut().enumerate().take(ARITY) {
            if FORM >> k & 1 == 1 {
                // SAFETY: the caller's promise.
                *s = V::splat(unsafe { p[k].read_unaligned() });
            }
        }
        Operands { p, s }
    }

    /// # Safety
    /// Vectors among the operands are valid at `i`.
    #[inline(always)]
    unsafe fn at(&self, i: usize) -> [V; 3] {
        let mut x = self.s;
        for (k, x) in x.iter_mut().enumerate().take(ARITY) {
            if FORM >> k & 1 == 0 {
                // SAFETY: the caller's promise.
                *x = unsafe { V::load(self.p[k].add(i)) };
            }
        }
        x
    }
}

/// A function of vectors, mapped over a tile.
struct Vectors<V, F, const FORM: u8>(PhantomData<(V, F)>);

macro_rules! vectors {
    ($arity:literal, $o:ident, $n:ident, $d:ident, $V:ident, $F:ident) => {{
        let x = Operands::<$V, FORM, $arity>::new($o);
        let mut i = 0;
        // Unrolled by plain code: only what is inlined here has this level's instructions.
        if $F::HEAVY {
            while i + 2 * $V::N <= $n {
                let (r, s) = ($F::of(x.at(i)), $F::of(x.at(i + $V::N)));
                r.store($d.add(i));
                s.store($d.add(i + $V::N));
                i += 2 * $V::N;
            }
        } else {
            while i + 4 * $V::N <= $n {
                let (r, s) = ($F::of(x.at(i)), $F::of(x.at(i + $V::N)));
                let (t, u) = ($F::of(x.at(i + 2 * $V::N)), $F::of(x.at(i + 3 * $V::N)));
                r.store($d.add(i));
                s.store($d.add(i + $V::N));
                t.store($d.add(i + 2 * $V::N));
                u.store($d.add(i + 3 * $V::N));
                i += 4 * $V::N;
            }
        }
        while i + $V::N <= $n {
            $F::of(x.at(i)).store($d.add(i));
            i += $V::N;
        }
        if $F::HEAVY && i + 1 < $n {
            let m = $n - i;
            let mut rest = [[1f32; 16]; 3];
            for k in 0..$arity {
                if FORM >> k & 1 == 0 {
                    std::ptr::copy_nonoverlapping($o[k].add(i), rest[k].as_mut_ptr(), m);
                } else {
                    rest[k][0] = $o[k].read_unaligned();
                }
            }
            let x = Operands::<$V, FORM, $arity>::new([rest[0].as_ptr(), rest[1].as_ptr(), rest[2].as_ptr()]);
            let r = $F::of(x.at(0));
            r.store(rest[0].as_mut_ptr());
            std::ptr::copy_nonoverlapping(rest[0].as_ptr(), $d.add(i), m);
            return;
        }
        let x = Operands::<P<1>, FORM, $arity>::new($o);
        while i < $n {
            $F::of(x.at(i)).store($d.add(i));
            i += 1;
        }
    }};
}

impl<V: F32s, F: Lanewise, const FORM: u8> Body for Vectors<V, F, FORM> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, _: u64) {
        let (d, o) = (d.cast::<f32>(), [a.cast::<f32>(), b.cast::<f32>(), c.cast::<f32>()]);
        // SAFETY: every access lies below n, or in the padded copy of the rest.
        unsafe {
            match F::ARITY {
                1 => vectors!(1, o, n, d, V, F),
                2 => vectors!(2, o, n, d, V, F),
                _ => vectors!(3, o, n, d, V, F),
            }
        }
    }
}

/// A function of vectors accumulated into lanes, as `reduce::Lanes` does.
struct Accumulate<V, R, F, const FORM: u8>(PhantomData<(V, R, F)>);

impl<V: F32s, R: Lanewise, F: Lanewise, const FORM: u8> Body for Accumulate<V, R, F, FORM> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, word: u64) {
        let (d, o) = (d.cast::<f32>(), [a.cast::<f32>(), b.cast::<f32>(), c.cast::<f32>()]);
        // SAFETY: the destination holds LANES values, vector operands n; the word names the identity.
        unsafe {
            macro_rules! run {
                ($arity:literal) => {{
                    let x = Operands::<V, FORM, $arity>::new(o);
                    // Four vectors of eight lanes or two of sixteen, each in a variable: arrays would live in memory.
                    let four = LANES / V::N == 4;
                    let (mut p, mut q, mut r, mut s);
                    if word & START != 0 {
                        p = V::splat(reduce::start(word));
                        (q, r, s) = (p, p, p);
                    } else {
                        (p, q) = (V::load(d), V::load(d.add(V::N)));
                        (r, s) = (p, q);
                        if four {
                            (r, s) = (V::load(d.add(2 * V::N)), V::load(d.add(3 * V::N)));
                        }
                    }
                    let mut i = 0;
                    while i + LANES <= n {
                        let (y, z) = (F::of(x.at(i)), F::of(x.at(i + V::N)));
                        (p, q) = (R::of([p, y, y]), R::of([q, z, z]));
                        if four {
                            let (y, z) = (F::of(x.at(i + 2 * V::N)), F::of(x.at(i + 3 * V::N)));
                            (r, s) = (R::of([r, y, y]), R::of([s, z, z]));
                        }
                        if $arity > 1 {
                            // By now the row is in the cache; what follows it is most likely the next row.
                            prefetch(o[0].wrapping_add(n + i));
                            prefetch(o[0].wrapping_add(n + i + LANES / 2));
                        } else {
                            prefetch_to_write(o[1].wrapping_add(i));
                            prefetch_to_write(o[1].wrapping_add(i + LANES / 2));
                        }
                        i += LANES;
                    }
                    let whole = i == n && word & FOLD != 0;
                    if !whole {
                        p.store(d);
                        q.store(d.add(V::N));
                        if four {
                            r.store(d.add(2 * V::N));
                            s.store(d.add(3 * V::N));
                        }
                        let x = Operands::<P<1>, FORM, $arity>::new(o);
                        for k in 0..n - i {
                            let y = F::of(x.at(i + k));
                            R::of([P::<1>::load(d.add(k)), y, y]).store(d.add(k));
                        }
                        if word & FOLD == 0 {
                            return;
                        }
                        (p, q) = (V::load(d), V::load(d.add(V::N)));
                        if four {
                            (r, s) = (V::load(d.add(2 * V::N)), V::load(d.add(3 * V::N)));
                        }
                    }
                    if four {
                        (p, q) = (R::of([p, r, r]), R::of([q, s, s]));
                    }
                    p = R::of([p, q, q]);
                    let mut lanes = [P::<1>::splat(0.0); 16];
                    p.store(lanes.as_mut_ptr().cast());
                    let mut w = V::N / 2;
                    while w > 0 {
                        for l in 0..w {
                            lanes[l] = R::of([lanes[l], lanes[l + w], lanes[l + w]]);
                        }
                        w /= 2;
                    }
                    lanes[0].store(d);
                }};
            }
            match F::ARITY {
                1 => run!(1),
                2 => run!(2),
                _ => run!(3),
            }
        }
    }
}

/// Asks for a cache line that will be read soon; any address will do.
#[inline(always)]
fn prefetch(p: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Asks for a cache line that will be written soon; any address will do.
#[inline(always)]
fn prefetch_to_write(p: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults; processors without this one take it for no operation.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) p, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

struct Same;

impl Lanewise for Same {
    const ARITY: usize = 1;
    #[inline(always)]
    fn of<V: F32s>(x: [V; 3]) -> V {
        x[0]
    }
}

/// The kernel of a function in a form, at every level.
fn vectors<F: Lanewise, const FORM: u8>(level: Level) -> Fun {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::simd::{avx2::A8, avx512::Z16};
        super::at3::<Vectors<P8, F, FORM>, Vectors<A8, F, FORM>, Vectors<Z16, F, FORM>>(level)
    }
    #[cfg(not(target_arch = "x86_64"))]
    super::at3::<Vectors<P8, F, FORM>, Vectors<P8, F, FORM>, Vectors<P8, F, FORM>>(level)
}

fn accumulate<R: Lanewise, F: Lanewise, const FORM: u8>(level: Level) -> Fun {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::simd::{avx2::A8, avx512::Z16};
        super::at3::<Accumulate<P8, R, F, FORM>, Accumulate<A8, R, F, FORM>, Accumulate<Z16, R, F, FORM>>(level)
    }
    #[cfg(not(target_arch = "x86_64"))]
    super::at3::<Accumulate<P8, R, F, FORM>, Accumulate<P8, R, F, FORM>, Accumulate<P8, R, F, FORM>>(level)
}

fn one<F: Lanewise>(level: Level, form: u8) -> Option<Fun> {
    (form == 0).then(|| vectors::<F, 0>(level))
}

fn two<F: Lanewise>(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => vectors::<F, 0>(level),
        1 => vectors::<F, 1>(level),
        2 => vectors::<F, 2>(level),
        _ => return None,
    })
}

fn three<F: Lanewise>(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => vectors::<F, 0>(level),
        1 => vectors::<F, 1>(level),
        2 => vectors::<F, 2>(level),
        4 => vectors::<F, 4>(level),
        5 => vectors::<F, 5>(level),
        6 => vectors::<F, 6>(level),
        _ => return None,
    })
}

struct Power;

impl F2<f32, f32> for Power {
    #[inline(always)]
    fn f(x: f32, y: f32) -> f32 {
        math::pow(x, y)
    }
}

/// The kernel that spreads one value of 32 bits.
pub fn splat(level: Level) -> Fun {
    vectors::<Same, 1>(level)
}

fn power(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => at::<Map2<f32, f32, Power, 0>>(level),
        1 => at::<Map2<f32, f32, Power, 1>>(level),
        2 => at::<Map2<f32, f32, Power, 2>>(level),
        _ => return None,
    })
}

fn test<F: F2<f32, u8>>(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => at::<Map2<f32, u8, F, 0>>(level),
        1 => at::<Map2<f32, u8, F, 1>>(level),
        2 => at::<Map2<f32, u8, F, 2>>(level),
        _ => return None,
    })
}

/// The kernel of an operation in a form, if there is one.
pub fn pick(level: Level, op: Op, form: u8) -> Option<Fun> {
    macro_rules! table {
        ($($two:ident)*; $($test:ident)*; $($one:ident)*; $($plain:ident)*; $($function:ident)*) => {
            match op {
                $(Op::$two => two::<$two>(level, form),)*
                $(Op::$test => test::<$test>(level, form),)*
                $(Op::$one => one::<$one>(level, form),)*
                $(Op::$plain => (form == 0).then(|| at::<Map1<f32, f32, number::$plain>>(level)),)*
                $(Op::$function => one::<Of<math::$function>>(level, form),)*
                Op::Power => power(level, form),
                _ => None,
            }
        };
    }
    table!(Add Subtract Multiply Divide Maximum Minimum; Equal NotEqual Less LessEqual Greater GreaterEqual;
        Negative Abs Square Sqrt Rint Reciprocal; Floor Ceil;
        Exp Expm1 Log Log2 Log10 Log1p Sin Cos Tan Tanh Sigmoid Erf Erfinv Rsqrt)
}

/// The kernel that does two operations, `second(first(a, b), c)`, or `second(c, first(a, b))` if `swapped`; each rounds. The form's bits
/// are those of a, b and c. For a `second` of one operand there is no c.
pub fn pair(level: Level, first: Op, second: Op, swapped: bool, form: u8) -> Option<Fun> {
    fn with<F: Lanewise>(level: Level, second: Op, swapped: bool, form: u8) -> Option<Fun> {
        match second {
            Op::Add => three::<Then<F, Add>>(level, form),
            Op::Multiply => three::<Then<F, Multiply>>(level, form),
            Op::Subtract if swapped => three::<Then<F, From>>(level, form),
            Op::Subtract => three::<Then<F, Subtract>>(level, form),
            Op::Square => match form {
                0 => Some(vectors::<Then<F, Square>, 0>(level)),
                1 => Some(vectors::<Then<F, Square>, 1>(level)),
                2 => Some(vectors::<Then<F, Square>, 2>(level)),
                _ => None,
            },
            _ => None,
        }
    }
    match (first, second) {
        (Op::Subtract, Op::Exp) => two::<Compose<Subtract, math::Exp>>(level, form),
        (Op::Multiply, Op::Exp) => two::<Compose<Multiply, math::Exp>>(level, form),
        (Op::Multiply, Op::Erf) => two::<Compose<Multiply, math::Erf>>(level, form),
        (Op::Multiply, Op::Tanh) => two::<Compose<Multiply, math::Tanh>>(level, form),
        (Op::Add, _) => with::<Add>(level, second, swapped, form),
        (Op::Subtract, _) => with::<Subtract>(level, second, swapped, form),
        (Op::Multiply, _) => with::<Multiply>(level, second, swapped, form),
        _ => None,
    }
}

/// The kernel that accumulates into lanes what an operation (or a pair, as above, or nothing) gives.
pub fn lanes(level: Level, reduce: ReduceOp, last: Option<(Op, Option<Op>)>, form: u8) -> Option<Fun> {
    Some(match (reduce, last, form) {
        (ReduceOp::Sum, None, 0) => accumulate::<Add, Same, 0>(level),
        (ReduceOp::Max, None, 0) => accumulate::<Maximum, Same, 0>(level),
        (ReduceOp::Min, None, 0) => accumulate::<Minimum, Same, 0>(level),
        (ReduceOp::Sum, Some((Op::Multiply, None)), 0) => accumulate::<Add, Multiply, 0>(level),
        (ReduceOp::Sum, Some((Op::Square, None)), 0) => accumulate::<Add, Square, 0>(level),
        (ReduceOp::Sum, Some((Op::Subtract, Some(Op::Square))), 0) => accumulate::<Add, Then<Subtract, Square>, 0>(level),
        (ReduceOp::Sum, Some((Op::Subtract, Some(Op::Square))), 2) => accumulate::<Add, Then<Subtract, Square>, 2>(level),
        _ => return None,
    })
}
