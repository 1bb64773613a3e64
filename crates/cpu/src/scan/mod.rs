//! Running sums, products, extrema, logarithms of sums of exponentials and linear recurrences along an axis.
//!
//! The order is [`ScanOp`]'s: groups of 32 elements in a ladder, sixteen groups side by side in a tile. The groups of a tile are those of
//! sixteen rows, or, where a row is contiguous and long, its next sixteen. A lone long row is cut into pieces of a fixed size, whose totals
//! the threads work out first.

mod fold;
mod ladder;

use crate::threads;
use crate::walk::{Walk, without};
use fold::{Fold, Join, LANES, Linear, LogSum, Max, Min, Prod, State, Sum};
use ladder::{Carry, GROUP, Tile, follow, ladder};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Dims, Strides, contiguous};
use lazulite_base::work::{ScanOp, View};
use lazulite_base::{Complex32, Dtype, Result, bf16, f16};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

/// Rows of at least so many contiguous elements are scanned one by one.
const LONG: usize = 256;
/// Elements of a piece of a lone row: whole blocks of [`LEVELS`] levels.
const PIECE: usize = GROUP * GROUP * GROUP;
const LEVELS: usize = 2;
/// Tiles of neighbouring rows whose groups are taken in turn: what is read together lies together.
const ABREAST: usize = 8;

/// From which end, and whether an element is part of its own result.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Direction {
    pub reverse: bool,
    pub exclusive: bool,
}

/// Where the elements of one row lie: x, the factors and the output, with their steps in elements.
struct Row<T> {
    x: *const T,
    factors: *const T,
    out: *mut T,
    step: [isize; 3],
}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Row<T> {}

impl<T> Row<T> {
    /// The row from element `i` on.
    ///
    /// # Safety
    /// The row has that element.
    #[inline(always)]
    unsafe fn from(self, i: usize) -> Self {
        let i = i as isize;
        // SAFETY: the caller's promise.
        unsafe {
            Row {
                x: self.x.offset(i * self.step[0]),
                factors: self.factors.offset(i * self.step[1]),
                out: self.out.offset(i * self.step[2]),
                ..self
            }
        }
    }
}

/// Element `i` of a row as a state.
///
/// # Safety
/// The row has it.
#[inline(always)]
unsafe fn enter<F: Fold>(row: &Row<F::Item>, i: usize) -> State<F> {
    let i = i as isize;
    // SAFETY: the caller's promise.
    unsafe {
        let x = *row.x.offset(i * row.step[0]);
        F::enter(x, if F::FACTORS { *row.factors.offset(i * row.step[1]) } else { x })
    }
}

/// Scans `n` elements of a row, group by group; unless `write`, only to know what comes after them.
///
/// # Safety
/// The row has `n` elements.
unsafe fn along<F: Fold>(row: Row<F::Item>, n: usize, carry: &mut Carry<State<F>>, write: bool) {
    for start in (0..n).step_by(GROUP * LANES) {
        let len = (n - start).min(GROUP * LANES);
        // SAFETY: the caller's promise: the row has `n` elements.
        let row = unsafe { row.from(start) };
        // SAFETY: as above; a tile that is not full repeats the first element.
        let mut v: Tile<State<F>> = [[unsafe { enter::<F>(&row, 0) }; LANES]; GROUP];
        if len == GROUP * LANES {
            for l in 0..LANES {
                for (i, v) in v.iter_mut().enumerate() {
                    // SAFETY: as above.
                    v[l] = unsafe { enter::<F>(&row, l * GROUP + i) };
                }
            }
        } else {
            for i in 0..len {
                // SAFETY: as above.
                v[i % GROUP][i / GROUP] = unsafe { enter::<F>(&row, i) };
            }
        }
        ladder::<F::Join>(&mut v, GROUP);
        let (first, groups) = (carry.before().is_none(), len.div_ceil(GROUP));
        let totals = v[GROUP - 1];
        let mut before = totals;
        for l in 0..groups {
            if let Some(&b) = carry.before() {
                before[l] = b;
            }
            if start + (l + 1) * GROUP < n || !write {
                carry.push(totals[l], |a, b| F::Join::join(*a, *b));
            }
        }
        if !write {
            continue;
        }
        let alone: [State<F>; GROUP] = std::array::from_fn(|i| v[i][0]);
        follow::<F::Join>(&before, &mut v, GROUP);
        if first {
            v.iter_mut().zip(alone).for_each(|(v, a)| v[0] = a);
        }
        for i in 0..len {
            // SAFETY: as above.
            unsafe { *row.out.offset(i as isize * row.step[2]) = F::leave(v[i % GROUP][i / GROUP]) };
        }
    }
}

