//! Batching: a function traced on one example, replayed on all, a rule a primitive. No rule loops.

use crate::Array;
use crate::graph::array::at_site;
use crate::graph::node::Aval;
use crate::graph::program::{Recorded, Ref};
use crate::graph::tag::Kind;
use crate::ops::view;
use crate::primitive::{Prim, Val, Vmap};
use crate::transforms::{abstract_tree, built_at, flatten, unflatten};
use crate::tree::{AxisTree, Output, Tree};
use lazulite_base::error::{Error, Result};
use smallvec::SmallVec;
use std::panic::Location;

/// Runs a recorded program on batches: the leaves' batches have the batch first. Outputs say whether they are batched.
pub(crate) fn replay(recorded: &Recorded, leaves: &[(Array, bool)], size: usize) -> Result<Vec<(Array, bool)>> {
    let program = &recorded.program;
    let mut of: Vec<Option<Vec<Array>>> = Vec::with_capacity(program.instrs.len());
    let find = |r: Ref, of: &[Option<Vec<Array>>]| -> (Val, bool) {
        match r {
            Ref::Input(i) if (i as usize) < leaves.len() => {
                let (a, batched) = &leaves[i as usize];
                (Val::Array(a.clone()), *batched)
            }
            Ref::Value { index, out } if of[index as usize].is_some() => {
                let list = of[index as usize].as_ref().expect("it is there");
                (Val::Array(list[out as usize].clone()), true)
            }
            // What does not depend on a batch is as it was recorded.
            r => (recorded.value(r), false),
        }
    };
    // An unbatched leaf is the same for every example; what depends on unbatched leaves only is rebuilt on them.
    for ins in &program.instrs {
        let (vals, batched): (SmallVec<[Val; 3]>, SmallVec<[bool; 3]>) = ins.operands.iter().map(|&r| find(r, &of)).unzip();
        if batched.iter().all(|b| !b) {
            of.push(None);
            continue;
        }
        let cx = Vmap { inputs: &vals, batched: &batched, size };
        let list = at_site(ins.site, ins.stream, || match &ins.prim {
            Prim::Elementwise(op) => crate::ops::derivative::vmap(*op, &cx),
            Prim::Other(p) => p.vmap(&cx),
            Prim::Leaf | Prim::Output(_) => Ok(vec![]),
        })
        .map_err(|e| e.at(ins.site))?;
        of.push(Some(list));
    }
    Ok(program
        .outputs
        .iter()
        .map(|&r| {
            let (v, batched) = find(r, &of);
            (v.array(), batched)
        })
        .collect())
}

/// Batches a function on flat lists: inputs marked in `batched` have the batch first; so have all outputs.
pub(crate) fn batch(f: &dyn Fn(&[Array]) -> Result<Vec<Array>>, inputs: &[Array], batched: &[bool], size: usize) -> Result<Vec<Array>> {
    let axes: Vec<Option<usize>> = batched.iter().map(|&b| b.then_some(0)).collect();
    let (examples, outputs, leaves) = examples(&inputs.to_vec(), inputs, &axes, |x: &Vec<Array>| f(x))?;
    let recorded = Recorded::extract(&examples, &outputs);
    let list = replay(&recorded, &leaves, size)?;
    Ok(list.into_iter().map(|(y, batched)| if batched { y } else { view::prepend_axis(&y, size) }).collect())
}

/// Calls `f` on abstract examples: the batched leaves without their axis, the unbatched as they are. Returns the examples, the outputs,
/// and the leaves with the batch moved to the front.
#[allow(clippy::type_complexity)]
fn examples<A: Tree, T>(
    x: &A,
    list: &[Array],
    axes: &[Option<usize>],
    f: impl FnOnce(&A) -> Result<T>,
) -> Result<(Vec<Array>, T, Vec<(Array, bool)>)> {
    let mut leaves = Vec::with_capacity(list.len());
    let mut example_avals = Vec::with_capacity(list.len());
    for (a, axis) in list.iter().zip(axes) {
        match axis {
            Some(axis) => {
                let moved = view::move_axis(a, *axis, 0)?;
                example_avals.push(Aval { shape: moved.dims()[1..].into(), ..a.aval().clone() });
                leaves.push((moved, true));
            }
            None => {
                example_avals.push(a.aval().clone());
                leaves.push((a.clone(), false));
            }
        }
    }
    // Unbatched arrays go in as they are: concrete, and constants of the trace.
    let (on, abstracted) = abstract_tree(x, Kind::Vmap, false, |i, _| example_avals[i].clone());
    let mut i = 0;
    let on = on.map_arrays(&mut |leaf| {
        i += 1;
        if axes[i - 1].is_none() { list[i - 1].clone() } else { leaf.clone() }
    });
    let outputs = f(&on)?;
    let batched: Vec<Array> = abstracted.into_iter().zip(axes).filter(|(_, a)| a.is_some()).map(|(l, _)| l).collect();
    leaves.retain(|(_, b)| *b);
    Ok((batched, outputs, leaves))
}

