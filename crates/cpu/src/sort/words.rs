//! What is sorted: elements as unsigned words whose order is theirs, alone or with their index in the low bits.

use crate::order::Ordered;
use half::{bf16, f16};
use num_complex::Complex32;
use std::cell::RefCell;

/// An unsigned integer that rows are sorted as.
pub trait Word: Copy + Ord + Default + Send + Sync + 'static {
    /// Its bytes.
    const BYTES: usize;
    /// Byte `i` from the lowest.
    fn byte(self, i: usize) -> usize;
    /// How to sort such words by vectors, if this machine can.
    fn quicksort() -> Option<fn(&mut [Self])>;
    /// Runs `f` on two buffers that the thread keeps.
    fn buffers<R>(f: impl FnOnce(&mut Vec<Self>, &mut Vec<Self>) -> R) -> R;
}

macro_rules! words {
    ($($t:ty $(=> $lanes:ident)?;)*) => {$(
        impl Word for $t {
            const BYTES: usize = size_of::<$t>();
            #[allow(unreachable_code, reason = "some words have vectors on some machines")]
            fn quicksort() -> Option<fn(&mut [$t])> {
                $(#[cfg(target_arch = "x86_64")]
                return super::quick::sort::<super::quick::$lanes>();)?
                None
            }
            #[inline(always)]
            fn byte(self, i: usize) -> usize { (self >> (8 * i)) as usize & 255 }
            fn buffers<R>(f: impl FnOnce(&mut Vec<$t>, &mut Vec<$t>) -> R) -> R {
                thread_local! {
                    static BUFFERS: RefCell<(Vec<$t>, Vec<$t>)> = const { RefCell::new((Vec::new(), Vec::new())) };
                }
                BUFFERS.with_borrow_mut(|(a, b)| f(a, b))
            }
        }
    )*};
}
words!(u16; u32 => U32x16; u64 => U64x8; u128;);

/// What becomes of an element when its row is sorted.
pub trait Entry: Send + Sync + 'static {
    /// An element in memory.
    type Item: Copy + Send + Sync;
    /// As what it is sorted.
    type Word: Word;
    /// What is written.
    type Out: Copy + Send + Sync;
    /// Low bytes that tell equal elements apart and that need no sorting by a stable sort.
    const INDEX: usize;
    /// High bytes that are always zero.
    const EMPTY: usize;
    /// Whether they may be sorted by vectors: these hold words of 32 and 64 bits, and fewer bytes are sorted faster by radix.
    const VECTORS: bool = Self::EMPTY == 0 && Self::Word::BYTES >= 4 && Self::Word::BYTES <= 8;
    /// The element at index `i` as a word.
    fn enter(x: Self::Item, i: usize) -> Self::Word;
    /// The word as a result.
    fn leave(w: Self::Word) -> Self::Out;
}

/// Values alone: an order of all bit patterns but NaN's, which are last; -0 comes before 0.
pub struct Values<T>(std::marker::PhantomData<fn() -> T>);

/// Indices in the stable order of their elements.
pub struct Indices<T>(std::marker::PhantomData<fn() -> T>);

macro_rules! integers {
    ($($t:ty, $u:ty, $w:ty;)*) => {$(
        impl Entry for Values<$t> {
            type Item = $t;
            type Word = $w;
            type Out = $t;
            const INDEX: usize = 0;
            const EMPTY: usize = size_of::<$w>() - size_of::<$t>();
            #[inline(always)]
            fn enter(x: $t, _: usize) -> $w { (x ^ <$t>::MIN) as $u as $w }
            #[inline(always)]
            fn leave(w: $w) -> $t { w as $u as $t ^ <$t>::MIN }
        }
    )*};
}
integers! { u8, u8, u16; u16, u16, u16; u32, u32, u32; u64, u64, u64; i8, u8, u16; i16, u16, u16; i32, u32, u32; i64, u64, u64; }

macro_rules! floats {
    ($($t:ty, $u:ty, $i:ty;)*) => {$(
        impl Entry for Values<$t> {
            type Item = $t;
            type Word = $u;
            type Out = $t;
            const INDEX: usize = 0;
            const EMPTY: usize = 0;
            #[inline(always)]
            fn enter(x: $t, _: usize) -> $u {
                let bits = x.to_bits();
                // Negative numbers turn round, the others go above them.
                let flip = ((bits as $i) >> (<$i>::BITS - 1)) as $u | <$i>::MIN as $u;
                if x.is_nan() { <$u>::MAX } else { bits ^ flip }
            }
            #[inline(always)]
            fn leave(w: $u) -> $t {
                let flip = ((!w as $i) >> (<$i>::BITS - 1)) as $u | <$i>::MIN as $u;
                if w == <$u>::MAX { <$t>::NAN } else { <$t>::from_bits(w ^ flip) }
            }
        }
    )*};
}
floats! { f32, u32, i32; f64, u64, i64; f16, u16, i16; bf16, u16, i16; }

/// A key of [`Ordered`] as an unsigned number in the same order.
pub trait Key {
    /// Its bytes.
    const BYTES: usize;
    /// The number.
    fn number(self) -> u64;
}

macro_rules! keys {
    ($($i:ty, $u:ty;)*) => {$(
        impl Key for $i {
            const BYTES: usize = size_of::<$i>();
            #[inline(always)]
            fn number(self) -> u64 { (self ^ <$i>::MIN) as $u as u64 }
        }
    )*};
}
keys! { u8, u8; u16, u16; u32, u32; u64, u64; i8, u8; i16, u16; i32, u32; i64, u64; }

macro_rules! indices {
    ($($t:ty, $w:ty;)*) => {$(
        impl Entry for Indices<$t> {
            type Item = $t;
            type Word = $w;
            type Out = u32;
            const INDEX: usize = 4;
            const EMPTY: usize = size_of::<$w>() - 4 - <<$t as Ordered>::Key as Key>::BYTES;
            #[inline(always)]
            fn enter(x: $t, i: usize) -> $w { (x.up().number() as $w) << 32 | i as $w }
            #[inline(always)]
            fn leave(w: $w) -> u32 { w as u32 }
        }
    )*};
}
indices! {
    u8, u64; u16, u64; u32, u64; u64, u128; i8, u64; i16, u64; i32, u64; i64, u128; f16, u64; bf16, u64; f32, u64; f64, u128;
    Complex32, u128;
}
