//! Kernels: what one instruction does to a tile. All have one signature, [`Fun`], so that a program is a list of pointers.
//!
//! A [`Body`] is the code of a kernel; [`at`] makes a [`Fun`] of it that is compiled for a level. Bodies read a chunk of every operand
//! before they write the chunk's results, so the destination may be the very memory of an operand of the same width.

mod cast;
mod complex;
mod f32s;
mod memory;
mod number;
mod reduce;

pub use cast::cast;
pub use f32s::pair;
pub use memory::{copier, copy, index, narrow, round_half, splat, turner, widen};
pub use number::Truth;
pub use reduce::{FOLD, START, identity, sequence};

use crate::simd::Level;
use lazulite_base::meaning::meaning;
use lazulite_base::tape::ReduceOp;
use lazulite_base::{Dtype, Op};

/// A kernel on `n` elements: destination, three operands (those it lacks are ignored), and a word of its own.
pub type Fun = unsafe fn(usize, *mut u8, *const u8, *const u8, *const u8, u64);

/// A kernel with its word.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// The code.
    pub f: Fun,
    /// Its last argument.
    pub imm: u64,
}

impl From<Fun> for Pick {
    fn from(f: Fun) -> Pick {
        Pick { f, imm: 0 }
    }
}

/// The code of a kernel, compiled once a level.
pub trait Body {
    /// Runs it.
    ///
    /// # Safety
    /// Operands and destination are valid for `n` elements (one, for a scalar operand) of the body's types.
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64);
}

