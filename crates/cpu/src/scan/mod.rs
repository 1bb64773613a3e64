//! Running sums, products, extrema, logarithms of sums of exponentials and linear recurrences along an axis.
//!
//! The order is [`ScanOp`]'s: a tree of ladders over groups of 32. Where neighbouring rows lie side by side, and where rows are short, a lane
//! of a register is a row ([`abreast`]); else a row's groups are registers ([`along`]). A lone long row is cut into pieces of a fixed size, whose totals the threads
//! work out first. What moves elements is compiled for each kind of element, the arithmetic ([`joins`]) for each operation.

mod abreast;
mod along;
mod carry;
mod elements;
mod fold;
mod joins;
mod rows;

use crate::threads;
use crate::walk::{Walk, without};
use abreast::{Abreast, MOST};
use along::{Along, BLOCK, join};
use carry::Carry;
use elements::{Elements, Factored, Number};
use fold::{Linear, LogSum, Max, Min, Prod, Sum};
use joins::{GROUP, Join, Joins, LANES};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Dims, Strides, contiguous};
use lazulite_base::work::{ScanOp, View};
use lazulite_base::{Complex32, Dtype, Result, bf16, f16};
use rows::{Row, Shared};
use std::sync::{Arc, Mutex};

/// Elements of a piece of a lone row: a whole block of blocks.
const PIECE: usize = GROUP * BLOCK;
/// Neighbouring rows from which on they are scanned side by side if they lie so.
const FEW: usize = 4;
/// Elements up to which rows are scanned side by side however they lie: a ladder of their own would be for 32.
const SHORT: usize = GROUP;
/// About how many picoseconds a row takes beside its elements.
const ROW: usize = 20_000;

/// From which end, and whether an element is part of its own result.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Direction {
    pub reverse: bool,
    pub exclusive: bool,
}

/// The space of a scan, whatever it computes.
struct Geometry {
    /// Over x, the factors and the output.
    rows: Walk<3>,
    n: usize,
    step: [isize; 3],
    direction: Direction,
}

struct Scan<E: Elements> {
    space: Geometry,
    joins: Joins,
    /// The result of nothing.
    nothing: E::Item,
    /// About how many picoseconds an element takes.
    cost: usize,
}

/// About how many picoseconds an element takes.
fn cost(op: ScanOp) -> usize {
    match op {
        ScanOp::LogAddExp => 8000,
        ScanOp::Linear => 1200,
        _ => 300,
    }
}

