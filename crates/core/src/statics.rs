//! `Static`: values in a tree that are no arrays, and part of its signature.

use lazulite_base::key::KeyHasher;
use lazulite_base::{Dtype, Format};

/// A value that a tree holds beside its arrays: a size, a rate, a mode, a function. Marked `#[module(static)]` (or `#[tree(static)]`) in
/// a derived struct or enum, it is part of the tree's signature: `compile` traces again when it changes.
///
/// Implemented for numbers, `bool`, `char`, text, [`Dtype`], function pointers over arrays, and options, lists and tuples of these;
/// derive it for structs and enums of your own.
///
/// ```
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Copy, Static)]
/// enum Mode { Fast, Exact { digits: u32 } }
///
/// #[derive(Clone, Tree)]
/// struct Scaled {
///     x: Array,
///     #[tree(static)]
///     mode: Mode,
/// }
///
/// let double = |s: &Scaled| match s.mode {
///     Mode::Fast => &s.x * 2.0,
///     Mode::Exact { digits } => (&s.x * 2.0).round(digits as i32),
/// };
/// let f = compile(double);
/// let x = array![0.26];
/// assert_eq!(f(&Scaled { x: x.clone(), mode: Mode::Fast }).to_vec::<f32>().unwrap(), [0.52]);
/// assert_eq!(f(&Scaled { x, mode: Mode::Exact { digits: 1 } }).to_vec::<f32>().unwrap(), [0.5]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a static field",
    label = "neither arrays nor a static value",
    note = "static fields are numbers, bool, text, function pointers, options and lists of these; derive `Static` for a type of your own"
)]
pub trait Static: Clone {
    /// Feeds the value into a key: different values, different words.
    fn feed(&self, key: &mut KeyHasher);
}

macro_rules! words {
    ($($t:ty: $x:ident => $word:expr;)*) => {$(
        impl Static for $t {
            fn feed(&self, key: &mut KeyHasher) {
                let $x = *self;
                key.word($word);
            }
        }
    )*};
}

words! {
    bool: x => x as u64;
    char: x => x as u64;
    u8: x => x as u64;
    u16: x => x as u64;
    u32: x => x as u64;
    u64: x => x;
    usize: x => x as u64;
    i8: x => x as u64;
    i16: x => x as u64;
    i32: x => x as u64;
    i64: x => x as u64;
    isize: x => x as u64;
    f32: x => x.to_bits() as u64;
    f64: x => x.to_bits();
    Dtype: x => x as u64;
    (): _x => 0;
}

impl Static for Format {
    fn feed(&self, key: &mut KeyHasher) {
        key.text(self.name());
        (self.bits(), self.group()).feed(key);
    }
}

impl Static for &'static str {
    fn feed(&self, key: &mut KeyHasher) {
        key.text(self);
    }
}

impl Static for String {
    fn feed(&self, key: &mut KeyHasher) {
        key.text(self);
    }
}

impl<T: Static> Static for Option<T> {
    fn feed(&self, key: &mut KeyHasher) {
        key.word(self.is_some() as u64);
        self.iter().for_each(|t| t.feed(key));
    }
}

impl<T: Static> Static for Vec<T> {
    fn feed(&self, key: &mut KeyHasher) {
        key.word(self.len() as u64);
        self.iter().for_each(|t| t.feed(key));
    }
}

impl<T: Static, const N: usize> Static for [T; N] {
    fn feed(&self, key: &mut KeyHasher) {
        self.iter().for_each(|t| t.feed(key));
    }
}

macro_rules! tuples {
    ($($($t:ident $i:tt),*;)*) => {$(
        impl<$($t: Static),*> Static for ($($t,)*) {
            fn feed(&self, key: &mut KeyHasher) {
                $(self.$i.feed(key);)*
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}

/// A function's address stands for what it does.
macro_rules! functions {
    ($(($($a:ident),*);)*) => {$(
        impl<$($a: ?Sized,)* R> Static for for<'a> fn($(&'a $a),*) -> R {
            fn feed(&self, key: &mut KeyHasher) {
                key.word(*self as usize as u64);
            }
        }
    )*};
}

functions! {
    (A);
    (A, B);
}
