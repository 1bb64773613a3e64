//! Gathers and scatters: elements read and combined at places that index arrays name.
//!
//! A gather clamps an index that lies outside its axis, a scatter drops such an update; negative indices count from the end. The rules
//! keep to that, so that a derivative in one mode is the transpose of the other's.

use crate::Array;
use crate::export::stored::{Field, Reader, Writer, stored};
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::elementwise::conjugated;
use crate::ops::{create, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Combine, View, Work};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::{SmallVec, smallvec};

/// What the index arrays select.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Whole slices: an index array for each of these axes, rising, all of one shape, which comes first in what is picked.
    Axes(Dims),
    /// Single elements along an axis, by one index array with the array's other sizes.
    Along(usize),
}

impl Place {
    fn key(&self, h: &mut KeyHasher) {
        match self {
            Place::Axes(axes) => {
                h.word(0);
                h.dims(axes);
            }
            Place::Along(axis) => h.word(1 + *axis as u64),
        }
    }

    fn text(&self) -> String {
        match self {
            Place::Axes(axes) => format!("axes {:?}", &axes[..]),
            Place::Along(axis) => format!("axis {axis}"),
        }
    }

    /// The indexed axes.
    fn axes(&self) -> Dims {
        match self {
            Place::Axes(axes) => axes.clone(),
            Place::Along(axis) => smallvec![*axis],
        }
    }

    /// The shape of what is picked from an array of shape `x` by index arrays of shape `index`.
    fn picked(&self, x: &[usize], index: &[usize]) -> Dims {
        match self {
            Place::Axes(axes) => index.iter().copied().chain((0..x.len()).filter(|a| !axes.contains(a)).map(|a| x[a])).collect(),
            Place::Along(_) => index.into(),
        }
    }

    /// One number for each position of the index arrays, in the shape in which it compares with what is picked.
    fn expand(&self, x: &Array, positions: &Array) -> Result<Array> {
        match self {
            Place::Axes(axes) => (axes.len()..x.ndim()).try_fold(positions.clone(), |y, _| crate::ops::expand_dims(&y, -1)),
            Place::Along(_) => Ok(positions.clone()),
        }
    }

    /// The place among the indexed axes alone.
    fn alone(&self) -> Place {
        match self {
            Place::Axes(axes) => Place::Axes((0..axes.len()).collect()),
            along => along.clone(),
        }
    }
}

fn same_shapes(op: &str, inputs: &[Aval]) -> Result<()> {
    if inputs.iter().any(|a| a.shape != inputs[0].shape) {
        let shapes: Vec<_> = inputs.iter().map(|a| &a.shape[..]).collect();
        return Err(Error::value(op, format!("index arrays of shapes {shapes:?} differ")));
    }
    Ok(())
}

fn arrays(vals: &[crate::primitive::Val]) -> Vec<Array> {
    vals.iter().map(|v| v.array()).collect()
}

/// The smallest dtype for indices of up to `n` places.
fn counter(n: usize) -> Dtype {
    if n <= i32::MAX as usize { Dtype::I32 } else { Dtype::I64 }
}

/// An index array in a dtype that holds `-n..=n`, too.
fn widened(index: &Array, n: usize) -> Result<Array> {
    let small = matches!(index.dtype(), Dtype::U8 | Dtype::U16 | Dtype::I8 | Dtype::I16 | Dtype::I32);
    crate::ops::astype(index, if small { counter(n) } else { Dtype::I64 })
}

/// Indices of the axes of `x` at `place`, none negative; `None` for those that lie outside unless they are clamped.
fn clamped(x: &Array, place: &Place, indices: &[Array]) -> Result<Vec<Array>> {
    let one = |(index, a): (&Array, usize)| {
        let n = x.shape()[a];
        let i = widened(index, n)?;
        let i = crate::ops::try_select(&crate::ops::less(&i, 0)?, crate::ops::add(&i, n)?, &i)?;
        crate::ops::clip(&i, 0, n.max(1) - 1)
    };
    indices.iter().zip(place.axes()).map(one).collect()
}

/// Where all indices lie inside their axes.
fn valid(x: &Array, place: &Place, indices: &[Array]) -> Result<Array> {
    let one = |(index, a): (&Array, usize)| {
        let n = x.shape()[a];
        let i = widened(index, n)?;
        crate::ops::logical_and(&crate::ops::greater_equal(&i, -(n as i64))?, &crate::ops::less(&i, n)?)
    };
    let mut list = indices.iter().zip(place.axes()).map(one);
    let first = list.next().expect("there is an index array")?;
    list.try_fold(first, |all, next| crate::ops::logical_and(&all, &next?))
}