/// The kernel; `None` for a dtype that the operation does not take.
pub fn kernel(x: &View, factors: Option<&View>, axis: usize, op: ScanOp, direction: Direction) -> Option<Arc<dyn Kernel>> {
    let out = contiguous(&x.dims);
    let strides = [&x.strides, factors.map_or(&x.strides, |f| &f.strides), &out];
    let [a, b, c]: [Strides; 3] = strides.map(|s| without(s, axis));
    let dims: Dims = without(&x.dims, axis);
    let space = Geometry { rows: Walk::new(&dims, [&a, &b, &c]), n: x.dims[axis], step: strides.map(|s| s[axis]), direction };
    // Pairs of a dtype's type and the one that is computed in.
    macro_rules! dtypes {
        ($join:ident, $nothing:ident; $($d:ident $t:ty, $w:ty);*) => {
            match x.dtype {
                $(Dtype::$d => Some(scan::<<$t as Number>::Elements, _>(space, $join::<$w>::joins(), <$t>::$nothing, op)),)*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        };
    }
    match op {
        ScanOp::Sum => dtypes!(Sum, ZERO; U8 u8, u8; U16 u16, u16; U32 u32, u32; U64 u64, u64; I8 i8, u8; I16 i16, u16; I32 i32, u32;
            I64 i64, u64; F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32),
        // Of truth values the product and the smallest are the same, and so are the largest of them and of their bytes.
        ScanOp::Prod if x.dtype == Dtype::Bool => dtypes!(Min, ONE; Bool bool, u8),
        ScanOp::Prod => dtypes!(Prod, ONE; U8 u8, u8; U16 u16, u16; U32 u32, u32; U64 u64, u64; I8 i8, u8; I16 i16, u16; I32 i32, u32;
            I64 i64, u64; F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32),
        ScanOp::Max => dtypes!(Max, LOWEST; Bool bool, u8; U8 u8, u8; U16 u16, u16; U32 u32, u32; U64 u64, u64; I8 i8, i8; I16 i16, i16;
            I32 i32, i32; I64 i64, i64; F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32),
        ScanOp::Min => dtypes!(Min, HIGHEST; Bool bool, u8; U8 u8, u8; U16 u16, u16; U32 u32, u32; U64 u64, u64; I8 i8, i8; I16 i16, i16;
            I32 i32, i32; I64 i64, i64; F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32),
        ScanOp::LogAddExp => dtypes!(LogSum, NO_LOG; F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32),
        ScanOp::Linear => {
            macro_rules! factored {
                ($($d:ident $t:ty, $w:ty);*) => {
                    match x.dtype {
                        $(Dtype::$d => {
                            Some(scan::<Factored<<$t as Number>::Elements>, _>(space, Linear::<$w>::joins(), <$t>::ZERO, op))
                        })*
                        _ => None,
                    }
                };
            }
            factored!(F16 f16, f32; BF16 bf16, f32; F32 f32, f32; F64 f64, f64; C64 Complex32, Complex32)
        }
    }
}

fn scan<E: Elements, T>(space: Geometry, joins: Joins, nothing: T, op: ScanOp) -> Arc<dyn Kernel> {
    const { assert!(size_of::<T>() == size_of::<E::Item>()) };
    // SAFETY: an item is a number's bits.
    let nothing = unsafe { std::mem::transmute_copy(&nothing) };
    Arc::new(Scan::<E> { space, joins, nothing, cost: cost(op) })
}

impl<E: Elements> Scan<E> {
    /// The row whose elements are offset by so much, in the order in which it is scanned, and how many elements are combined.
    ///
    /// # Safety
    /// The row lies in the operands at these addresses; it has an element.
    unsafe fn row(&self, [x, factors, out]: [usize; 3], offset: [isize; 3]) -> (Row<E::Item>, usize) {
        let space = &self.space;
        // SAFETY: the caller's promise.
        unsafe {
            let mut row = Row {
                x: (x as *const E::Item).offset(offset[0]),
                factors: (factors as *const E::Item).offset(offset[1]),
                out: (out as *mut E::Item).offset(offset[2]),
                step: space.step,
            };
            if space.direction.reverse {
                row = row.from(space.n - 1);
                row.step = row.step.map(|s| -s);
            }
            if !space.direction.exclusive {
                return (row, space.n);
            }
            *row.out = self.nothing;
            if space.n > 1 {
                row.out = row.out.offset(row.step[2]);
            }
            (row, space.n - 1)
        }
    }

    /// Calls `each` with the rows of a range.
    unsafe fn rows(&self, at: [usize; 3], range: std::ops::Range<usize>, mut each: impl FnMut(Row<E::Item>, usize)) {
        let step = self.space.rows.step();
        self.space.rows.runs(range, |_, offset, len| {
            for j in 0..len as isize {
                // SAFETY: the caller's promise: the row at these offsets lies there.
                let (row, n) = unsafe { self.row(at, std::array::from_fn(|k| offset[k] + j * step[k])) };
                each(row, n);
            }
        });
    }

    /// A lone row, its pieces by the threads.
    ///
    /// # Safety
    /// As for [`Along::row`].
    unsafe fn lone(&self, row: Row<E::Item>, n: usize) {
        let shared = Shared::new(row);
        let pieces = n.div_ceil(PIECE);
        let totals: Mutex<Vec<Option<E::State>>> = Mutex::new(vec![None; pieces - 1]);
        let piece = |i: usize| (i * PIECE, (n - i * PIECE).min(PIECE));
        threads::pieces(pieces - 1, PIECE * self.cost, |range| {
            let mut along = Along::<E>::new(&self.joins);
            for i in range {
                let (at, len) = piece(i);
                // SAFETY: the piece lies in the row.
                let total = unsafe { along.row(shared.get().from(at), len, None, false) };
                totals.lock().unwrap_or_else(|e| e.into_inner())[i] = total;
            }
        });
        let totals = totals.into_inner().unwrap_or_else(|e| e.into_inner());
        let mut carry = Carry::new();
        let mut before = vec![None];
        for total in totals.into_iter().flatten() {
            carry.push(total, |a, b| join(&self.joins, a, b));
            before.push(carry.before().copied());
        }
        threads::pieces(pieces, PIECE * self.cost, |range| {
            let mut along = Along::<E>::new(&self.joins);
            for i in range {
                let (at, len) = piece(i);
                // SAFETY: the piece lies in the row, and pieces write different results.
                unsafe { along.row(shared.get().from(at), len, before[i], true) };
            }
        });
    }
}

impl<E: Elements> Kernel for Scan<E> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let at = [args.inputs[0], *args.inputs.last().expect("there is an input"), args.outputs[0]];
        let (rows, n) = (self.space.rows.len(), self.space.n);
        if n == 0 || rows == 0 {
            return Ok(());
        }
        let beside = self.space.rows.step()[0].abs() == 1 && self.space.step[0].abs() != 1;
        if rows >= FEW && (beside || n <= SHORT) {
            threads::pieces(rows.div_ceil(LANES), n * LANES * self.cost, |range| {
                let mut abreast = Abreast::<E>::new(&self.joins);
                let mut list = Vec::with_capacity(MOST);
                let mut combined = n;
                // SAFETY: the rows have so many elements, and rows write different results.
                unsafe {
                    self.rows(at, range.start * LANES..(range.end * LANES).min(rows), |row, n| {
                        combined = n;
                        list.push(row);
                        if list.len() == MOST {
                            abreast.rows(&list, n);
                            list.clear();
                        }
                    });
                    if !list.is_empty() {
                        abreast.rows(&list, combined);
                    }
                }
            });
        } else if rows < threads::count() && n >= 4 * PIECE {
            // SAFETY: the row has `n` elements.
            unsafe { self.rows(at, 0..rows, |row, n| self.lone(row, n)) };
        } else {
            threads::pieces(rows, n * self.cost + ROW, |range| {
                let mut along = Along::<E>::new(&self.joins);
                // SAFETY: the row has `n` elements, and rows write different results.
                unsafe {
                    self.rows(at, range, |row, n| {
                        along.row(row, n, None, true);
                    })
                };
            });
        }
        Ok(())
    }
}
