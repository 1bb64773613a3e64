//! The cotangent of a value while it is gathered from the value's readers. What slices of the value contribute is put together once: with
//! a copy of each part, where a sum of padded parts would go over the whole value for each of them.

use crate::Array;
use crate::graph::array::at_site;
use crate::graph::program::Instr;
use crate::ops::join::{concatenate, slice_update};
use crate::ops::view::{Range, Ranges};
use crate::runtime::stream::Stream;
use lazulite_base::{Dims, Result};
use smallvec::SmallVec;
use std::panic::Location;

/// What a slice contributes: its ranges and its cotangent.
struct Part {
    ranges: Ranges,
    ct: Array,
}

/// Where a part lies along each axis: first index, number of elements, step.
type Place = SmallVec<[(usize, usize, i64); 4]>;

/// The contributions so far; none at all is zero.
#[derive(Default)]
pub(super) struct Cotangent {
    sum: Option<Array>,
    parts: Vec<Part>,
    /// Where the first part comes from.
    origin: Option<(&'static Location<'static>, Stream)>,
}

fn sum(a: Option<Array>, b: Array) -> Result<Array> {
    match a {
        None => Ok(b),
        Some(a) => crate::ops::add(&a, &b),
    }
}

/// Whether two parts have no element in common, as far as one axis shows it.
fn apart(a: &Place, b: &Place) -> bool {
    let hull = |&(start, len, step): &(usize, usize, i64)| {
        let end = start as i64 + (len as i64 - 1) * step;
        (end.min(start as i64), end.max(start as i64))
    };
    a.iter().zip(b).any(|(x, y)| {
        let (p, q) = (hull(x), hull(y));
        let interleaved = x.2.abs() == y.2.abs() && (x.0.abs_diff(y.0) as i64) % x.2.abs() != 0;
        p.1 < q.0 || q.1 < p.0 || interleaved
    })
}

/// The axis along which parts that are whole along all others lie.
fn only_axis(parts: &[(Place, Part)], dims: &[usize]) -> Option<usize> {
    let cut = |b: &Place| (0..dims.len()).filter(|&a| b[a] != (0, dims[a], 1)).collect::<SmallVec<[usize; 4]>>();
    let axis = cut(&parts[0].0);
    (axis.len() == 1 && parts.iter().all(|p| cut(&p.0) == axis && p.0[axis[0]].2 == 1)).then(|| axis[0])
}

/// Parts that are apart from each other, in the shape of `of`, with zeros elsewhere.
fn together(mut parts: Vec<(Place, Part)>, of: &Array) -> Result<Array> {
    let dims = of.dims();
    if let Some(axis) = only_axis(&parts, dims).filter(|_| parts.len() > 1) {
        parts.sort_by_key(|p| p.0[axis].0);
        let mut list: Vec<Array> = Vec::with_capacity(parts.len());
        let mut at = 0;
        let gap = |size: usize| {
            let mut gap: Dims = dims.into();
            gap[axis] = size;
            Array::zeros(&gap[..], of.dtype())
        };
        for (b, part) in parts {
            let (start, len, _) = b[axis];
            list.extend((start > at).then(|| gap(start - at)));
            list.push(part.ct);
            at = start + len;
        }
        list.extend((dims[axis] > at).then(|| gap(dims[axis] - at)));
        return concatenate(&list, axis as i64);
    }
    parts.into_iter().try_fold(of.zeros_like(), |x, (_, p)| slice_update(&x, &p.ct, &p.ranges))
}

impl Cotangent {
    /// Adds what a reader of the whole value contributes.
    pub fn add(&mut self, ct: Array) -> Result<()> {
        self.sum = Some(sum(self.sum.take(), ct)?);
        Ok(())
    }

    /// Adds what the readers of a slice contribute, which this instruction makes.
    pub fn add_slice(&mut self, slice: &Instr, ranges: &[Range], ct: Array) {
        self.parts.push(Part { ranges: ranges.into(), ct });
        self.origin.get_or_insert((slice.site, slice.stream));
    }

    /// Whether nothing was contributed.
    pub fn is_none(&self) -> bool {
        self.sum.is_none() && self.parts.is_empty()
    }

    /// The cotangent of the value that `of` gives, of which only shape and dtype count.
    pub fn finish(self, of: impl FnOnce() -> Array) -> Result<Option<Array>> {
        let Some((site, stream)) = self.origin else { return Ok(self.sum) };
        at_site(site, stream, || {
            let of = of();
            if let ([part], None) = (&self.parts[..], &self.sum) {
                return slice_update(&of.zeros_like(), &part.ct, &part.ranges).map(Some);
            }
            let dims = of.shape();
            // Sums of parts that are apart: each goes to the first where it has room.
            let mut layers: Vec<Vec<(Place, Part)>> = Vec::new();
            for part in self.parts.into_iter().filter(|p| p.ct.size() > 0) {
                let place = |(r, &n): (&Range, &usize)| {
                    let (start, len) = r.resolve(n);
                    (start, len, r.step)
                };
                let place: Place = part.ranges.iter().zip(dims).map(place).collect();
                if let Some((_, same)) = layers.iter_mut().flatten().find(|p| p.0 == place) {
                    same.ct = crate::ops::add(&same.ct, &part.ct)?;
                    continue;
                }
                match layers.iter_mut().find(|l| l.iter().all(|p| apart(&p.0, &place))) {
                    Some(layer) => layer.push((place, part)),
                    None => layers.push(vec![(place, part)]),
                }
            }
            let mut all = self.sum;
            for layer in layers {
                all = Some(sum(all, together(layer, &of)?)?);
            }
            Ok(all)
        })
    }
}
