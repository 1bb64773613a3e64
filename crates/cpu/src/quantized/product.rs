//! Products with quantized numbers.
//!
//! Few rows of x stream through the words once ([`super::lines`]). Many rows are a product like any other ([`crate::matmul`]), whose right
//! operand becomes numbers a block at a time, when it is packed. Items of a batch that meet the same numbers are one product. Which way is
//! taken depends on the dtype and the number of such rows.

use super::codes::with_codes;
use super::decode::{Expanded, expand, factor, widen};
use super::encode::Number;
use super::lines::{self, Axpys, CHUNK, Dots, ROWS};
use crate::dtypes::with_type;
use crate::matmul::grouped::{Row, by_right, picks, rows_product};
use crate::matmul::pack::{Kind, pack_numbers};
use crate::matmul::right::Right;
use crate::matmul::scratch::{Pieces, Shared};
use crate::matmul::tile::Tiles;
use crate::matmul::{BLOCK, Layout};
use crate::simd::at_best;
use crate::threads;
use crate::walk::Walk;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::View;
use lazulite_base::{Dtype, Error, ErrorKind, Format, Result};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Rows of x up to which words are streamed, where they run along the sums, and where they run across them.
const FEW: [usize; 2] = [64, 512];
/// Columns, where words run along them, that a task makes.
const STRIPE: usize = 1024;
/// Rows of words, where they run across the sums, whose scales are read at once.
const DEEP: usize = 32;

/// How a matrix of quantized numbers lies.
#[derive(Clone, Copy)]
struct Packed {
    format: Format,
    scales: Dtype,
    transpose: bool,
    /// From row to row: words, scales, biases.
    lines: [isize; 3],
}

/// Where one lies.
#[derive(Clone, Copy)]
struct Place {
    words: *const u32,
    /// Address and element of the first scale.
    scales: (usize, isize),
    /// The same of the biases, if there are any.
    biases: Option<(usize, isize)>,
}

// SAFETY: it is only read.
unsafe impl Send for Place {}
// SAFETY: see above.
unsafe impl Sync for Place {}

impl Packed {
    /// The words of row `i`.
    fn row(&self, at: Place, i: usize) -> *const u8 {
        at.words.wrapping_offset(i as isize * self.lines[0]).cast()
    }

    /// Scales and, if there are any, biases of row `i` from group `g` on.
    ///
    /// # Safety
    /// They lie there.
    unsafe fn parameters<E: Expanded>(&self, at: Place, i: usize, g: usize, scales: &mut [E], biases: &mut [E]) {
        let from = |(address, first): (usize, isize), line: isize| (address, first + i as isize * line + g as isize);
        // SAFETY: the caller's promise.
        unsafe {
            let (address, first) = from(at.scales, self.lines[1]);
            widen(self.format, self.scales, address, first, factor(self.format), scales);
            if let Some(b) = at.biases {
                let (address, first) = from(b, self.lines[2]);
                widen(self.format, self.scales, address, first, 1.0, biases);
            }
        }
    }
}

impl<K: Kind> Right<K> for Packed
where
    K::E: Expanded,
{
    type At = Place;

    fn layout(&self) -> Option<Layout> {
        None
    }

    fn first(&self, _: Place) -> *const K {
        unreachable!("quantized numbers lie nowhere")
    }

    unsafe fn pack(&self, tiles: &Tiles<K::E>, at: Place, columns: Range<usize>, steps: Range<usize>, to: *mut K::E, width: usize) {
        let (group, zero) = (self.format.group(), K::E::default());
        let (mut scales, mut biases) = ([zero; BLOCK / 16], [zero; BLOCK / 16]);
        // SAFETY: the caller's promise.
        unsafe {
            if !self.transpose {
                let first = columns.start / group;
                let groups = (columns.end - 1) / group + 1 - first;
                for (p, i) in steps.enumerate() {
                    self.parameters(at, i, first, &mut scales[..groups], &mut biases[..groups]);
                    let of = |list: &[K::E]| list.as_ptr().wrapping_sub(first);
                    let bias = if at.biases.is_some() { of(&biases) } else { std::ptr::null() };
                    expand(self.format, self.row(at, i), columns.start, columns.len(), of(&scales), bias, to.add(p * width));
                }
                return;
            }
            let first = steps.start / group;
            let groups = (steps.end - 1) / group + 1 - first;
            let lanes = 2 * tiles.lanes;
            let mut numbers = [zero; 32 * BLOCK];
            for j in columns.clone().step_by(lanes) {
                let some = (columns.end - j).min(lanes);
                for i in 0..some {
                    self.parameters(at, j + i, first, &mut scales[..groups], &mut biases[..groups]);
                    let of = |list: &[K::E]| list.as_ptr().wrapping_sub(first);
                    let bias = if at.biases.is_some() { of(&biases) } else { std::ptr::null() };
                    let out = numbers.as_mut_ptr().add(i * BLOCK);
                    expand(self.format, self.row(at, j + i), steps.start, steps.len(), of(&scales), bias, out);
                }
                let to = to.add(j - columns.start);
                pack_numbers(tiles, numbers.as_ptr(), BLOCK as isize, some, steps.len(), to, width);
            }
        }
    }
}

