//! The programs that are compared, as bare tapes and through the facade.

use crate::hand::{self, Hand};
use lazulite::prelude::*;
use lazulite_base::Op;
use lazulite_base::shape::contiguous;
use lazulite_base::tape::{Inst, Instr, Map, Order, ReduceOp, Tape, Varies};

/// Rows and columns of every operand.
pub const SIDE: usize = 2048;
/// Elements of every operand.
pub const N: usize = SIDE * SIDE;

/// Builds tapes of f32.
pub struct Builder(Tape);

impl Builder {
    /// An empty tape over `dims`, the last `inner` of which are the row.
    pub fn new(dims: &[usize], inner: usize) -> Builder {
        let dims = dims.iter().copied().collect();
        Builder(Tape { dims, inner, order: Order::Lanes, inputs: vec![], params: vec![], code: vec![], outputs: vec![] })
    }
    /// Appends an instruction.
    pub fn push(&mut self, inst: Inst, varies: Varies) -> u32 {
        self.0.code.push(Instr { inst, dtype: Dtype::F32, varies });
        self.0.code.len() as u32 - 1
    }
    /// Reads a new input at these steps.
    pub fn load(&mut self, strides: &[isize]) -> u32 {
        self.0.inputs.push(Map { dtype: Dtype::F32, strides: strides.iter().copied().collect() });
        self.push(Inst::Load(self.0.inputs.len() as u32 - 1), Varies::Element)
    }
    /// Reads a new row-major input.
    pub fn whole(&mut self) -> u32 {
        let s = contiguous(&self.0.dims);
        self.load(&s)
    }
    /// A new parameter.
    pub fn param(&mut self) -> u32 {
        self.0.params.push(Dtype::F32);
        self.push(Inst::Param(self.0.params.len() as u32 - 1), Varies::Not)
    }
    /// Applies an operation.
    pub fn op(&mut self, op: Op, r: &[u32]) -> u32 {
        let varies = r.iter().map(|&r| self.0.code[r as usize].varies).max().expect("operands");
        let mut regs = [0; 3];
        regs[..r.len()].copy_from_slice(r);
        self.push(Inst::Apply(op, regs), varies)
    }
    /// Reduces along the row.
    pub fn reduce(&mut self, op: ReduceOp, r: u32) -> u32 {
        self.push(Inst::Reduce(op, r), Varies::Outer)
    }
    /// The tape that writes this value, row-major.
    pub fn out(mut self, r: u32) -> Tape {
        let mut strides = contiguous(&self.0.dims);
        if self.0.code[r as usize].varies == Varies::Outer {
            let outer = self.0.outer();
            strides = contiguous(&self.0.dims[..outer]);
            strides.resize(self.0.dims.len(), 0);
        }
        self.0.outputs.push((r, Map { dtype: Dtype::F32, strides }));
        self.0.validate().expect("a sound tape");
        self.0
    }
}

/// One comparison: a tape, the same work through the facade, and by hand.
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// The bare tape.
    pub tape: Tape,
    /// The tape's parameters.
    pub params: Vec<f32>,
    /// The hand-written loop.
    pub hand: Hand,
    /// The same work on arrays; input `k` of the tape is array `reads[k]`.
    pub facade: fn(&Vec<Array>) -> Array,
    /// Which operand each input of the tape is.
    pub reads: &'static [usize],
}

/// Every comparison. Arrays: x, y over the whole square, then two rows.
pub fn programs() -> Vec<Program> {
    vec![scale(), gelu(), waves(), chain(), norm(), softmax(), sum(), sum_of_all(), columns(), turned()]
}

fn scale() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 0);
    let x = b.whole();
    let p = b.param();
    let v = b.op(Op::Multiply, &[x, p]);
    let facade = |v: &Vec<Array>| &v[0] * 2.0;
    Program { name: "scale (against a copy)", tape: b.out(v), params: vec![2.0], hand: hand::copy, facade, reads: &[0] }
}

fn gelu() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 0);
    let x = b.whole();
    let (r, h, one) = (b.param(), b.param(), b.param());
    let t = b.op(Op::Multiply, &[x, r]);
    let e = b.op(Op::Erf, &[t]);
    let e = b.op(Op::Add, &[e, one]);
    let x2 = b.op(Op::Multiply, &[x, h]);
    let v = b.op(Op::Multiply, &[x2, e]);
    let facade = |v: &Vec<Array>| &v[0] * 0.5 * ((&v[0] * std::f32::consts::FRAC_1_SQRT_2).erf() + 1.0);
    let params = vec![std::f32::consts::FRAC_1_SQRT_2, 0.5, 1.0];
    Program { name: "gelu", tape: b.out(v), params, hand: hand::gelu, facade, reads: &[0] }
}

