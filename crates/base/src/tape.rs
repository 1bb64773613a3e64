//! The tape: a fused program over an iteration space, in a form that C, CUDA, WGSL and MSL can express.
//!
//! # Semantics
//! The space has `dims`; its first `outer()` axes are *outer*, its last `inner` axes are the *row*. Every instruction has a
//! [`Varies`]: a value is the same everywhere (`Param`), one per outer index (`Outer`), or one per element (`Element`). Without a row
//! (`inner == 0`) every loaded value is an `Element`, one per index.
//!
//! An instruction may use any earlier value; an `Outer` or `Param` value used by an `Element` instruction is the same for the whole
//! row. [`Inst::Reduce`] turns an `Element` value into an `Outer` one, over the row. So softmax over rows is
//! `m = reduce max x; e = exp(x - m); s = reduce sum e; e / s`, in one tape.
//!
//! # What is fixed
//! Bits depend on the tape's instructions and the logical order of reduction alone, never on strides, threads, tile sizes or what else
//! the tape computes:
//! * No contraction: `a * b + c` rounds twice. Transcendentals have one definition a backend.
//! * A value of dtype f16 or bf16 is computed in f32 and rounded after each instruction.
//! * A reduction over n elements, numbered in row-major order over the row's axes, follows [`Order`].
//! * Sums and products of halves are cast to f32 before the reduction by whoever makes the tape.

use crate::dtype::Dtype;
use crate::shape::{Dims, Strides};
use crate::table::Op;

/// The index of an instruction, standing for the value it makes.
pub type Reg = u32;

/// Elements of a block of a [`Order::Lanes`] reduction.
pub const LANE_BLOCK: usize = 8192;
/// Lanes of an [`Order::Lanes`] reduction.
pub const LANES: usize = 32;
/// Elements of a block of an [`Order::Blocks`] reduction.
pub const BLOCK: usize = 256;

/// In which order a reduction combines its elements; part of the result's definition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// For rows along the last axis. The row is cut into blocks of [`LANE_BLOCK`] elements. In a block, element `j` is accumulated into
    /// lane `j % LANES`, in rising order of `j`, from the identity; then lanes fold: for w in 16, 8, 4, 2, 1, lane `l` takes lane
    /// `l + w` for `l < w`. Blocks' results combine from the first to the last.
    Lanes,
    /// For rows along other axes. The row is cut into blocks of [`BLOCK`] elements; a block accumulates in rising order from the
    /// identity; blocks' results combine from the first to the last.
    Blocks,
}

/// How a reduction combines two values. On floats `Min` and `Max` give NaN if either is; `All` and `Any` take and give bool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ReduceOp {
    Sum,
    Prod,
    Min,
    Max,
    All,
    Any,
}

impl ReduceOp {
    /// The name of the operation that reduces this way.
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
            ReduceOp::Prod => "prod",
            ReduceOp::Min => "min",
            ReduceOp::Max => "max",
            ReduceOp::All => "all",
            ReduceOp::Any => "any",
        }
    }
}

/// What one instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Inst {
    /// The element of input `.0` at the current index.
    Load(u32),
    /// Parameter `.0`, a scalar given at launch.
    Param(u32),
    /// A row of the table, on `arity` registers (the rest are 0). Operands have one dtype (but for `select`'s bool condition).
    Apply(Op, [Reg; 3]),
    /// A conversion to the instruction's dtype, as [`crate::Scalar::cast`] does.
    Cast(Reg),
    /// A reduction over the row.
    Reduce(ReduceOp, Reg),
    /// The index along axis `.0` of the space, cast to the instruction's dtype.
    Index(u32),
}

/// Over what a value varies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Varies {
    /// Nothing: a parameter, or computed from parameters only.
    Not,
    /// The outer axes only.
    Outer,
    /// Every axis.
    Element,
}

/// One instruction with its result's dtype.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Instr {
    pub inst: Inst,
    pub dtype: Dtype,
    pub varies: Varies,
}