unsafe fn portable<B: Body>(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64) {
    // SAFETY: passed on.
    unsafe { B::run(n, d, a, b, c, imm) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn avx2<B: Body>(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64) {
    // SAFETY: passed on.
    unsafe { B::run(n, d, a, b, c, imm) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl")]
unsafe fn avx512<B: Body>(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64) {
    // SAFETY: passed on.
    unsafe { B::run(n, d, a, b, c, imm) }
}

/// The kernel of a body that gains nothing beyond AVX2.
pub fn at<B: Body>(level: Level) -> Fun {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx2 {
        return avx2::<B>;
    }
    let _ = level;
    portable::<B>
}

/// The kernel of the body that belongs to the level, of three written on that level's vectors.
pub fn at3<P: Body, A: Body, Z: Body>(level: Level) -> Fun {
    #[cfg(target_arch = "x86_64")]
    match level {
        Level::Avx512 => return avx512::<Z>,
        Level::Avx2 => return avx2::<A>,
        Level::Portable => {}
    }
    let _ = level;
    portable::<P>
}

/// Elements that bodies take at a time.
const CHUNK: usize = 16;

/// Reads a chunk, or the one value of a scalar operand.
///
/// # Safety
/// `p` is valid for `i + C` elements, or for one.
#[inline(always)]
unsafe fn chunk<T: Copy, const C: usize>(p: *const u8, i: usize, scalar: bool) -> [T; C] {
    let p = p.cast::<T>();
    // SAFETY: the caller's promise.
    unsafe { if scalar { [p.read_unaligned(); C] } else { p.add(i).cast::<[T; C]>().read_unaligned() } }
}

/// `d[i] = f(a[i])`.
///
/// # Safety
/// As [`Body::run`].
#[inline(always)]
pub unsafe fn map1<T: Copy, U: Copy>(n: usize, d: *mut u8, a: *const u8, f: impl Fn(T) -> U) {
    let mut i = 0;
    // SAFETY: every access lies below n.
    unsafe {
        while i + CHUNK <= n {
            let x: [T; CHUNK] = chunk(a, i, false);
            let mut r = [f(x[0]); CHUNK];
            for k in 1..CHUNK {
                r[k] = f(x[k]);
            }
            d.cast::<U>().add(i).cast::<[U; CHUNK]>().write_unaligned(r);
            i += CHUNK;
        }
        while i < n {
            d.cast::<U>().add(i).write_unaligned(f(a.cast::<T>().add(i).read_unaligned()));
            i += 1;
        }
    }
}

/// `d[i] = f(a[i], b[i])`; operands whose bit is set in `FORM` are scalars.
///
/// # Safety
/// As [`Body::run`].
#[inline(always)]
pub unsafe fn map2<T: Copy, U: Copy, const FORM: u8>(n: usize, d: *mut u8, a: *const u8, b: *const u8, f: impl Fn(T, T) -> U) {
    let mut i = 0;
    let at = |i: usize, k: u8| if FORM & k != 0 { 0 } else { i };
    // SAFETY: every access lies below n.
    unsafe {
        while i + CHUNK <= n {
            let x: [T; CHUNK] = chunk(a, i, FORM & 1 != 0);
            let y: [T; CHUNK] = chunk(b, i, FORM & 2 != 0);
            let mut r = [f(x[0], y[0]); CHUNK];
            for k in 1..CHUNK {
                r[k] = f(x[k], y[k]);
            }
            d.cast::<U>().add(i).cast::<[U; CHUNK]>().write_unaligned(r);
            i += CHUNK;
        }
        while i < n {
            let (x, y) = (a.cast::<T>().add(at(i, 1)).read_unaligned(), b.cast::<T>().add(at(i, 2)).read_unaligned());
            d.cast::<U>().add(i).write_unaligned(f(x, y));
            i += 1;
        }
    }
}

/// `d[i] = f(a[i], b[i], c[i])`; operands whose bit is set in `FORM` are scalars.
///
/// # Safety
/// As [`Body::run`].
#[inline(always)]
pub unsafe fn map3<S: Copy, T: Copy, U: Copy, const FORM: u8>(
    n: usize,
    d: *mut u8,
    a: *const u8,
    b: *const u8,
    c: *const u8,
    f: impl Fn(S, T, T) -> U,
) {
    let mut i = 0;
    let at = |i: usize, k: u8| if FORM & k != 0 { 0 } else { i };
    // SAFETY: every access lies below n.
    unsafe {
        while i + CHUNK <= n {
            let x: [S; CHUNK] = chunk(a, i, FORM & 1 != 0);
            let y: [T; CHUNK] = chunk(b, i, FORM & 2 != 0);
            let z: [T; CHUNK] = chunk(c, i, FORM & 4 != 0);
            let mut r = [f(x[0], y[0], z[0]); CHUNK];
            for k in 1..CHUNK {
                r[k] = f(x[k], y[k], z[k]);
            }
            d.cast::<U>().add(i).cast::<[U; CHUNK]>().write_unaligned(r);
            i += CHUNK;
        }
        while i < n {
            let x = a.cast::<S>().add(at(i, 1)).read_unaligned();
            let (y, z) = (b.cast::<T>().add(at(i, 2)).read_unaligned(), c.cast::<T>().add(at(i, 4)).read_unaligned());
            d.cast::<U>().add(i).write_unaligned(f(x, y, z));
            i += 1;
        }
    }
}

/// A function of one value.
pub trait F1<T, U> {
    /// Its value.
    fn f(x: T) -> U;
}

/// A function of two values.
pub trait F2<T, U> {
    /// Its value.
    fn f(x: T, y: T) -> U;
}

/// Bodies that map a function over a tile.
pub struct Map1<T, U, F>(std::marker::PhantomData<(T, U, F)>);
/// See [`Map1`].
pub struct Map2<T, U, F, const FORM: u8>(std::marker::PhantomData<(T, U, F)>);
/// The choice between two values; the condition is a byte.
pub struct Choose<T, const FORM: u8>(std::marker::PhantomData<T>);

impl<T: Copy, U: Copy, F: F1<T, U>> Body for Map1<T, U, F> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, _: u64) {
        // SAFETY: passed on.
        unsafe { map1::<T, U>(n, d, a, |x| F::f(x)) }
    }
}

impl<T: Copy, U: Copy, F: F2<T, U>, const FORM: u8> Body for Map2<T, U, F, FORM> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, _: *const u8, _: u64) {
        // SAFETY: passed on.
        unsafe { map2::<T, U, FORM>(n, d, a, b, |x, y| F::f(x, y)) }
    }
}

impl<T: Copy, const FORM: u8> Body for Choose<T, FORM> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, _: u64) {
        // SAFETY: passed on.
        unsafe { map3::<u8, T, T, FORM>(n, d, a, b, c, |m, x, y| if m != 0 { x } else { y }) }
    }
}

/// An operation without a kernel of its own: its meaning, an element at a time. The word is the operation's place in the table.
struct Slow<T, U>(std::marker::PhantomData<(T, U)>);

/// Values of a register, to and from the wide types of the meanings.
trait Wide: Copy {
    fn real(self) -> f64;
    fn of_real(v: f64) -> Self;
}

macro_rules! wide {
    ($($t:ty: $to:expr, $from:expr;)*) => {$(
        impl Wide for $t {
            #[inline(always)]
            fn real(self) -> f64 { $to(self) }
            #[inline(always)]
            fn of_real(v: f64) -> Self { $from(v) }
        }
    )*};
}