/// A batch of index arrays as indices along the batch, too.
fn with_batch(indices: &[Array], size: usize) -> Result<Vec<Array>> {
    let mut dims: Dims = smallvec![1; indices[0].ndim()];
    dims[0] = size;
    let batch = create::index_along(&dims, 0, counter(size));
    let mut list = vec![crate::ops::broadcast_to(&batch, indices[0].shape())?];
    list.extend_from_slice(indices);
    Ok(list)
}

/// What is at the places that the index arrays name.
struct Gather {
    place: Place,
    /// No index lies outside.
    inside: bool,
}

/// `x` at the places that `indices` name; `inside` promises that none lies outside.
#[track_caller]
pub(crate) fn gather(x: &Array, place: &Place, indices: &[Array], inside: bool) -> Result<Array> {
    let mut inputs = vec![x];
    inputs.extend(indices);
    apply(Gather { place: place.clone(), inside }, &inputs)
}

/// Zeros in the shape of `x`, but `y` at the one place along `axis` that `index` names: elementwise, so that it joins whatever follows.
fn spread(x: &Array, axis: usize, index: &Array, y: &Array) -> Result<Array> {
    let here = crate::ops::equal(&create::index_along(x.shape(), axis, index.dtype()), index)?;
    crate::ops::try_select(&here, y, Scalar::new(0.0, y.dtype()))
}

stored!("gather", Gather { place, inside });

impl Field for Place {
    fn write(&self, w: &mut Writer) {
        match self {
            Place::Axes(axes) => (0u8, axes.clone()),
            Place::Along(axis) => (1, smallvec![*axis]),
        }
        .write(w);
    }
    fn read(r: &mut Reader<'_>) -> Result<Place> {
        let (kind, axes): (u8, Dims) = Field::read(r)?;
        Ok(if kind == 1 && axes.len() == 1 { Place::Along(axes[0]) } else { Place::Axes(axes) })
    }
}