/// An input or output in memory: its dtype and its steps, in elements, along each axis of the space. An output that varies over the
/// outer axes only has step 0 along the row's axes, and is written once for each outer index.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Map {
    pub dtype: Dtype,
    pub strides: Strides,
}

/// A fused program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tape {
    /// The iteration space: outer axes, then the row's axes.
    pub dims: Dims,
    /// How many of the last axes are the row; 0 without reductions.
    pub inner: usize,
    /// The order of every reduction.
    pub order: Order,
    /// What is read; a step of 0 is a broadcast.
    pub inputs: Vec<Map>,
    /// Dtypes of the scalar parameters.
    pub params: Vec<Dtype>,
    /// The instructions.
    pub code: Vec<Instr>,
    /// What is written: a register and where.
    pub outputs: Vec<(Reg, Map)>,
}

impl Tape {
    /// Number of outer axes.
    pub fn outer(&self) -> usize {
        self.dims.len() - self.inner
    }

    /// Elements of a row; 1 without a row.
    pub fn row_len(&self) -> usize {
        self.dims[self.outer()..].iter().product()
    }

    /// Number of rows (of elements, without a row).
    pub fn rows(&self) -> usize {
        self.dims[..self.outer()].iter().product()
    }

    /// The registers an instruction reads.
    pub fn sources(inst: &Inst) -> impl Iterator<Item = Reg> {
        let (regs, n) = match *inst {
            Inst::Load(_) | Inst::Param(_) | Inst::Index(_) => ([0; 3], 0),
            Inst::Apply(op, r) => (r, op.info().arity),
            Inst::Cast(r) | Inst::Reduce(_, r) => ([r, 0, 0], 1),
        };
        regs.into_iter().take(n)
    }

    /// Bytes read and written, each input and output once: the floor that memory bandwidth sets.
    pub fn bytes(&self) -> usize {
        let touched = |m: &Map| {
            let n: usize = self.dims.iter().zip(&m.strides).map(|(&d, &s)| if s == 0 { 1 } else { d }).product();
            n * m.dtype.size()
        };
        self.inputs.iter().map(touched).sum::<usize>() + self.outputs.iter().map(|(_, m)| touched(m)).sum::<usize>()
    }

    /// Checks what every tape must keep: registers in order, dtypes that agree, sensible variation. For debug assertions and tests.
    pub fn validate(&self) -> Result<(), String> {
        for (i, ins) in self.code.iter().enumerate() {
            let at = |r: Reg| &self.code[r as usize];
            if let Some(r) = Tape::sources(&ins.inst).find(|&r| r as usize >= i) {
                return Err(format!("%{i} uses %{r} before it is made"));
            }
            match ins.inst {
                Inst::Load(k) if self.inputs.get(k as usize).is_none_or(|m| m.dtype != ins.dtype) => {
                    return Err(format!("%{i}: input {k}"));
                }
                Inst::Param(k) if self.params.get(k as usize) != Some(&ins.dtype) => return Err(format!("%{i}: parameter {k}")),
                Inst::Apply(op, r) => {
                    let last = at(r[op.info().arity - 1]).dtype;
                    let first = if op == Op::Select { 1 } else { 0 };
                    if (first..op.info().arity).any(|k| at(r[k]).dtype != last) || op.result_dtype(last) != ins.dtype {
                        return Err(format!("%{i}: dtypes of {op:?}"));
                    }
                }
                Inst::Reduce(_, r) if self.inner == 0 || ins.varies != Varies::Outer || at(r).dtype != ins.dtype || ins.dtype.is_half() => {
                    return Err(format!("%{i}: reduction"));
                }
                _ => {}
            }
            let most = Tape::sources(&ins.inst).map(|r| at(r).varies).max();
            if matches!(ins.inst, Inst::Apply(..) | Inst::Cast(_)) && most != Some(ins.varies) {
                return Err(format!("%{i}: varies {:?}, its operands {most:?}", ins.varies));
            }
        }
        Ok(())
    }
}
