//! Gathers: the kernels of `kernels/gather.cu` and `kernels/gather_along.cu`.

use super::{coordinates, launch, offset};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::text::memory;
use lazulite_base::Dtype;
use lazulite_base::shape::{Strides, coalesce, size};
use lazulite_base::work::View;

/// The unsigned integer, or vector, of so many bytes.
fn unit(bytes: usize) -> &'static str {
    match bytes {
        1 => "u8",
        2 => "u16",
        4 => "u32",
        8 => "u64",
        _ => "ulonglong2",
    }
}

/// The index `raw` as a signed number.
pub fn signed(d: Dtype) -> String {
    if d == Dtype::U64 { "raw > 0x7fffffffffffffffull ? 0x7fffffffffffffffll : (i64)raw".into() } else { "(i64)raw".into() }
}

/// Whether an array can index.
pub fn indexes(v: &View) -> bool {
    v.dtype.is_integer() || v.dtype == Dtype::Bool
}

/// The text that adds what index arrays select at coordinates `t*` to `from`; with `clamp` outside indices are clamped, else `DROP`
/// runs. Extents and steps are of the indexed axes.
pub fn select(words: &mut Words, indices: &[View], first: usize, axes: &[(usize, isize)], clamp: bool) -> String {
    let mut text = String::new();
    for (k, (v, &(extent, step))) in indices.iter().zip(axes).enumerate() {
        let address = words.push(Word::Input(first + k));
        let at = offset(words, "t", &v.strides);
        let (t, extent, step) = (memory(v.dtype), words.value(extent as u64), words.value(step as u64));
        let bound = if clamp { "v = v < 0 ? 0 : v >= extent ? extent - 1 : v;" } else { "if (v < 0 || v >= extent) { DROP }" };
        text.push_str(&format!(
            "{{ const {t} raw = ((const {t}*){address})[{at}]; const i64 extent = (i64){extent}; i64 v = {}; v = v < 0 ? v + extent : v; {bound} from += v * (i64){step}; }}\n",
            signed(v.dtype)
        ));
    }
    text
}

/// Slices picked by index arrays.
pub fn plan(x: &View, axes: &[usize], indices: &[View]) -> Option<Plan> {
    if !indices.iter().all(indexes) {
        return None;
    }
    let rest: Vec<usize> = (0..x.dims.len()).filter(|a| !axes.contains(a)).collect();
    let dims: Vec<usize> = rest.iter().map(|&a| x.dims[a]).collect();
    let strides: Strides = rest.iter().map(|&a| x.strides[a]).collect();
    let positions = indices.first().map_or(1, |v| size(&v.dims));
    if positions * size(&dims) == 0 {
        return Some(Plan::default());
    }
    let (dims, strides) = coalesce(&dims, &[&strides]);
    let strides = &strides[0];
    let item = x.dtype.size();
    let steps: Vec<isize> = axes.iter().map(|&a| x.strides[a]).collect();
    // Units as large as the slice's rows and every step allow.
    let dense = strides.last() == Some(&1);
    let mut wide = item;
    while dense && wide < 16 {
        let n = (2 * wide / item) as isize;
        let fits =
            dims.last().is_some_and(|&d| d as isize % n == 0) && strides[..strides.len() - 1].iter().chain(&steps).all(|s| s % n == 0);
        if !fits {
            break;
        }
        wide *= 2;
    }
    let make = |bytes: usize| -> Launch {
        let n = bytes / item;
        let scale = |s: isize| if n > 1 { s / n as isize } else { s };
        let mut dims = dims.clone();
        let mut inner: Strides = strides.iter().map(|&s| scale(s)).collect();
        if let (Some(d), Some(s)) = (dims.last_mut(), inner.last_mut()) {
            *d /= n;
            if n > 1 {
                *s = 1;
            }
        }
        let slice: usize = dims.iter().product();
        let mut w = Words(vec![Word::Input(0), Word::Output(0), Word::Value((positions * slice) as u64), Word::Value(slice as u64)]);
        let places = indices.first().map_or(Default::default(), |v| v.dims.clone());
        let position = coordinates(&mut w, "t", "position", &places);
        let selected: Vec<(usize, isize)> = axes.iter().zip(&steps).map(|(&a, &s)| (x.dims[a], scale(s))).collect();
        let chosen = select(&mut w, indices, 1, &selected, true);
        let within = coordinates(&mut w, "s", "within", &dims);
        let at = offset(&mut w, "s", &inner);
        let blanks = [("POSITION", position), ("INDICES", chosen), ("WITHIN", within), ("OFFSET", at), ("UNIT", unit(bytes).into())];
        launch(include_str!("../kernels/gather.cu"), &blanks, w, positions * slice)
    };
    if wide == item {
        return Some(Plan::one(make(item)));
    }
    let aligned = vec![(Word::Input(0), wide), (Word::Output(0), wide)];
    Some(Plan { launches: vec![make(wide)], aligned, scalar: Some(make(item)), ..Plan::default() })
}

/// Elements picked along an axis.
pub fn along(x: &View, index: &View, axis: usize) -> Option<Plan> {
    if !indexes(index) {
        return None;
    }
    let total = size(&index.dims);
    if total == 0 {
        return Some(Plan::default());
    }
    let mut still = x.strides.clone();
    still[axis] = 0;
    let (dims, steps) = coalesce(&index.dims, &[&index.strides, &still]);
    let values = [total, x.dims[axis], x.strides[axis] as usize].map(|v| Word::Value(v as u64));
    let mut w = Words([&[Word::Input(0), Word::Input(1), Word::Output(0)][..], &values].concat());
    let position = coordinates(&mut w, "t", "unit", &dims);
    let at = offset(&mut w, "t", &steps[0]);
    let from = offset(&mut w, "t", &steps[1]);
    let blanks = [
        ("POSITION", position),
        ("INDEX", memory(index.dtype).into()),
        ("AT", at),
        ("LARGE", signed(index.dtype)),
        ("UNIT", unit(x.dtype.size()).into()),
        ("FROM", from),
    ];
    Some(Plan::one(launch(include_str!("../kernels/gather_along.cu"), &blanks, w, total)))
}