struct Product<K: Kind> {
    packed: Packed,
    /// Rows of x and the output in an item, columns, and the length of the sums.
    sizes: [usize; 3],
    x: Layout,
    /// The items: x, words, scales, biases.
    items: Walk<4>,
    gather: Option<Gather>,
    affine: bool,
    of: PhantomData<fn() -> K>,
}

/// How index arrays pick the items' operands: how many there are of each, and how far apart they lie.
struct Gather {
    views: [View; 2],
    counts: [usize; 2],
    steps: [isize; 4],
}

/// The kernel; `None` where rows of words or scales are not contiguous.
pub fn kernel(
    x: &View,
    words: &View,
    scales: &View,
    biases: Option<&View>,
    format: Format,
    transpose: bool,
    gather: Option<&[View; 2]>,
) -> Option<Arc<dyn Kernel>> {
    with_type!(x.dtype, T: float => Product::<T>::kernel(x, words, scales, biases, format, transpose, gather), else => None)
}

impl<K: Kind> Product<K>
where
    K::E: Expanded,
    K: Number,
{
    fn kernel(
        x: &View,
        words: &View,
        scales: &View,
        biases: Option<&View>,
        format: Format,
        transpose: bool,
        gather: Option<&[View; 2]>,
    ) -> Option<Arc<dyn Kernel>> {
        let all = [x, words, scales, biases.unwrap_or(scales)];
        let lead = x.dims.len() - 2;
        if all[1..].iter().any(|v| v.dims[lead + 1] > 1 && v.strides[lead + 1] != 1) {
            return None;
        }
        let (rows, width) = (words.dims[lead], format.numbers(words.dims[lead + 1]));
        let [n, k] = if transpose { [rows, width] } else { [width, rows] };
        let [_, lines @ ..] = all.map(|v| v.strides[lead]);
        let (items, gather) = match gather {
            None => (Walk::new(&x.dims[..lead], all.map(|v| &v.strides[..lead])), None),
            Some(views) => {
                let g = Gather { views: views.clone(), counts: [x.dims[0], words.dims[0]], steps: all.map(|v| v.strides[0]) };
                (Walk::new(&[], [&[]; 4]), Some(g))
            }
        };
        Some(Arc::new(Product::<K> {
            packed: Packed { format, scales: scales.dtype, transpose, lines },
            sizes: [x.dims[lead], n, k],
            x: Layout { line: x.strides[lead], step: x.strides[lead + 1] },
            items,
            gather,
            affine: biases.is_some(),
            of: PhantomData,
        }))
    }

    /// The items' offsets.
    ///
    /// # Safety
    /// The index arrays lie at their addresses.
    unsafe fn offsets(&self, args: &Args<'_>) -> Vec<[isize; 4]> {
        let mut list = Vec::new();
        match &self.gather {
            None => {
                let step = self.items.step();
                self.items.runs(0..self.items.len(), |_, first, len| {
                    list.extend((0..len as isize).map(|j| std::array::from_fn(|o| first[o] + j * step[o])));
                });
            }
            Some(g) => {
                let count = g.views[0].dims.iter().product();
                let first = 3 + self.affine as usize;
                // SAFETY: the caller's promise.
                let [left, right] = [0, 1].map(|i| unsafe { picks(&g.views[i], g.counts[i], args.inputs[first + i], count) });
                let s = g.steps;
                list.extend(left.into_iter().zip(right).map(|(l, r)| [l * s[0], r * s[1], r * s[2], r * s[3]]));
            }
        }
        list
    }

    /// A few rows against the numbers at `at`.
    ///
    /// # Safety
    /// As for [`rows_product`].
    unsafe fn few(&self, x: *const K, rows: &[Row], at: Place, out: *mut K) -> Result<()> {
        let (packed, [_, n, k]) = (&self.packed, self.sizes);
        let (group, pitch) = (packed.format.group(), lines::padded(k));
        let groups = (k / group).max(1).next_multiple_of(16);
        let mut room = Pieces::<f32>::new(&[rows.len() * pitch, rows.len() * groups, k])?;
        let [numbers, sums, row_of_x] = [rows.len() * pitch, rows.len() * groups, k].map(|n| room.take(n));
        // SAFETY: the pieces have room for the rows and their sums; the caller's promise. Zeros are zero bits.
        unsafe {
            numbers.write_bytes(0, rows.len() * pitch);
            sums.write_bytes(0, rows.len() * groups);
            for (r, row) in rows.iter().enumerate() {
                let (x, numbers) = (x.offset(row.0), numbers.add(r * pitch));
                let natural = std::slice::from_raw_parts_mut(if packed.transpose { row_of_x } else { numbers }, k);
                natural.iter_mut().enumerate().for_each(|(p, to)| *to = (*x.offset(p as isize * self.x.step)).single());
                if packed.transpose {
                    natural.iter().enumerate().for_each(|(p, x)| *numbers.add(lines::turned(p)) = *x);
                    if self.affine {
                        lines::group_sums(natural, group, std::slice::from_raw_parts_mut(sums.add(r * groups), groups));
                    }
                }
            }
        }
        let out = Shared(out);
        let failed = AtomicBool::new(false);
        let mut done = 0;
        while done < rows.len() {
            let most = if packed.transpose { ROWS } else { 2 };
            let some = [ROWS, 2, 1].into_iter().find(|&r| r <= most && r <= rows.len() - done).expect("one row at least");
            let task = Task {
                rows: &rows[done..done + some],
                x: Shared(numbers.wrapping_add(done * pitch)),
                sums: Shared(sums.wrapping_add(done * groups)),
                pitches: [pitch, groups],
                sizes: [n, k],
                at,
            };
            let (units, size) = if packed.transpose { (n.div_ceil(16), 16) } else { (n.div_ceil(STRIPE), STRIPE) };
            threads::pieces(units, size.min(n) * k * (20 + 15 * some), |range| {
                let columns = range.start * size..(range.end * size).min(n);
                // SAFETY: the caller's promise; tasks make different columns.
                if unsafe { if packed.transpose { self.along(&task, columns, out) } else { self.across(&task, columns, out) } }.is_err() {
                    failed.store(true, Relaxed);
                }
            });
            done += some;
        }
        if failed.into_inner() { Err(no_memory()) } else { Ok(()) }
    }

    /// Some columns of the output for a few rows, where words run along the sums.
    unsafe fn along(&self, task: &Task<'_>, columns: Range<usize>, out: Shared<K>) -> Result<()> {
        let (packed, format, rows) = (&self.packed, self.packed.format, task.rows.len());
        let (shift, k, width) = (format.group().ilog2(), task.sizes[1], columns.len());
        let groups = k / format.group();
        let mut scales = vec![0f32; groups + 32];
        let mut biases = vec![0f32; if self.affine { groups.next_multiple_of(16) } else { 0 }];
        let mut room = Pieces::<f32>::new(&[rows * width])?;
        let sums = room.take(rows * width);
        let mut one = [0f32; ROWS];
        // SAFETY: the caller's promise; there is room for the sums.
        unsafe {
            for (c, j) in columns.clone().enumerate() {
                packed.parameters(task.at, j, 0, &mut scales[..groups], biases.get_mut(..groups).unwrap_or(&mut []));
                macro_rules! dots {
                    ($C:ident, $R:literal) => {{
                        let job = Dots::<$C, $R> {
                            row: packed.row(task.at, j),
                            k,
                            shift,
                            x: task.x.0,
                            pitch: task.pitches[0],
                            scales: scales.as_ptr(),
                            biases: &biases,
                            sums: task.sums.0,
                            pitch_of_sums: task.pitches[1],
                            out: &mut one,
                            of: PhantomData,
                        };
                        at_best(job, 16)
                    }};
                }
                with_codes!(format, C => match rows {
                    1 => dots!(C, 1),
                    2 => dots!(C, 2),
                    _ => dots!(C, 4),
                });
                (0..rows).for_each(|r| *sums.add(r * width + c) = one[r]);
            }
            for (r, row) in task.rows.iter().enumerate() {
                round(sums.add(r * width), width, out.0.add(row.1 + columns.start));
            }
        }
        Ok(())
    }

    /// The same where words run across the sums.
    unsafe fn across(&self, task: &Task<'_>, columns: Range<usize>, out: Shared<K>) -> Result<()> {
        let (packed, format, rows) = (&self.packed, self.packed.format, task.rows.len());
        let (shift, k, width) = (format.group().ilog2(), task.sizes[1], columns.len());
        let (groups, first, pitch) = (width / format.group(), columns.start / format.group(), lines::padded(width));
        let (each, of_sums) = (groups + 32, pitch / 8);
        let sizes = [rows * pitch, rows * of_sums, DEEP * each, DEEP * each];
        let mut room = Pieces::<f32>::new(&sizes)?;
        let [y, sums, scales, biases] = sizes.map(|n| room.take(n));
        // SAFETY: the caller's promise; the pieces have room. Zeros are zero bits.
        unsafe {
            y.write_bytes(0, rows * pitch);
            sums.write_bytes(0, rows * of_sums);
            scales.write_bytes(0, DEEP * each);
            biases.write_bytes(0, DEEP * each);
            for i in (0..k).step_by(DEEP) {
                let deep = DEEP.min(k - i);
                for d in 0..deep {
                    let list = |p: *mut f32| std::slice::from_raw_parts_mut(p.add(d * each), groups);
                    packed.parameters(task.at, i + d, first, list(scales), list(biases));
                }
                for c in (0..width).step_by(CHUNK) {
                    macro_rules! axpys {
                        ($C:ident, $R:literal) => {{
                            let job = Axpys::<$C, $R> {
                                codes: packed.row(task.at, i).add((columns.start + c) / 8 * format.bits()),
                                step: 4 * packed.lines[0],
                                rows: deep,
                                n: width - c,
                                shift,
                                x: task.x.0.add(i),
                                pitch: task.pitches[0],
                                scales: scales.add(c / format.group()),
                                biases: if self.affine { biases.add(c / format.group()) } else { std::ptr::null() },
                                pitch_of_scales: each,
                                y: y.add(c),
                                pitch_of_y: pitch,
                                sums: sums.add(c / 8),
                                pitch_of_sums: of_sums,
                                of: PhantomData,
                            };
                            at_best(job, 16)
                        }};
                    }
                    with_codes!(format, C => match rows {
                        1 => axpys!(C, 1),
                        _ => axpys!(C, 2),
                    });
                }
            }
            let mut line = [0f32; CHUNK];
            for (r, row) in task.rows.iter().enumerate() {
                for c in (0..width).step_by(CHUNK) {
                    for (j, to) in line.iter_mut().enumerate() {
                        *to = *y.add(r * pitch + c + lines::turned(j)) + *sums.add(r * of_sums + (c + j) / 8);
                    }
                    round(line.as_ptr(), CHUNK.min(width - c), out.0.add(row.1 + columns.start + c));
                }
            }
        }
        Ok(())
    }
}

