//! Scatters: the kernels of `kernels/scatter*.cu`. Updates to one place combine in their order, so two runs give equal bits.

use super::gather::{indexes, select, signed};
use super::{coordinates, launch, offset};
use crate::launch::{Plan, Word, Words};
use crate::tape::text::{memory, register};
use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce, contiguous, size};
use lazulite_base::work::{Combine, View};

/// Steps of all warps together beyond which the CPU is the better place.
const MOST: usize = 1 << 31;

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

/// A scatter of slices; `None` where it would take too long here.
pub fn plan(out: &View, updates: &View, axes: &[usize], indices: &[View], mode: Combine) -> Option<Plan> {
    let leading = axes.iter().enumerate().all(|(i, &a)| i == a);
    if !indices.iter().all(indexes) || !leading || indices.is_empty() {
        return None;
    }
    let positions = size(&indices[0].dims);
    let destinations: usize = out.dims[..axes.len()].iter().product();
    let slice: usize = out.dims[axes.len()..].iter().product();
    if positions * slice == 0 || destinations == 0 {
        return Some(Plan::default());
    }
    let chunks = slice.div_ceil(1024);
    if destinations.checked_mul(chunks)?.checked_mul(positions.div_ceil(32) + 8)? > MOST {
        return None;
    }
    let complex = out.dtype == Dtype::C64;
    let rank = indices[0].dims.len();
    let places: Dims = indices[0].dims.clone();
    let steps = contiguous(&out.dims[..axes.len()]);
    let selected: Vec<(usize, isize)> = axes.iter().map(|&a| (out.dims[a], steps[a])).collect();
    let mut w = Words(vec![Word::Scratch(0), Word::Value(positions as u64)]);
    let position = coordinates(&mut w, "t", "position", &places);
    let chosen = select(&mut w, indices, 1, &selected, false).replace("DROP", "place[position] = -1; return;");
    let first = launch(include_str!("../kernels/scatter_places.cu"), &[("POSITION", position), ("INDICES", chosen)], w, positions);

    let rest: Dims = updates.dims[rank..].into();
    let (dims, inner) = coalesce(&rest, &[&updates.strides[rank..]]);
    let values = [destinations, positions, slice, chunks].map(|v| Word::Value(v as u64));
    let mut w = Words([&[Word::Input(0), Word::Output(0), Word::Scratch(0)][..], &values].concat());
    let position = coordinates(&mut w, "t", "position", &places);
    let base = offset(&mut w, "t", &updates.strides[..rank]);
    let within = coordinates(&mut w, "s", "within", &dims);
    let at = offset(&mut w, "s", &inner[0]);
    let blanks = [
        ("COMBINE", combine(mode, out.dtype)),
        ("POSITION", position),
        ("BASE", base),
        ("WITHIN", within),
        ("OFFSET", at),
        ("MEMORY", memory(out.dtype).into()),
    ];
    let mut second = launch(include_str!("../kernels/scatter.cu"), &blanks, w, destinations * chunks * 32);
    second.source.complex = complex;
    Some(Plan { launches: vec![first, second], scratch: positions * 8, ..Plan::default() })
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
