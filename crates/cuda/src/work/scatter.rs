//! Scatters: the kernels of `kernels/scatter*.cu`. Updates to one place combine in their order, so two runs give equal bits.

use super::gather::{indexes, select, signed};
use super::{coordinates, launch, offset};
use crate::launch::{Plan, Word, Words};
use crate::tape::text::{memory, register};
use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce, contiguous, size};
use lazulite_base::work::{Combine, View};

/// The function that combines what is there with an update, in registers.
fn combine(mode: Combine, d: Dtype) -> String {
    let t = register(d);
    let text = match mode {
        Combine::Set => "b",
        Combine::Add => "red_add(a, b)",
        Combine::Prod => "red_mul(a, b)",
        // Of equal ones, the one that is there; NaN wins.
        Combine::Max => "b != b || b > a ? b : a",
        Combine::Min => "b != b || b < a ? b : a",
    };
    format!("FN {t} @_combine({t} a, {t} b) {{ return {text}; }}\n")
}

/// A scatter of slices: where each update goes, the updates sorted by that, and their combination. `None` where places or updates have no
/// numbers of 32 bits.
pub fn plan(out: &View, updates: &View, axes: &[usize], indices: &[View], mode: Combine) -> Option<Plan> {
    if !indices.iter().all(indexes) || indices.is_empty() {
        return None;
    }
    let rest: Vec<usize> = (0..out.dims.len()).filter(|a| !axes.contains(a)).collect();
    let pick = |of: &[usize], from: &[usize]| -> Dims { of.iter().map(|&a| from[a]).collect() };
    let (to, slices) = (pick(axes, &out.dims), pick(&rest, &out.dims));
    let (positions, destinations, slice) = (size(&indices[0].dims), size(&to), size(&slices));
    if positions * slice == 0 || destinations == 0 {
        return Some(Plan::default());
    }
    if [positions, destinations].iter().any(|&n| n >= 1 << 31) || positions.checked_mul(slice)? >= 1 << 39 {
        return None;
    }
    let rank = indices[0].dims.len();
    let places: Dims = indices[0].dims.clone();
    let numbers = contiguous(&to);
    let selected: Vec<(usize, isize)> = to.iter().zip(&numbers).map(|(&d, &s)| (d, s)).collect();
    let mut w = Words(vec![Word::Scratch(0), Word::Value(positions as u64)]);
    let position = coordinates(&mut w, "t", "position", &places);
    let chosen = select(&mut w, indices, 1, &selected, false).replace("DROP", "place[position] = ~0u; return;");
    let first = launch(include_str!("../kernels/scatter_places.cu"), &[("POSITION", position), ("INDICES", chosen)], w, positions);

    let at = (4 * positions).next_multiple_of(64);
    let keys = View { dtype: Dtype::U32, dims: [positions].into_iter().collect(), strides: [1].into_iter().collect() };
    let mut sorted = super::sort::plan(&keys)?;
    let turn = |w: &mut Word| match *w {
        Word::Input(_) => *w = Word::Scratch(0),
        Word::Output(_) => *w = Word::Scratch(at),
        Word::Scratch(k) => *w = Word::Scratch(2 * at + k),
        _ => {}
    };
    sorted.launches.iter_mut().flat_map(|l| &mut l.words.0).for_each(turn);

    let strides = contiguous(&out.dims);
    let of = |axes: &[usize]| -> Strides { axes.iter().map(|&a| strides[a]).collect() };
    let (dims, inner) = coalesce(&slices, &[&updates.strides[rank..], &of(&rest)]);
    let values = [positions, slice].map(|v| Word::Value(v as u64));
    let mut w = Words([&[Word::Input(0), Word::Output(0), Word::Scratch(0), Word::Scratch(at)][..], &values].concat());
    let destination = coordinates(&mut w, "d", "destination", &to);
    let within = coordinates(&mut w, "s", "within", &dims);
    let target = format!("{} + {}", offset(&mut w, "d", &of(axes)), offset(&mut w, "s", &inner[1]));
    let position = coordinates(&mut w, "t", "position", &places);
    let base = format!("{} + {}", offset(&mut w, "t", &updates.strides[..rank]), offset(&mut w, "s", &inner[0]));
    let blanks = [
        ("COMBINE", combine(mode, out.dtype)),
        ("DESTINATION", destination),
        ("WITHIN", within),
        ("OUT", target),
        ("POSITION", position),
        ("BASE", base),
        ("MEMORY", memory(out.dtype).into()),
    ];
    let mut last = launch(include_str!("../kernels/scatter.cu"), &blanks, w, positions * slice);
    last.source.complex = out.dtype == Dtype::C64;
    let launches = std::iter::once(first).chain(sorted.launches).chain([last]).collect();
    Some(Plan { launches, scratch: 2 * at + sorted.scratch, ..Plan::default() })
}

/// A scatter along an axis.
pub fn along(out: &View, updates: &View, index: &View, axis: usize, mode: Combine) -> Option<Plan> {
    if !indexes(index) {
        return None;
    }
    let count = index.dims[axis];
    let without = |s: &[isize]| -> Strides { s.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &s)| s).collect() };
    let lines: Dims = index.dims.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &d)| d).collect();
    let total = size(&lines);
    if total * count == 0 {
        return Some(Plan::default());
    }
    let strides = contiguous(&out.dims);
    let (dims, steps) = coalesce(&lines, &[&without(&updates.strides), &without(&index.strides), &without(&strides)]);
    let values = [total, count, out.dims[axis]].map(|v| Word::Value(v as u64));
    let moves = [strides[axis], updates.strides[axis], index.strides[axis]].map(|v| Word::Value(v as u64));
    let mut w = Words([&[Word::Input(0), Word::Input(1), Word::Output(0)][..], &values, &moves].concat());
    let position = coordinates(&mut w, "t", "line", &dims);
    let (update, at, to) = (offset(&mut w, "t", &steps[0]), offset(&mut w, "t", &steps[1]), offset(&mut w, "t", &steps[2]));
    let blanks = [
        ("COMBINE", combine(mode, out.dtype)),
        ("POSITION", position),
        ("UPDATE", update),
        ("INDEX", memory(index.dtype).into()),
        ("AT", at),
        ("OUT", to),
        ("LARGE", signed(index.dtype)),
        ("MEMORY", memory(out.dtype).into()),
    ];
    let mut launch = launch(include_str!("../kernels/scatter_along.cu"), &blanks, w, total);
    launch.source.complex = out.dtype == Dtype::C64;
    Some(Plan::one(launch))
}
