//! The indices that sort rows, and the sorted rows: the kernel of `kernels/argsort.cu` for rows that fit shared memory, those of `kernels/sort_*.cu`, digit
//! by digit through memory, for longer ones.

use super::{coordinates, launch, offset};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::keep::SHARED;
use crate::tape::text::memory;
use lazulite_base::Dtype;
use lazulite_base::shape::{coalesce, contiguous, size};
use lazulite_base::work::View;

const RADIX: &str = include_str!("../kernels/radix.cuh");

/// The unsigned number in whose order elements are sorted: its bits, and its text from element `x`. Equal elements have equal keys, NaN
/// the largest.
fn key(d: Dtype) -> (usize, String) {
    let bits = if d == Dtype::Bool { 8 } else { 8 * d.size() };
    let float = |from: &str, unsigned: &str, infinity: u64| {
        let top = 1u64 << (bits - 1);
        let end = if unsigned == "u64" { "ull" } else { "u" };
        format!(
            "const {unsigned} b = {from}, m = b & {:#x}{end}; return m > {infinity:#x}{end} ? {:#x}{end} : b & {top:#x}{end} ? {top:#x}{end} - m : {top:#x}{end} + m;",
            top - 1,
            u64::MAX >> (64 - bits),
        )
    };
    let text = match d {
        Dtype::F16 => float("x.bits", "u32", 0x7c00),
        Dtype::BF16 => float("x.bits", "u32", 0x7f80),
        Dtype::F32 => float("__float_as_uint(x)", "u32", 0x7f80_0000),
        Dtype::F64 => float("(u64)__double_as_longlong(x)", "u64", 0x7ff0_0000_0000_0000),
        Dtype::C64 => "const u32 a = __float_as_uint(x.re), b = __float_as_uint(x.im), m = a & 0x7fffffffu, k = b & 0x7fffffffu; \
                       if (m > 0x7f800000u || k > 0x7f800000u) return ~0ull; \
                       return (u64)(a >> 31 ? 0x80000000u - m : 0x80000000u + m) << 32 | (b >> 31 ? 0x80000000u - k : 0x80000000u + k);"
            .into(),
        Dtype::I8 => "return (u8)x ^ 0x80u;".into(),
        Dtype::I16 => "return (u16)x ^ 0x8000u;".into(),
        Dtype::I32 => "return (u32)x ^ 0x80000000u;".into(),
        Dtype::I64 => "return (u64)x ^ 0x8000000000000000ull;".into(),
        _ => "return x;".into(),
    };
    (bits, text)
}

/// How a tile is shared: threads, keys of a thread, blocks that fit side by side.
fn shape(n: usize, key: usize) -> (usize, usize, usize) {
    let (threads, items) = match n {
        0..=32 => (32, 1),
        33..=64 => (32, 2),
        65..=128 => (32, 4),
        129..=256 => (64, 4),
        257..=512 => (64, 8),
        513..=1024 => (128, 8),
        1025..=2048 => (256, 8),
        2049..=4096 => (256, 16),
        4097..=8192 => (512, 16),
        _ => (1024, 16),
    };
    (threads, items, (1024 * 4 / key / threads).max(1))
}

/// Bytes of shared memory of a tile: keys, places of `place` bytes, or counts.
fn shared(threads: usize, items: usize, key: usize, place: usize) -> usize {
    (threads * items * (key + place)).max(threads / 32 * 2048)
}

/// The sorted elements of each row of `x`: those that the indices name.
pub fn values(x: &View) -> Option<Plan> {
    let mut plan = plan(x)?;
    let index = View { dtype: Dtype::U32, dims: x.dims.clone(), strides: contiguous(&x.dims) };
    let mut picking = super::gather::along(x, &index, x.dims.len() - 1)?;
    let indices = Word::Scratch(plan.scratch.next_multiple_of(64));
    plan.scratch = plan.scratch.next_multiple_of(64) + 4 * size(&x.dims);
    let put = |launches: &mut [Launch], from: Word| {
        launches.iter_mut().flat_map(|l| &mut l.words.0).filter(|w| **w == from).for_each(|w| *w = indices);
    };
    put(&mut plan.launches, Word::Output(0));
    put(&mut picking.launches, Word::Input(1));
    plan.launches.extend(picking.launches);
    Some(plan)
}