/// Scans the `n` elements of each row.
///
/// # Safety
/// The rows have `n` elements.
unsafe fn abreast<F: Fold>(rows: &[Row<F::Item>], n: usize, carries: &mut Vec<Carry<[State<F>; LANES]>>) {
    carries.clear();
    carries.resize_with(rows.len().div_ceil(LANES), || Carry::new(None));
    let step = rows[0].step;
    for start in (0..n).step_by(GROUP) {
        let m = (n - start).min(GROUP);
        for (rows, carry) in rows.chunks(LANES).zip(carries.iter_mut()) {
            let lanes: [Row<F::Item>; LANES] = std::array::from_fn(|l| rows[if l < rows.len() { l } else { 0 }]);
            // SAFETY: the caller's promise: the rows have `n` elements.
            let lanes = lanes.map(|row| unsafe { row.from(start) });
            // SAFETY: as above.
            let mut v: Tile<State<F>> = [[unsafe { enter::<F>(&lanes[0], 0) }; LANES]; GROUP];
            let size = size_of::<F::Item>();
            let beside = (1..rows.len()).all(|l| lanes[l].x as usize == lanes[0].x as usize + l * size);
            let beside = beside && !F::FACTORS && rows.len() == LANES;
            if beside {
                for (i, v) in v.iter_mut().enumerate().take(m) {
                    // SAFETY: as above; the lanes' elements lie side by side.
                    let x = unsafe { lanes[0].x.offset(i as isize * step[0]).cast::<[F::Item; LANES]>().read_unaligned() };
                    *v = x.map(|x| F::enter(x, x));
                }
            } else if step[0].abs() == 1 {
                for (l, row) in lanes.iter().enumerate() {
                    for (i, v) in v.iter_mut().enumerate().take(m) {
                        // SAFETY: as above.
                        v[l] = unsafe { enter::<F>(row, i) };
                    }
                }
            } else {
                for (i, v) in v.iter_mut().enumerate().take(m) {
                    for (l, row) in lanes.iter().enumerate() {
                        // SAFETY: as above.
                        v[l] = unsafe { enter::<F>(row, i) };
                    }
                }
            }
            ladder::<F::Join>(&mut v, m);
            let total = v[m - 1];
            if let Some(before) = carry.before() {
                follow::<F::Join>(before, &mut v, m);
            }
            if start + GROUP < n {
                carry.push(total, F::Join::join_all);
            }
            let written = (1..rows.len()).all(|l| lanes[l].out as usize == lanes[0].out as usize + l * size);
            if written && rows.len() == LANES {
                for (i, v) in v.iter().enumerate().take(m) {
                    // SAFETY: as above; the lanes' results lie side by side.
                    unsafe { lanes[0].out.offset(i as isize * step[2]).cast::<[F::Item; LANES]>().write_unaligned(v.map(F::leave)) };
                }
            } else if step[2].abs() == 1 {
                for (l, row) in lanes.iter().enumerate().take(rows.len()) {
                    for (i, v) in v.iter().enumerate().take(m) {
                        // SAFETY: as above.
                        unsafe { *row.out.offset(i as isize * step[2]) = F::leave(v[l]) };
                    }
                }
            } else {
                for (i, v) in v.iter().enumerate().take(m) {
                    for (l, row) in lanes.iter().enumerate().take(rows.len()) {
                        // SAFETY: as above.
                        unsafe { *row.out.offset(i as isize * step[2]) = F::leave(v[l]) };
                    }
                }
            }
        }
    }
}

