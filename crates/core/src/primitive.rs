//! The trait of primitives: what a node applies. Static data are fields of the primitive, arrays are its inputs.

use crate::Array;
use crate::graph::node::{Aval, Avals, Operand};
use crate::graph::program::Program;
use crate::ops::view::Range;
use crate::runtime::buffer::Layout;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Op, Scalar, Strides};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A primitive, as a node holds it: the most frequent kind inline, the others shared.
#[derive(Clone)]
pub(crate) enum Prim {
    /// Data; no inputs.
    Leaf,
    /// A row of the table.
    Elementwise(Op),
    /// One of the values of its input, which makes several. Only nodes apply it: programs name a value by its instruction and number.
    Output(u32),
    /// Anything else.
    Other(Arc<dyn Primitive>),
}

impl Prim {
    pub fn new(p: impl Primitive) -> Prim {
        Prim::Other(Arc::new(p))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Prim::Leaf => "array",
            Prim::Elementwise(op) => op.name(),
            Prim::Output(_) => "output",
            Prim::Other(p) => p.name(),
        }
    }

    /// The program that it calls, if it is a call.
    pub fn program(&self) -> Option<&Arc<Program>> {
        match self {
            Prim::Other(p) => match p.role() {
                Role::Call(program) => Some(program),
                _ => None,
            },
            _ => None,
        }
    }

    /// The ranges of its input that are its output, if it is a slice.
    pub fn slice(&self) -> Option<&[Range]> {
        match self {
            Prim::Other(p) => p.slice(),
            _ => None,
        }
    }

    /// Mixes in which primitive this is, with its static data.
    pub fn key(&self, h: &mut KeyHasher) {
        match self {
            Prim::Leaf => h.word(1),
            Prim::Elementwise(op) => h.word(2 + ((*op as u64) << 8)),
            Prim::Output(out) => h.word(4 + ((*out as u64) << 8)),
            Prim::Other(p) => {
                h.word(p.name().as_ptr() as u64);
                p.key(h);
            }
        }
    }
}

/// A value that a rule works on: an array, or a scalar constant of a node.
#[derive(Clone, Debug)]
pub enum Val {
    /// An array.
    Array(Array),
    /// A constant.
    Scalar(Scalar),
}

impl Val {
    pub(crate) fn operand(&self) -> Operand {
        match self {
            Val::Array(a) => Operand::Edge(a.edge()),
            Val::Scalar(s) => Operand::Scalar(*s),
        }
    }

    pub(crate) fn aval(&self) -> Aval {
        match self {
            Val::Array(a) => a.aval().clone(),
            Val::Scalar(s) => Aval { shape: Dims::new(), dtype: s.dtype(), weak: true },
        }
    }

    /// The array; a scalar becomes a 0-d array.
    pub fn array(&self) -> Array {
        match self {
            Val::Array(a) => a.clone(),
            Val::Scalar(s) => Array::scalar(*s),
        }
    }
}