fn waves() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 0);
    let (x, y) = (b.whole(), b.whole());
    let s = b.op(Op::Sin, &[x]);
    let s = b.op(Op::Multiply, &[s, y]);
    let e = b.op(Op::Exp, &[s]);
    let c = b.op(Op::Cos, &[x]);
    let v = b.op(Op::Add, &[e, c]);
    let facade = |v: &Vec<Array>| (v[0].sin() * &v[1]).exp() + v[0].cos();
    Program { name: "exp(sin(x)*y)+cos(x)", tape: b.out(v), params: vec![], hand: hand::waves, facade, reads: &[0, 1] }
}

fn chain() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 0);
    let x = b.whole();
    let h = b.param();
    let mut v = x;
    for _ in 0..10 {
        let t = b.op(Op::Multiply, &[v, h]);
        v = b.op(Op::Add, &[t, x]);
    }
    let facade = |v: &Vec<Array>| (0..10).fold(v[0].clone(), |a, _| a * 0.5 + &v[0]);
    Program { name: "20 cheap operations", tape: b.out(v), params: vec![0.5], hand: hand::chain, facade, reads: &[0] }
}

fn norm() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 1);
    let x = b.whole();
    let (g, h) = (b.load(&[0, 1]), b.load(&[0, 1]));
    let (n, eps) = (b.param(), b.param());
    let s = b.reduce(ReduceOp::Sum, x);
    let mean = b.op(Op::Multiply, &[s, n]);
    let c = b.op(Op::Subtract, &[x, mean]);
    let q = b.op(Op::Square, &[c]);
    let s = b.reduce(ReduceOp::Sum, q);
    let var = b.op(Op::Multiply, &[s, n]);
    let var = b.op(Op::Add, &[var, eps]);
    let r = b.op(Op::Rsqrt, &[var]);
    let y = b.op(Op::Multiply, &[c, r]);
    let y = b.op(Op::Multiply, &[y, g]);
    let y = b.op(Op::Add, &[y, h]);
    let facade = |v: &Vec<Array>| {
        let c = &v[0] - v[0].mean(keep(-1));
        let var = c.square().mean(keep(-1));
        c * (var + 1e-5).rsqrt() * &v[2] + &v[3]
    };
    let params = vec![1.0 / SIDE as f32, 1e-5];
    Program { name: "layer norm", tape: b.out(y), params, hand: hand::norm, facade, reads: &[0, 2, 3] }
}

fn softmax() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 1);
    let x = b.whole();
    let m = b.reduce(ReduceOp::Max, x);
    let c = b.op(Op::Subtract, &[x, m]);
    let e = b.op(Op::Exp, &[c]);
    let s = b.reduce(ReduceOp::Sum, e);
    let v = b.op(Op::Divide, &[e, s]);
    let facade = |v: &Vec<Array>| v[0].softmax(-1);
    Program { name: "softmax", tape: b.out(v), params: vec![], hand: hand::softmax, facade, reads: &[0] }
}

fn sum() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 1);
    let x = b.whole();
    let s = b.reduce(ReduceOp::Sum, x);
    let facade = |v: &Vec<Array>| v[0].sum(-1);
    Program { name: "sum over axis 1", tape: b.out(s), params: vec![], hand: hand::sum, facade, reads: &[0] }
}

fn sum_of_all() -> Program {
    let mut b = Builder::new(&[N], 1);
    let x = b.whole();
    let s = b.reduce(ReduceOp::Sum, x);
    let facade = |v: &Vec<Array>| v[0].sum(..);
    Program { name: "sum of all", tape: b.out(s), params: vec![], hand: hand::sum, facade, reads: &[0] }
}

fn columns() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 1);
    b.0.order = Order::Blocks;
    let x = b.load(&[1, SIDE as isize]);
    let s = b.reduce(ReduceOp::Sum, x);
    let facade = |v: &Vec<Array>| v[0].sum(0);
    Program { name: "sum over axis 0", tape: b.out(s), params: vec![], hand: hand::columns, facade, reads: &[0] }
}

fn turned() -> Program {
    let mut b = Builder::new(&[SIDE, SIDE], 0);
    let x = b.whole();
    let t = b.load(&[1, SIDE as isize]);
    let v = b.op(Op::Add, &[x, t]);
    let facade = |v: &Vec<Array>| &v[0] + v[0].t();
    Program { name: "x + x.T", tape: b.out(v), params: vec![], hand: hand::turned, facade, reads: &[0, 0] }
}