impl Primitive for Gather {
    fn name(&self) -> &'static str {
        match self.place {
            Place::Axes(_) => "gather",
            Place::Along(_) => "take_along_axis",
        }
    }
    fn key(&self, h: &mut KeyHasher) {
        self.place.key(h);
        h.word(self.inside as u64);
    }
    fn attributes(&self) -> String {
        self.place.text()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        same_shapes(self.name(), &inputs[1..])?;
        let (x, index) = (&inputs[0].shape, &inputs[1].shape);
        let out = self.place.picked(x, index);
        if shape::size(&out) > 0 && self.place.axes().iter().any(|&a| x[a] == 0) {
            return Err(Error::value(
                self.name(),
                format!("cannot take from an axis of size 0: shape {:?}, {}", &x[..], self.place.text()),
            ));
        }
        Ok(smallvec![Aval { shape: out, ..inputs[0].clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn picks(&self) -> bool {
        true
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let (x, indices) = (cx.inputs[0].array(), arrays(&cx.inputs[1..]));
        let mut out = vec![None; cx.inputs.len()];
        if cx.needed[0] && x.dtype().is_inexact() {
            if let Place::Along(axis) = self.place
                && indices[0].shape()[axis] == 1
                && !x.tag().shapeless
            {
                out[0] = Some(spread(&x, axis, &clamped(&x, &self.place, &indices)?[0], &cx.cotangent(0))?);
                return Ok(out);
            }
            let indices = if self.inside { indices } else { clamped(&x, &self.place, &indices)? };
            out[0] = Some(scatter(&x.zeros_like(), &self.place, &cx.cotangent(0), &indices, Combine::Add, true)?);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let Some(t) = &cx.tangents[0] else { return Ok(vec![None]) };
        Ok(vec![Some(gather(t, &self.place, &arrays(&cx.inputs[1..]), self.inside)?)])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let n = cx.inputs.len();
        let shared = cx.batched[1..].iter().all(|b| !b);
        Ok(vec![match &self.place {
            Place::Along(axis) => gather(&cx.batched_input(0), &Place::Along(axis + 1), &[cx.batched_input(1)], self.inside)?,
            Place::Axes(axes) if shared => {
                let place = Place::Axes(axes.iter().map(|a| a + 1).collect());
                let indices = arrays(&cx.inputs[1..]);
                let y = gather(&cx.inputs[0].array(), &place, &indices, self.inside)?;
                view::move_axis(&y, indices[0].ndim(), 0)?
            }
            Place::Axes(axes) => {
                let indices: Vec<Array> = (1..n).map(|i| cx.batched_input(i)).collect();
                if cx.batched[0] {
                    let place = Place::Axes(std::iter::once(0).chain(axes.iter().map(|a| a + 1)).collect());
                    gather(&cx.inputs[0].array(), &place, &with_batch(&indices, cx.size)?, self.inside)?
                } else {
                    gather(&cx.inputs[0].array(), &self.place, &indices, self.inside)?
                }
            }
        }])
    }
}

impl KernelOf for Gather {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let x = inputs[0].clone();
        match &self.place {
            Place::Axes(axes) => Work::Gather { x, axes: axes.clone(), indices: inputs[1..].to_vec() },
            Place::Along(axis) => Work::GatherAlong { x, index: inputs[1].clone(), axis: *axis },
        }
    }
}

/// The first input with the second combined into it at the places that the index arrays name. Along an axis: `Set` and `Add` only.
struct Scatter {
    place: Place,
    mode: Combine,
    /// No index lies outside.
    inside: bool,
}

/// `x` with `updates`, of its dtype, combined into it; `inside` promises that no index lies outside.
#[track_caller]
pub(crate) fn scatter(x: &Array, place: &Place, updates: &Array, indices: &[Array], mode: Combine, inside: bool) -> Result<Array> {
    let mut inputs = vec![x, updates];
    inputs.extend(indices);
    apply(Scatter { place: place.clone(), mode, inside }, &inputs)
}

/// How an extremum's derivative is shared: which start values and which updates attain it, as 0 and 1, and how many do.
struct Ties {
    start: Array,
    updates: Array,
    count: Array,
}

impl Scatter {
    /// The same scatter of other values.
    fn with(&self, mode: Combine, x: &Array, updates: &Array, indices: &[Array]) -> Result<Array> {
        scatter(x, &self.place, updates, indices, mode, self.inside)
    }

    /// What a scatter wrote, at the updates, zero for updates that were dropped.
    fn back(&self, y: &Array, indices: &[Array]) -> Result<Array> {
        let g = gather(y, &self.place, indices, self.inside)?;
        if self.inside {
            return Ok(g);
        }
        crate::ops::try_select(&self.place.expand(y, &valid(y, &self.place, indices)?)?, &g, Scalar::new(0.0, g.dtype()))
    }

    /// Which places of `x` a `Set` writes, and which updates are the last ones there; both broadcast to the arrays they speak of.
    fn winners(&self, x: &Array, indices: &[Array]) -> Result<(Array, Array)> {
        let alone = self.place.alone();
        let dims: Dims = match &self.place {
            Place::Axes(axes) => axes.iter().map(|&a| x.shape()[a]).collect(),
            Place::Along(_) => x.shape().into(),
        };
        let index = indices[0].shape();
        let turn = match &self.place {
            Place::Axes(_) => {
                let n = shape::size(index);
                view::reshape_to(&create::index_along(&[n], 0, counter(n)), index.into())?
            }
            Place::Along(axis) => create::index_along(index, *axis, counter(index[*axis])),
        };
        let nobody = create::constant(Scalar::new(-1.0, turn.dtype()), dims, false);
        let last = scatter(&nobody, &alone, &turn, indices, Combine::Set, self.inside)?;
        let won = crate::ops::equal(&gather(&last, &alone, indices, self.inside)?, &turn)?;
        let mut written = crate::ops::greater_equal(&last, 0)?;
        if let Place::Axes(axes) = &self.place {
            for a in (0..x.ndim()).filter(|a| !axes.contains(a)) {
                written = crate::ops::expand_dims(&written, a as i64)?;
            }
        }
        Ok((written, self.place.expand(x, &won)?))
    }

    fn ties(&self, x: &Array, updates: &Array, y: &Array, indices: &[Array]) -> Result<Ties> {
        let d = x.dtype();
        let start = crate::ops::astype(&crate::ops::equal(x, y)?, d)?;
        let mut hit = crate::ops::equal(updates, &gather(y, &self.place, indices, self.inside)?)?;
        if !self.inside {
            hit = crate::ops::logical_and(&hit, &self.place.expand(x, &valid(x, &self.place, indices)?)?)?;
        }
        let updates = crate::ops::astype(&hit, d)?;
        let count = self.with(Combine::Add, &start, &updates, indices)?;
        Ok(Ties { start, updates, count })
    }

    /// For each update of a product, what it is multiplied with at its place: the start value and the other updates there, by
    /// multiplications alone, so that it holds where elements are zero, and for every further derivative.
    fn others(&self, x: &Array, updates: &Array, indices: &[Array]) -> Result<Array> {
        let (rank, axes) = (indices[0].ndim(), self.place.axes());
        let n = shape::size(indices[0].shape());
        let start = gather(x, &self.place, indices, self.inside)?;
        if n < 2 {
            return Ok(start);
        }
        // The places' numbers; those that are dropped share one of their own.
        let clamped = clamped(x, &self.place, indices)?;
        let mut number = crate::ops::astype(&clamped[0], Dtype::I64)?;
        for (i, &a) in clamped.iter().zip(&axes).skip(1) {
            number = crate::ops::add(&crate::ops::multiply(&number, x.shape()[a])?, i)?;
        }
        if !self.inside {
            number = crate::ops::try_select(&valid(x, &self.place, indices)?, &number, -1)?;
        }
        let number = view::reshape_to(&number, smallvec![n])?;
        let order = crate::ops::argsort(&number, 0)?;
        let rows = Place::Axes(smallvec![0]);
        let flat: Dims = std::iter::once(n).chain(updates.shape()[rank..].iter().copied()).collect();
        let pick = |y: &Array, order: &Array| gather(y, &rows, std::slice::from_ref(order), true);
        let number = pick(&number, &order)?;
        let sorted = pick(&view::reshape_to(updates, flat)?, &order)?;
        let before = products_before(&number, &sorted)?;
        let after = crate::ops::flip(&products_before(&crate::ops::flip(&number, 0)?, &crate::ops::flip(&sorted, 0)?)?, 0)?;
        let product = pick(&crate::ops::multiply(&before, &after)?, &crate::ops::argsort(&order, 0)?)?;
        crate::ops::multiply(&view::reshape_to(&product, updates.shape().into())?, &start)
    }
}

/// For each row, the product of the earlier rows of its group; the rows of a group are neighbours with equal numbers.
fn products_before(number: &Array, rows: &Array) -> Result<Array> {
    let n = number.shape()[0];
    let part = |y: &Array, from: usize, to: usize| {
        let mut ranges: SmallVec<[view::Range; 4]> = smallvec![view::Range::FULL; y.ndim()];
        ranges[0] = view::Range { start: from as i64, stop: Some(to as i64), step: 1 };
        view::slice_ranges(y, ranges)
    };
    // The rows `step` before, where they are of the same group, else one.
    let earlier = |y: &Array, step: usize| {
        let same = crate::ops::equal(&part(number, step, n)?, &part(number, 0, n - step)?)?;
        let same = (1..y.ndim()).try_fold(same, |s, _| crate::ops::expand_dims(&s, -1))?;
        crate::ops::try_select(&same, &part(y, 0, n - step)?, Scalar::new(1.0, y.dtype()))
    };
    let mut upto = rows.clone();
    let mut step = 1;
    while step < n {
        let rest = crate::ops::multiply(&part(&upto, step, n)?, &earlier(&upto, step)?)?;
        upto = crate::ops::concatenate(&[&part(&upto, 0, step)?, &rest], 0)?;
        step *= 2;
    }
    crate::ops::concatenate(&[&part(rows, 0, 1)?.ones_like(), &earlier(&upto, 1)?], 0)
}

stored!("scatter", Scatter { place, mode, inside });

impl Primitive for Scatter {
    fn name(&self) -> &'static str {
        match (&self.place, self.mode) {
            (Place::Along(_), Combine::Add) => "add_along_axis",
            (Place::Along(_), _) => "put_along_axis",
            (_, Combine::Set) => "scatter",
            (_, Combine::Add) => "scatter_add",
            (_, Combine::Prod) => "scatter_multiply",
            (_, Combine::Max) => "scatter_maximum",
            (_, Combine::Min) => "scatter_minimum",
        }
    }
    fn key(&self, h: &mut KeyHasher) {
        self.place.key(h);
        h.word(self.inside as u64);
    }
    fn attributes(&self) -> String {
        self.place.text()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        same_shapes(self.name(), &inputs[2..])?;
        let (x, updates) = (&inputs[0], &inputs[1]);
        let want = self.place.picked(&x.shape, &inputs[2].shape);
        if updates.shape != want || updates.dtype != x.dtype {
            let text = format!("the updates are {}{:?}, not {}{:?}", updates.dtype, &updates.shape[..], x.dtype, &want[..]);
            return Err(Error::value(self.name(), text));
        }
        Ok(smallvec![Aval { weak: false, ..x.clone() }])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let (x, updates, indices) = (cx.inputs[0].array(), cx.inputs[1].array(), arrays(&cx.inputs[2..]));
        let mut out = vec![None; cx.inputs.len()];
        if !x.dtype().is_inexact() {
            return Ok(out);
        }
        let (ct, zero) = (cx.cotangent(0), Scalar::new(0.0, x.dtype()));
        match self.mode {
            Combine::Add => {
                out[0] = cx.needed[0].then(|| ct.clone());
                if cx.needed[1] {
                    out[1] = Some(self.back(&ct, &indices)?);
                }
            }
            Combine::Set => {
                let (written, won) = self.winners(&x, &indices)?;
                if cx.needed[0] {
                    out[0] = Some(crate::ops::try_select(&written, zero, &ct)?);
                }
                if cx.needed[1] {
                    out[1] = Some(crate::ops::try_select(&won, gather(&ct, &self.place, &indices, self.inside)?, zero)?);
                }
            }
            Combine::Prod => {
                if cx.needed[0] {
                    let factor = self.with(Combine::Prod, &x.ones_like(), &updates, &indices)?;
                    out[0] = Some(crate::ops::multiply(&ct, &conjugated(&factor)?)?);
                }
                if cx.needed[1] {
                    let others = self.others(&x, &updates, &indices)?;
                    out[1] = Some(crate::ops::multiply(&self.back(&ct, &indices)?, &conjugated(&others)?)?);
                }
            }
            Combine::Max | Combine::Min => {
                let ties = self.ties(&x, &updates, &cx.outputs[0], &indices)?;
                let share = crate::ops::divide(&ct, &ties.count)?;
                if cx.needed[0] {
                    out[0] = Some(crate::ops::multiply(&share, &ties.start)?);
                }
                if cx.needed[1] {
                    out[1] = Some(crate::ops::multiply(&gather(&share, &self.place, &indices, self.inside)?, &ties.updates)?);
                }
            }
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let (x, updates, indices) = (cx.inputs[0].array(), cx.inputs[1].array(), arrays(&cx.inputs[2..]));
        if !x.dtype().is_inexact() {
            return Ok(vec![None]);
        }
        let (tx, tu) = (cx.tangent(0), cx.tangent(1));
        Ok(vec![Some(match self.mode {
            Combine::Add if cx.tangents[1].is_none() => tx,
            Combine::Add | Combine::Set => self.with(self.mode, &tx, &tu, &indices)?,
            Combine::Prod => {
                let of_x = match &cx.tangents[0] {
                    Some(t) => crate::ops::multiply(t, &self.with(Combine::Prod, &x.ones_like(), &updates, &indices)?)?,
                    None => tx,
                };
                let of_updates = crate::ops::multiply(&tu, &self.others(&x, &updates, &indices)?)?;
                self.with(Combine::Add, &of_x, &of_updates, &indices)?
            }
            Combine::Max | Combine::Min => {
                let ties = self.ties(&x, &updates, &cx.outputs[0], &indices)?;
                let (of_x, of_updates) = (crate::ops::multiply(&tx, &ties.start)?, crate::ops::multiply(&tu, &ties.updates)?);
                crate::ops::divide(&self.with(Combine::Add, &of_x, &of_updates, &indices)?, &ties.count)?
            }
        })])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let (x, updates) = (cx.batched_input(0), cx.batched_input(1));
        let shared = cx.batched[2..].iter().all(|b| !b);
        Ok(vec![match &self.place {
            Place::Along(axis) => scatter(&x, &Place::Along(axis + 1), &updates, &[cx.batched_input(2)], self.mode, self.inside)?,
            Place::Axes(axes) if shared => {
                let place = Place::Axes(axes.iter().map(|a| a + 1).collect());
                let indices = arrays(&cx.inputs[2..]);
                let updates = view::move_axis(&updates, 0, indices[0].ndim())?;
                scatter(&x, &place, &updates, &indices, self.mode, self.inside)?
            }
            Place::Axes(axes) => {
                let place = Place::Axes(std::iter::once(0).chain(axes.iter().map(|a| a + 1)).collect());
                let indices: Vec<Array> = (2..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
                scatter(&x, &place, &updates, &with_batch(&indices, cx.size)?, self.mode, self.inside)?
            }
        }])
    }
}

impl KernelOf for Scatter {
    fn work(&self, inputs: &[View], outs: &[Aval]) -> Work {
        let dims = outs[0].shape.clone();
        let out = View { dtype: outs[0].dtype, strides: shape::contiguous(&dims), dims };
        let (updates, mode) = (inputs[1].clone(), self.mode);
        match &self.place {
            Place::Axes(axes) => Work::Scatter { out, updates, axes: axes.clone(), indices: inputs[2..].to_vec(), mode },
            Place::Along(axis) => Work::ScatterAlong { out, updates, index: inputs[2].clone(), axis: *axis, mode },
        }
    }
    fn updates_first(&self) -> bool {
        true
    }
}