struct Scan<F> {
    /// Over x, the factors and the output.
    rows: Walk<3>,
    n: usize,
    step: [isize; 3],
    direction: Direction,
    of: PhantomData<fn() -> F>,
}

/// The kernel; `None` for a dtype that the operation does not take.
pub fn kernel(x: &View, factors: Option<&View>, axis: usize, op: ScanOp, direction: Direction) -> Option<Arc<dyn Kernel>> {
    let out = contiguous(&x.dims);
    let strides = [&x.strides, factors.map_or(&x.strides, |f| &f.strides), &out];
    let [a, b, c]: [Strides; 3] = strides.map(|s| without(s, axis));
    let dims: Dims = without(&x.dims, axis);
    let geometry = Geometry { rows: Walk::new(&dims, [&a, &b, &c]), n: x.dims[axis], step: strides.map(|s| s[axis]), direction };
    macro_rules! dtypes {
        ($($d:ident $t:ty),*; $fold:ident) => {
            match x.dtype {
                $(Dtype::$d => Some(geometry.kernel::<$fold<$t>>()),)*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        };
    }
    match op {
        ScanOp::Sum => dtypes!(U8 u8, U16 u16, U32 u32, U64 u64, I8 u8, I16 u16, I32 u32, I64 u64, F16 f16, BF16 bf16, F32 f32, F64 f64,
            C64 Complex32; Sum),
        ScanOp::Prod => dtypes!(Bool bool, U8 u8, U16 u16, U32 u32, U64 u64, I8 u8, I16 u16, I32 u32, I64 u64, F16 f16, BF16 bf16,
            F32 f32, F64 f64, C64 Complex32; Prod),
        ScanOp::Max => dtypes!(Bool bool, U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64, F16 f16, BF16 bf16,
            F32 f32, F64 f64, C64 Complex32; Max),
        ScanOp::Min => dtypes!(Bool bool, U8 u8, U16 u16, U32 u32, U64 u64, I8 i8, I16 i16, I32 i32, I64 i64, F16 f16, BF16 bf16,
            F32 f32, F64 f64, C64 Complex32; Min),
        ScanOp::LogAddExp => dtypes!(F16 f16, BF16 bf16, F32 f32, F64 f64, C64 Complex32; LogSum),
        ScanOp::Linear => dtypes!(F16 f16, BF16 bf16, F32 f32, F64 f64, C64 Complex32; Linear),
    }
}

/// The space of a scan, whatever it computes.
struct Geometry {
    rows: Walk<3>,
    n: usize,
    step: [isize; 3],
    direction: Direction,
}

impl Geometry {
    fn kernel<F: Fold>(self) -> Arc<dyn Kernel> {
        Arc::new(Scan::<F> { rows: self.rows, n: self.n, step: self.step, direction: self.direction, of: PhantomData })
    }
}

impl<F: Fold> Scan<F> {
    /// The row whose elements are offset by so much, in the order in which it is scanned, and how many elements are combined.
    ///
    /// # Safety
    /// The row lies in the operands at these addresses; it has an element.
    unsafe fn row(&self, x: usize, factors: usize, out: usize, offset: [isize; 3]) -> (Row<F::Item>, usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut row = Row {
                x: (x as *const F::Item).offset(offset[0]),
                factors: (factors as *const F::Item).offset(offset[1]),
                out: (out as *mut F::Item).offset(offset[2]),
                step: self.step,
            };
            if self.direction.reverse {
                row = row.from(self.n - 1);
                row.step = row.step.map(|s| -s);
            }
            if !self.direction.exclusive {
                return (row, self.n);
            }
            *row.out = F::nothing();
            if self.n > 1 {
                row.out = row.out.offset(row.step[2]);
            }
            (row, self.n - 1)
        }
    }

    /// A lone row, its pieces by the threads.
    ///
    /// # Safety
    /// As for [`along`].
    unsafe fn lone(&self, row: Row<F::Item>, n: usize) {
        let shared = Shared(row);
        let pieces = n.div_ceil(PIECE);
        let totals: Mutex<Vec<Option<State<F>>>> = Mutex::new(vec![None; pieces - 1]);
        let piece = |i: usize| (i * PIECE, (n - i * PIECE).min(PIECE));
        threads::pieces(pieces - 1, PIECE * F::COST, |range| {
            for i in range {
                let (at, len) = piece(i);
                let mut carry = Carry::new(None);
                // SAFETY: the piece lies in the row.
                unsafe { along::<F>(shared.get().from(at), len, &mut carry, false) };
                totals.lock().unwrap_or_else(|e| e.into_inner())[i] = carry.before().copied();
            }
        });
        let totals = totals.into_inner().unwrap_or_else(|e| e.into_inner());
        let mut carry = Carry::new(None);
        let mut before = vec![None];
        for total in totals.into_iter().flatten() {
            carry.push(total, |a, b| F::Join::join(*a, *b));
            before.push(carry.before().copied());
        }
        threads::pieces(pieces, PIECE * F::COST, |range| {
            for i in range {
                let (at, len) = piece(i);
                // SAFETY: the piece lies in the row, and pieces write different results.
                unsafe { along::<F>(shared.get().from(at), len, &mut Carry::new(before[i].map(|b| (b, LEVELS))), true) };
            }
        });
    }
}