/// The function over a batch: `vmap(f)(&xs)` is `f` of every `xs[i]`, stacked. Every array of the argument is batched along its first
/// axis, and so is every output.
///
/// # Errors
/// A value error for arrays without the axis, or of different batch sizes; functions that return plain trees panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let rows = array![[1.0, 2.0], [3.0, 4.0]];
/// let sums = vmap(|row: &Array| row.sum(..))(&rows);
/// assert_eq!(sums.to_vec::<f32>().unwrap(), [3.0, 7.0]);
/// ```
#[track_caller]
pub fn vmap<A, B, F>(f: F) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    vmap_axes(f, 0i64, 0i64)
}

/// The function over a batch along given axes: those of the inputs (an axis, `None` for an argument that every example shares, or a
/// tuple or `Vec` of these, one for each part of the argument) and of the outputs.
///
/// # Errors
/// As for [`vmap`]; a value error if the axes have another structure than the tree.
///
/// ```
/// use lazulite::prelude::*;
/// let (a, b) = (array![[1.0, 2.0]], array![[10.0], [20.0]]);
/// let sum = vmap_axes(|(a, b): &(Array, Array)| a + b, (0, 1), 0)(&(a, b));
/// assert_eq!(sum.shape(), [1, 2]);
/// ```
#[track_caller]
pub fn vmap_axes<A, B, F>(f: F, in_axes: impl Into<AxisTree>, out_axes: impl Into<AxisTree>) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    let (inputs, outputs) = (in_axes.into(), out_axes.into());
    let site = Location::caller();
    move |x| B::wrap(built_at("vmap", site, |own| over(x, &inputs, &outputs, |x| own.pass(f(x).into_tree()))))
}

fn over<A: Tree, T: Tree>(x: &A, in_axes: &AxisTree, out_axes: &AxisTree, f: impl FnOnce(&A) -> Result<T>) -> Result<T> {
    let list = flatten(x);
    let mut given = Vec::new();
    x.axes(in_axes, &mut given)?;
    let mut size = None;
    let mut axes = Vec::with_capacity(list.len());
    for (a, axis) in list.iter().zip(given) {
        let Some(axis) = axis else {
            axes.push(None);
            continue;
        };
        let at = lazulite_base::shape::axis("vmap", axis, a.ndim())?;
        let n = a.shape()[at];
        if *size.get_or_insert(n) != n {
            let text = format!("arrays have batches of {} and {n}: shape {:?}, axis {axis}", size.unwrap_or(n), a.dims());
            return Err(Error::value("vmap", text));
        }
        axes.push(Some(at));
    }
    let Some(size) = size else { return Err(Error::value("vmap", "needs at least one batched array")) };
    let (examples, output, leaves) = examples(x, &list, &axes, f)?;
    let recorded = Recorded::extract(&examples, &flatten(&output));
    let results = replay(&recorded, &leaves, size)?;
    let mut wanted = Vec::new();
    output.axes(out_axes, &mut wanted)?;
    let mut placed = Vec::with_capacity(results.len());
    for ((y, batched), axis) in results.into_iter().zip(wanted) {
        placed.push(match axis {
            None if batched => return Err(Error::value("vmap", "an output that is batched needs an output axis")),
            None => y,
            Some(axis) => {
                let y = if batched { y } else { view::prepend_axis(&y, size) };
                view::move_axis(&y, 0, lazulite_base::shape::axis("vmap", axis, y.ndim())?)?
            }
        });
    }
    Ok(unflatten(&output, &placed))
}