wide! {
    f32: |x| x as f64, |v| v as f32;
    f64: |x| x, |v| v;
    u8: |x| x as f64, |v| (v != 0.0) as u8;
}

impl<T: Wide, U: Wide> Body for Slow<T, U> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, b: *const u8, c: *const u8, imm: u64) {
        let op = Op::ALL[imm as usize];
        let (f, arity) = (meaning(op).real, op.info().arity);
        // SAFETY: operands that the operation has are valid for n elements.
        unsafe {
            for i in 0..n {
                let x = a.cast::<T>().add(i).read_unaligned().real();
                let y = if arity > 1 { b.cast::<T>().add(i).read_unaligned().real() } else { 0.0 };
                let z = if arity > 2 { c.cast::<T>().add(i).read_unaligned().real() } else { 0.0 };
                d.cast::<U>().add(i).write_unaligned(U::of_real(f([x, y, z])));
            }
        }
    }
}

/// Bytes that a value takes in a register: halves are held as f32, bool as a byte.
pub fn width(d: Dtype) -> usize {
    if d.is_half() { 4 } else { d.size() }
}

/// The dtype in which a register of dtype `d` computes.
pub fn storage(d: Dtype) -> Dtype {
    if d.is_half() { Dtype::F32 } else { d }
}

/// Whether the result of an operation on halves, computed in f32, may need rounding.
pub fn rounds(op: Op) -> bool {
    !matches!(
        op,
        Op::Negative
            | Op::Abs
            | Op::Sign
            | Op::Floor
            | Op::Ceil
            | Op::Rint
            | Op::Conjugate
            | Op::Real
            | Op::Imag
            | Op::Maximum
            | Op::Minimum
            | Op::Select
    )
}

/// The kernel of an operation on operands of dtype `d` (halves: in f32), those in `form` being scalars; `None` if there is none of this
/// form. There is always one of form 0.
pub fn apply(level: Level, op: Op, d: Dtype, form: u8) -> Option<Pick> {
    let d = storage(d);
    if op == Op::Select {
        return select(level, d, form);
    }
    if let Some(f) = if d == Dtype::F32 { f32s::pick(level, op, form) } else { None } {
        return Some(f.into());
    }
    if form != 0 {
        return None;
    }
    if d == Dtype::C64 {
        return Some(complex::pick(level, op));
    }
    if let Some(f) = number::pick(level, op, d) {
        return Some(f.into());
    }
    let imm = op as u64;
    let f: Fun = match (d, op.result_dtype(d)) {
        (Dtype::F32, Dtype::F32) => portable::<Slow<f32, f32>>,
        (Dtype::F32, _) => portable::<Slow<f32, u8>>,
        (_, Dtype::F64) => portable::<Slow<f64, f64>>,
        _ => portable::<Slow<f64, u8>>,
    };
    Some(Pick { f, imm })
}

fn select(level: Level, d: Dtype, form: u8) -> Option<Pick> {
    macro_rules! forms {
        ($t:ty; $($k:literal)*) => {
            match form {
                $($k => at::<Choose<$t, $k>>(level),)*
                _ => return None,
            }
        };
    }
    let f = match width(d) {
        1 => forms!(u8; 0),
        2 => forms!(u16; 0),
        4 => forms!(u32; 0 2 4 6),
        _ => forms!(u64; 0),
    };
    Some(f.into())
}

/// The kernel that accumulates a run of a row into lanes: of one register, or of what an operation or a pair (as [`pair`]) gives.
pub fn lanes(level: Level, op: ReduceOp, d: Dtype, last: Option<(Op, Option<Op>)>, form: u8) -> Option<Fun> {
    match (if storage(d) == Dtype::F32 { f32s::lanes(level, op, last, form) } else { None }, last) {
        (None, None) => Some(reduce::lanes(level, op, d)),
        (f, _) => f,
    }
}

/// The kernel by which a reduction combines two values.
pub fn combine(level: Level, op: ReduceOp, d: Dtype) -> Pick {
    let op = match op {
        ReduceOp::Sum => Op::Add,
        ReduceOp::Prod => Op::Multiply,
        ReduceOp::Min => Op::Minimum,
        ReduceOp::Max => Op::Maximum,
        ReduceOp::All => Op::LogicalAnd,
        ReduceOp::Any => Op::LogicalOr,
    };
    apply(level, op, d, 0).expect("every operation has a kernel on vectors")
}
