//! How primitives are written: each one's name in files and its fields, declared by [`stored!`] beside it.

use super::bytes::broken;
pub use super::bytes::{Reader, Writer};
use crate::primitive::Prim;
use lazulite_base::error::{Error, Result};
use lazulite_base::format::Format;
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{Combine, Divisor, Fourier, Linalg, ScanOp, Window};
use lazulite_base::{Dtype, Op};
use smallvec::{Array as Room, SmallVec};
use std::any::{Any, TypeId};

/// What a file says of a primitive.
pub struct Entry {
    /// Its name in files. Never changes.
    pub name: &'static str,
    /// The struct.
    pub class: fn() -> TypeId,
    /// Writes the fields of the struct.
    pub write: fn(&dyn Any, &mut Writer),
    /// Reads them.
    pub read: fn(&mut Reader<'_>) -> Result<Prim>,
}

/// Every primitive that can be written.
#[linkme::distributed_slice]
pub static PRIMITIVES: [Entry];

/// Declares a primitive's name in files and its fields, which are [`Field`]s: `stored!("slice", Slice { 0 })`.
macro_rules! stored {
    ($name:literal, $class:ident { $($field:tt),* }) => {
        const _: () = {
            use $crate::export::stored::{Entry, PRIMITIVES};
            #[linkme::distributed_slice(PRIMITIVES)]
            static ENTRY: Entry = Entry {
                name: $name,
                class: ::std::any::TypeId::of::<$class>,
                write: |p, w| {
                    let p = p.downcast_ref::<$class>().expect("the class was looked up");
                    $($crate::export::stored::Field::write(&p.$field, w);)*
                    let _ = (p, w);
                },
                read: |r| {
                    let p = $class { $($field: $crate::export::stored::Field::read(r)?),* };
                    let _ = r;
                    Ok($crate::primitive::Prim::new(p))
                },
            };
        };
    };
}
pub(crate) use stored;

/// A part of a primitive's static data.
pub trait Field: Sized {
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self>;
}

macro_rules! words {
    ($($t:ty: $to:expr, $from:expr;)*) => {$(
        impl Field for $t {
            fn write(&self, w: &mut Writer) {
                let to: fn($t) -> u64 = $to;
                w.word(to(*self));
            }
            fn read(r: &mut Reader<'_>) -> Result<$t> {
                let from: fn(u64) -> Option<$t> = $from;
                from(r.word()?).ok_or_else(|| broken("a number is out of range"))
            }
        }
    )*};
}

words! {
    u64: |v| v, Some;
    u32: |v| v as u64, |v| v.try_into().ok();
    u8: |v| v as u64, |v| v.try_into().ok();
    usize: |v| v as u64, |v| v.try_into().ok();
    i64: |v| v as u64, |v| Some(v as i64);
    i32: |v| v as i64 as u64, |v| (v as i64).try_into().ok();
    isize: |v| v as i64 as u64, |v| (v as i64).try_into().ok();
    bool: |v| v as u64, |v| (v < 2).then_some(v == 1);
    f64: |v| v.to_bits(), |v| Some(f64::from_bits(v));
    f32: |v| v.to_bits() as u64, |v| v.try_into().ok().map(f32::from_bits);
}

/// Enums of a few values are numbers, in the order given here, which never changes.
macro_rules! stored_enum {
    ($t:ident { $($v:ident),* }) => {
        stored_enum!($t [$($t::$v),*]);
    };
    ($t:ident [$($v:expr),*]) => {
        impl $crate::export::stored::Field for $t {
            fn write(&self, w: &mut $crate::export::stored::Writer) {
                let all = [$($v),*];
                w.count(all.iter().position(|v| v == self).expect("every variant is listed"));
            }
            fn read(r: &mut $crate::export::stored::Reader<'_>) -> ::lazulite_base::Result<$t> {
                let n = r.size()?;
                [$($v),*].get(n).copied().ok_or_else(|| $crate::export::stored::unknown(stringify!($t), n))
            }
        }
    };
}

/// Structs are their fields.
macro_rules! stored_struct {
    ($t:ident { $($field:tt),* }) => {
        impl $crate::export::stored::Field for $t {
            fn write(&self, w: &mut $crate::export::stored::Writer) {
                $($crate::export::stored::Field::write(&self.$field, w);)*
            }
            fn read(r: &mut $crate::export::stored::Reader<'_>) -> ::lazulite_base::Result<$t> {
                Ok($t { $($field: $crate::export::stored::Field::read(r)?),* })
            }
        }
    };
}
pub(crate) use {stored_enum, stored_struct};

/// The error for a number that no variant has.
pub fn unknown(what: &str, n: usize) -> Error {
    broken(format!("there is no {what} with number {n}"))
}

stored_enum!(ReduceOp { Sum, Prod, Min, Max, All, Any });
stored_enum!(Combine { Set, Add, Prod, Max, Min });
stored_enum!(ScanOp { Sum, Prod, Max, Min, LogAddExp, Linear });
stored_enum!(Fourier { Forward, Inverse, FromReal, ToReal });
stored_enum!(Divisor { One, Root, Length });
stored_enum!(Linalg [
    Linalg::Cholesky,
    Linalg::Inverse,
    Linalg::PseudoInverse,
    Linalg::Solve,
    Linalg::SolveTriangular { upper: false },
    Linalg::SolveTriangular { upper: true },
    Linalg::Lu,
    Linalg::Qr,
    Linalg::Svd { vectors: false },
    Linalg::Svd { vectors: true },
    Linalg::Eigh { lower: false, vectors: false },
    Linalg::Eigh { lower: false, vectors: true },
    Linalg::Eigh { lower: true, vectors: false },
    Linalg::Eigh { lower: true, vectors: true },
    Linalg::Eig { vectors: false },
    Linalg::Eig { vectors: true }
]);
stored_struct!(Window { out, stride, dilation, spread, low });

/// Bits and group, which are 0 for the formats of floats, and which of these.
impl Field for Format {
    fn write(&self, w: &mut Writer) {
        let affine = if let Format::Affine { bits, group } = *self { (bits, group) } else { (0, 0) };
        affine.write(w);
        w.text(self.name());
    }
    fn read(r: &mut Reader<'_>) -> Result<Format> {
        let (bits, group) = Field::read(r)?;
        let name = r.text()?;
        match name.as_str() {
            "affine" if matches!(bits, 1..=6 | 8) && matches!(group, 32 | 64 | 128) => Ok(Format::Affine { bits, group }),
            "mxfp4" => Ok(Format::Mxfp4),
            "mxfp8" => Ok(Format::Mxfp8),
            "nvfp4" => Ok(Format::Nvfp4),
            _ => Err(broken(format!("there is no quantized format {name} of {bits} bits in groups of {group}"))),
        }
    }
}

impl Field for Dtype {
    fn write(&self, w: &mut Writer) {
        w.text(self.name());
    }
    fn read(r: &mut Reader<'_>) -> Result<Dtype> {
        r.dtype()
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, w: &mut Writer) {
        self.is_some().write(w);
        self.iter().for_each(|v| v.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<Option<T>> {
        Ok(if bool::read(r)? { Some(T::read(r)?) } else { None })
    }
}

impl<T: Field> Field for Vec<T> {
    fn write(&self, w: &mut Writer) {
        w.count(self.len());
        self.iter().for_each(|v| v.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<Vec<T>> {
        r.list(T::read)
    }
}

impl<A: Room<Item: Field>> Field for SmallVec<A> {
    fn write(&self, w: &mut Writer) {
        w.count(self.len());
        self.iter().for_each(|v| v.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<SmallVec<A>> {
        r.list(<A::Item as Field>::read)
    }
}

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    fn write(&self, w: &mut Writer) {
        self.iter().for_each(|v| v.write(w));
    }
    fn read(r: &mut Reader<'_>) -> Result<[T; N]> {
        let mut out = [T::default(); N];
        for v in &mut out {
            *v = T::read(r)?;
        }
        Ok(out)
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn write(&self, w: &mut Writer) {
        self.0.write(w);
        self.1.write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<(A, B)> {
        Ok((A::read(r)?, B::read(r)?))
    }
}

/// Rows of the elementwise table stand under this before their name.
const ROW: &str = "elementwise.";

/// Whether a primitive can be written.
pub fn known(prim: &Prim) -> bool {
    match prim {
        Prim::Leaf | Prim::Output(_) => false,
        Prim::Elementwise(_) => true,
        Prim::Other(p) => entry(&**p).is_some(),
    }
}

fn entry(p: &dyn Any) -> Option<&'static Entry> {
    PRIMITIVES.iter().find(|e| (e.class)() == p.type_id())
}

/// Writes a primitive that is [`known`].
pub fn write(prim: &Prim, w: &mut Writer) {
    match prim {
        Prim::Leaf | Prim::Output(_) => unreachable!("it is no instruction"),
        Prim::Elementwise(op) => w.text(&format!("{ROW}{}", op.name())),
        Prim::Other(p) => {
            let e = entry(&**p).expect("checked when it was traced");
            w.text(e.name);
            (e.write)(&**p, w);
        }
    }
}

/// Reads a primitive.
pub fn read(r: &mut Reader<'_>) -> Result<Prim> {
    let name = r.text()?;
    let unknown = || broken(format!("there is no primitive `{name}`"));
    match name.strip_prefix(ROW) {
        Some(row) => Op::ALL.iter().find(|op| op.name() == row).map(|&op| Prim::Elementwise(op)).ok_or_else(unknown),
        None => (PRIMITIVES.iter().find(|e| e.name == name).ok_or_else(unknown)?.read)(r),
    }
}