/// Some rows of x, as f32 with the sums of their groups, and the numbers they meet.
struct Task<'a> {
    rows: &'a [Row],
    x: Shared<f32>,
    sums: Shared<f32>,
    pitches: [usize; 2],
    sizes: [usize; 2],
    at: Place,
}

/// Rounds a row of `n` sums into the output.
///
/// # Safety
/// Both lie there.
unsafe fn round<T: Number>(sums: *const f32, n: usize, out: *mut T) {
    // SAFETY: the caller's promise.
    (0..n).for_each(|j| unsafe { *out.add(j) = T::of_single(*sums.add(j)) });
}

fn no_memory() -> Error {
    Error::new(ErrorKind::OutOfMemory, "quantized_matmul", "no working memory")
}

impl<K: Kind> Kernel for Product<K>
where
    K::E: Expanded,
    K: Number,
{
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let [m, n, k] = self.sizes;
        // SAFETY: the caller's promise.
        let items = unsafe { self.offsets(&args) };
        let (x, out) = (args.inputs[0] as *const K, args.outputs[0] as *mut K);
        if items.len() * m * n == 0 {
            return Ok(());
        }
        if k == 0 {
            // SAFETY: the output's elements; a zero of every dtype is zero bits.
            unsafe { out.write_bytes(0, items.len() * m * n) };
            return Ok(());
        }
        let few = FEW[!self.packed.transpose as usize];
        let left: Vec<isize> = items.iter().map(|i| i[0]).collect();
        // Items meet the same numbers if words, scales and biases are the same; one item stands for all that do.
        let mut known: Vec<([isize; 3], isize)> = items.iter().enumerate().map(|(at, i)| ([i[1], i[2], i[3]], at as isize)).collect();
        known.sort_unstable();
        known.dedup_by_key(|e| e.0);
        let right: Vec<isize> =
            items.iter().map(|i| known[known.binary_search_by_key(&[i[1], i[2], i[3]], |e| e.0).expect("it is one of them")].1).collect();
        by_right(&left, &right, [m, n], self.x.line, |one, rows| {
            let [_, words, scales, biases] = items[one as usize];
            let at = Place {
                words: (args.inputs[1] as *const u32).wrapping_offset(words),
                scales: (args.inputs[2], scales),
                biases: self.affine.then(|| (args.inputs[3], biases)),
            };
            // SAFETY: the caller's promise.
            unsafe {
                if rows.len() <= few && size_of::<K::E>() == size_of::<f32>() {
                    self.few(x, rows, at, out)
                } else {
                    rows_product::<K, Packed>(x, self.x.step, rows, [n, k], self.packed, at, out)
                }
            }
        })
    }
}