/// What the planner does with a primitive.
pub(crate) enum Role<'a> {
    /// Its output is its input number `out` (a tracer's leaf, a barrier, a custom rule).
    Alias,
    /// Its scalar operand everywhere.
    Constant,
    /// One instruction of a tape: a conversion to the output's dtype.
    Cast,
    /// One instruction of a tape: the index along an axis.
    Index(usize),
    /// A reduction over axes (rising); they are dropped. Halves accumulate in f32.
    Reduce(ReduceOp, &'a [usize]),
    /// A view: the output's layout over the input's memory, or `None` where only a row-major input can be viewed.
    View(&'a dyn ViewOf),
    /// A kernel of the backend.
    Kernel(&'a dyn KernelOf),
    /// Copies of the inputs into views of the output.
    Assemble(&'a dyn AssembleOf),
    /// A program, to be planned in place.
    Call(&'a Arc<Program>),
}

/// The layout rule of a view.
pub(crate) trait ViewOf {
    /// The layout of the output, given the input's; `None` if the input must be row-major first.
    fn layout(&self, input: &Aval, layout: &Layout, out: &Aval) -> Option<Layout>;
}

/// The kernel of a primitive.
pub(crate) trait KernelOf {
    /// The work for inputs that lie like this.
    fn work(&self, inputs: &[View], outs: &[Aval]) -> Work;
    /// Whether the output starts as a copy of input 0, which the kernel then updates in place and does not take as an input.
    fn updates_first(&self) -> bool {
        false
    }
}

/// A part of an assembled output: the input that is copied, and where it goes.
pub(crate) struct Part {
    pub input: usize,
    pub dims: Dims,
    pub strides: Strides,
    pub offset: usize,
}

/// An output that is put together from its inputs; later parts overwrite earlier ones.
pub(crate) trait AssembleOf {
    fn parts(&self, inputs: &[Aval], out: &Aval) -> Vec<Part>;
}

/// The rules of a primitive whose outputs do not change with its inputs, or are not to: no derivative in either mode.
macro_rules! flat {
    () => {
        fn vjp(&self, cx: &$crate::primitive::Vjp<'_>) -> ::lazulite_base::Result<Vec<Option<$crate::Array>>> {
            Ok(vec![None; cx.inputs.len()])
        }
        fn jvp(&self, cx: &$crate::primitive::Jvp<'_>) -> ::lazulite_base::Result<Vec<Option<$crate::Array>>> {
            Ok(vec![None; cx.outputs.len()])
        }
    };
}
pub(crate) use flat;

/// Whether evaluations may merge, move and drop a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It may be merged with an equal one, or dropped.
    Pure,
    /// It is neither merged nor folded.
    Ordered,
}

/// What reverse mode gives a rule.
pub struct Vjp<'a> {
    /// The inputs.
    pub inputs: &'a [Val],
    /// The outputs.
    pub outputs: &'a [Array],
    /// The cotangents of the outputs; `None` is zero.
    pub cotangents: &'a [Option<Array>],
    /// Which inputs' cotangents are asked for.
    pub needed: &'a [bool],
}

impl Vjp<'_> {
    /// The cotangent of output `i`, zeros if there is none.
    pub fn cotangent(&self, i: usize) -> Array {
        self.cotangents[i].clone().unwrap_or_else(|| self.outputs[i].zeros_like())
    }
}

/// What forward mode gives a rule.
pub struct Jvp<'a> {
    /// The inputs.
    pub inputs: &'a [Val],
    /// The outputs.
    pub outputs: &'a [Array],
    /// The tangents of the inputs; `None` is zero. At least one is there.
    pub tangents: &'a [Option<Array>],
}

impl Jvp<'_> {
    /// The tangent of input `i`, zeros if there is none.
    pub fn tangent(&self, i: usize) -> Array {
        self.tangents[i].clone().unwrap_or_else(|| self.inputs[i].array().zeros_like())
    }
}

/// What batching gives a rule: inputs, of which the batched ones have the batch as their first axis. At least one is batched.
pub struct Vmap<'a> {
    /// The inputs.
    pub inputs: &'a [Val],
    /// Which of them are batched.
    pub batched: &'a [bool],
    /// The size of the batch.
    pub size: usize,
}

impl Vmap<'_> {
    /// Input `i` with the batch as its first axis: broadcast if it has none.
    pub fn batched_input(&self, i: usize) -> Array {
        let x = self.inputs[i].array();
        if self.batched[i] { x } else { crate::ops::view::prepend_axis(&x, self.size) }
    }
}

/// A primitive. Everything the engine knows of an operation is here; backends see only the [`Work`] that its role leads to.
pub trait Primitive: Any + Send + Sync {
    /// Its name, as errors and listings print it. Every primitive has another.
    fn name(&self) -> &'static str;

    /// Mixes its static data into a cache key.
    fn key(&self, h: &mut KeyHasher);

    /// Its static data, for listings; empty if there are none.
    fn attributes(&self) -> String {
        String::new()
    }

    /// The outputs' shapes and dtypes, also when a shapeless program meets new shapes.
    fn infer(&self, inputs: &[Aval]) -> Result<Avals>;

    /// What the planner does with it.
    fn role(&self) -> Role<'_>;

    /// The inputs' cotangents; `None` is zero.
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>>;

    /// The outputs' tangents; `None` is zero.
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>>;

    /// The outputs for a batch, each with the batch as its first axis.
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>>;

    /// Whether a program with its first inputs in place of its outputs has the same values and derivatives.
    fn is_transparent(&self) -> bool {
        false
    }

    /// Whether its output is elements of its first input as they are, so that a conversion of the input may as well come after it.
    fn picks(&self) -> bool {
        false
    }

    /// The ranges of its input that are its output, if it is a slice: its readers' contributions to a cotangent are put together.
    fn slice(&self) -> Option<&[Range]> {
        None
    }

    /// Whether it may be merged and dropped.
    fn effect(&self) -> Effect {
        Effect::Pure
    }
}

impl fmt::Debug for dyn Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.name(), self.attributes())
    }
}

/// The error of an op that cannot be differentiated or batched in the way asked for.
#[track_caller]
pub(crate) fn unsupported<T>(op: &str, what: &str) -> Result<T> {
    Err(Error::value(op, format!("has no {what} rule")))
}