/// The indices that sort each row of `x`.
pub fn plan(x: &View) -> Option<Plan> {
    let last = x.dims.len().checked_sub(1)?;
    let n = x.dims[last];
    let rows = size(&x.dims[..last]);
    if rows * n == 0 {
        return Some(Plan::default());
    }
    let (bits, text) = key(x.dtype);
    let wide = if bits > 32 { 8 } else { 4 };
    let (dims, steps) = coalesce(&x.dims[..last], &[&x.strides[..last]]);
    let (threads, items, blocks) = shape(n, wide);
    let near = threads * items >= n && 64 + shared(threads, items, wide, 2) <= SHARED;
    let (threads, items, blocks) = if near { (threads, items, blocks) } else { (512, 16, 8 / wide) };
    let tiles = n.div_ceil(threads * items);
    if u32::try_from(n).is_err() || rows.checked_mul(tiles)? >= 1 << 31 || rows >= 1 << 23 && !near {
        return None;
    }
    let make = |file: &str, words: Vec<Word>, grid: usize, near: usize| -> Launch {
        let mut w = Words(words);
        let row = coordinates(&mut w, "t", "row", &dims);
        let base = offset(&mut w, "t", &steps[0]);
        let blanks = [
            ("KEY_TEXT", text.clone()),
            ("KEY_BITS", bits.to_string()),
            ("KEY", if wide == 8 { "u64" } else { "u32" }.into()),
            ("DIGITS_EACH", (256 / threads).max(1).to_string()),
            ("THREADS", threads.to_string()),
            ("ITEMS", items.to_string()),
            ("BLOCKS", blocks.to_string()),
            ("ROW", row),
            ("BASE", base),
            ("MEMORY", memory(x.dtype).into()),
        ];
        let mut made = launch(&format!("{RADIX}{file}"), &blanks, w, 1);
        made.grid = [grid as u32, 1];
        made.block = threads as u32;
        made.shared = near as u32;
        made.source.complex = x.dtype == Dtype::C64;
        made
    };
    let value = |v: usize| Word::Value(v as u64);
    let step = value(x.strides[last] as usize);
    if near {
        let words = vec![Word::Input(0), Word::Output(0), value(n), step];
        return Some(Plan::one(make(include_str!("../kernels/argsort.cu"), words, rows, 64 + shared(threads, items, wide, 2))));
    }
    // Keys and places twice, counts, totals.
    let mut scratch = 0;
    let mut room = |bytes: usize| {
        let at = scratch;
        scratch += bytes.next_multiple_of(64);
        at
    };
    let keys = [room(rows * n * wide), room(rows * n * wide)];
    let places = [room(rows * n * 4), room(rows * n * 4)];
    let (counts, totals) = (Word::Scratch(room(rows * 256 * tiles * 4)), Word::Scratch(room(rows * 256 * 4)));
    let passes = bits / 8;
    let mut launches = Vec::with_capacity(3 * passes);
    for pass in 0..passes {
        let (from, to) = (pass % 2, 1 - pass % 2);
        let head = [value(n), step, value(tiles), value(8 * pass)];
        // Without keys the elements themselves are read; without a place for them none are written.
        let source = if pass == 0 { [value(0), value(0)] } else { [Word::Scratch(keys[from]), Word::Scratch(places[from])] };
        let last = pass + 1 == passes;
        let target = if last { Word::Output(0) } else { Word::Scratch(places[to]) };
        let sorted = if last { value(0) } else { Word::Scratch(keys[to]) };
        let words = [&[Word::Input(0), counts][..], &head, &source[..1]].concat();
        launches.push(make(include_str!("../kernels/sort_count.cu"), words, rows * tiles, 0));
        let words = Words(vec![counts, totals, value(tiles)]);
        let mut sums = launch(include_str!("../kernels/sort_scan.cu"), &[], words, 1);
        sums.grid = [(rows * 256) as u32, 1];
        launches.push(sums);
        let words = [&[Word::Input(0), target][..], &head, &source, &[sorted, counts, totals]].concat();
        launches.push(make(include_str!("../kernels/sort_scatter.cu"), words, rows * tiles, 64 + 1024 + shared(threads, items, wide, 0)));
    }
    Some(Plan { launches, scratch, ..Plan::default() })
}
