//! Transforms: functions on functions over trees of arrays. Each traces the function once into a program and interprets that.

pub mod checkpoint;
pub mod compile;
mod cotangent;
pub mod custom;
pub mod grad;
pub mod jacobian;
pub mod jvp;
pub mod trace;
pub mod vjp;
pub mod vmap;

use crate::Array;
use crate::graph::array::node_at;
use crate::graph::node::Avals;
use crate::graph::node::{Aval, Operand};
use crate::graph::tag::{Kind, Tag};
use crate::primitive::{Jvp, Prim, Primitive, Role, Vjp, Vmap};
use crate::tree::Tree;
pub(crate) use crate::tree::{flatten, unflatten};
use lazulite_base::error::Result;
use lazulite_base::key::KeyHasher;
use smallvec::smallvec;
use std::panic::Location;

/// Its input: the leaf of a differentiation, at which the inner walk ends and through which outer derivatives see.
struct Identity;

impl Primitive for Identity {
    fn name(&self) -> &'static str {
        "input"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(smallvec![inputs[0].clone()])
    }
    fn is_transparent(&self) -> bool {
        true
    }
    fn role(&self) -> Role<'_> {
        Role::Alias
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![cx.cotangents[0].clone()])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(vec![cx.tangents[0].clone()])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        Ok(vec![cx.inputs[0].array()])
    }
}

/// A concrete leaf over `x`, for the differentiation `keep`.
pub(crate) fn concrete_leaf(x: &Array, keep: u64) -> Array {
    let tag = x.tag().join(Tag { keep, ..Tag::default() });
    node_at(Prim::new(Identity), smallvec![Operand::Edge(x.edge())], x.aval().clone(), tag, x.site())
}

/// An abstract leaf: shape and dtype, and no value.
pub(crate) fn abstract_leaf(aval: Aval, tracer: u64, shapeless: bool, like: &Array) -> Array {
    node_at(Prim::Leaf, Default::default(), aval, Tag { keep: 0, tracer, shapeless }, like.site())
}

/// Abstract leaves in place of the arrays of a tree.
pub(crate) fn abstract_tree<A: Tree>(
    tree: &A,
    kind: Kind,
    shapeless: bool,
    mut aval: impl FnMut(usize, &Array) -> Aval,
) -> (A, Vec<Array>) {
    let tracer = crate::graph::tag::abstract_trace(kind);
    let mut leaves = Vec::new();
    let tree = tree.map_arrays(&mut |x| {
        let leaf = abstract_leaf(aval(leaves.len(), x), tracer, shapeless, x);
        leaves.push(leaf.clone());
        leaf
    });
    (tree, leaves)
}

/// Whether an error came out of the transformed function.
#[derive(Default)]
struct Own(std::cell::Cell<bool>);

impl Own {
    /// The function's result.
    fn pass<T>(&self, r: Result<T>) -> Result<T> {
        self.0.set(r.is_err());
        r
    }
}

/// What a transform gives; an error of its own, which names `op`, points at the line that made the transform.
fn built_at<T>(op: &str, site: &'static Location<'static>, run: impl FnOnce(&Own) -> Result<T>) -> Result<T> {
    let own = Own::default();
    run(&own).map_err(|e| if e.op() == op && !own.0.get() { e.at(site) } else { e })
}