/// A row that threads share.
struct Shared<T>(Row<T>);

// SAFETY: threads read different pieces, or write them.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> Row<T> {
        self.0
    }
}

impl<F: Fold> Kernel for Scan<F> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, factors, out) = (args.inputs[0], *args.inputs.last().expect("there is an input"), args.outputs[0]);
        let (rows, n) = (self.rows.len(), self.n);
        if n == 0 || rows == 0 {
            return Ok(());
        }
        let step = self.rows.step();
        // SAFETY: the row at these offsets lies there.
        let row = |offset| unsafe { self.row(x, factors, out, offset) };
        let alone = self.step[0].abs() == 1 && n >= LONG && (step[0].abs() != 1 || rows == 1);
        if alone && rows < threads::count() && n >= 4 * PIECE {
            self.rows.runs(0..rows, |_, offset, len| {
                for j in 0..len as isize {
                    let (row, n) = row(std::array::from_fn(|k| offset[k] + j * step[k]));
                    // SAFETY: the row has `n` elements.
                    unsafe { self.lone(row, n) };
                }
            });
            return Ok(());
        }
        if alone {
            threads::pieces(rows, n * F::COST, |range| {
                self.rows.runs(range, |_, offset, len| {
                    for j in 0..len as isize {
                        let (row, n) = row(std::array::from_fn(|k| offset[k] + j * step[k]));
                        // SAFETY: the row has `n` elements, and rows write different results.
                        unsafe { along::<F>(row, n, &mut Carry::new(None), true) };
                    }
                });
            });
            return Ok(());
        }
        let most = LANES * ABREAST;
        threads::pieces(rows.div_ceil(LANES), n * LANES * F::COST, |range| {
            let (mut list, mut carries) = (Vec::with_capacity(most), Vec::new());
            let mut combined = n;
            // SAFETY: the rows have so many elements, and rows write different results.
            let mut flush = |list: &mut Vec<Row<F::Item>>, combined| unsafe {
                abreast::<F>(list, combined, &mut carries);
                list.clear();
            };
            self.rows.runs(range.start * LANES..(range.end * LANES).min(rows), |_, offset, len| {
                for j in 0..len as isize {
                    let (row, n) = row(std::array::from_fn(|k| offset[k] + j * step[k]));
                    combined = n;
                    list.push(row);
                    if list.len() == most {
                        flush(&mut list, combined);
                    }
                }
            });
            if !list.is_empty() {
                flush(&mut list, combined);
            }
        });
        Ok(())
    }
}
