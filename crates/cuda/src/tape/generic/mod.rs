//! Tapes on a generic kernel, `kernels/generic.cu`, which reads a tape's instructions as arguments and runs them one after another with
//! the functions that generated text calls. So its bits are theirs; it is slower, but needs no compilation of its own, and runs while the
//! tape's kernel is compiled.
//!
//! * [`operations`]: what the kernel can do, and its text.
//! * This module: a tape as the kernel's arguments.

pub mod operations;

use super::rows::Rows;
use super::space::{Space, Who};
use super::text::{divides, needed};
use crate::launch::{Word, Words};
use lazulite_base::Dtype;
use lazulite_base::tape::{BLOCK, Inst, LANE_BLOCK, LANES, Order, Tape, Varies};
use operations::{Class, Kernel, Operation, PLACES, RANK, THREADS, WORDS, held};

/// Seconds that the kernel takes for an instruction when one waits for the other, and when the device is busy; estimates.
const STEP: f64 = 1e-7;
const BUSY_STEP: f64 = 5e-12;

/// A tape as a launch of a generic kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// Which kernel.
    pub class: Class,
    /// Its arguments, but for the zeros after the last instruction.
    pub words: Words,
    /// Blocks.
    pub grid: [u32; 2],
    /// Bytes of shared memory of a block.
    pub shared: u32,
    /// About how many seconds it takes.
    pub seconds: f64,
}

/// Instructions in the making.
struct Writer<'a> {
    r: &'a Rows<'a>,
    kernel: &'a Kernel,
    code: Vec<u64>,
    /// Where the instructions begin among the words.
    start: usize,
    /// The words of operands, in the space's order, and of scalars.
    operands: Vec<usize>,
    params: Vec<usize>,
    /// The place of each value that is one a row, and of each element's value that is needed further on.
    places: Vec<Option<u8>>,
    /// The place from which those of elements' values are.
    inner: usize,
    /// Places used so far.
    used: usize,
}

/// The number by which the kernel rounds to a dtype.
fn rounding(d: Dtype) -> u64 {
    match d {
        Dtype::F16 => 1,
        Dtype::BF16 => 2,
        _ => 0,
    }
}

impl Writer<'_> {
    /// An instruction on values in places.
    fn plain(&mut self, operation: Operation, to: u8, from: &[u8], flags: u64, rounded: u64) -> Option<()> {
        let from: u64 = from.iter().enumerate().map(|(k, &p)| (p as u64) << (24 + 8 * k)).sum();
        self.code.push(self.kernel.number(operation)? as u64 | (to as u64) << 16 | from | flags << 48 | rounded << 56);
        Some(())
    }

    /// An instruction on a word of the arguments and a value.
    fn worded(&mut self, operation: Operation, to: u8, at: usize, from: u8, flags: u64, rounded: u64) -> Option<()> {
        let number = self.kernel.number(operation)? as u64;
        self.code.push(number | (to as u64) << 16 | (at as u64) << 24 | (from as u64) << 40 | flags << 48 | rounded << 56);
        Some(())
    }

    /// The word that the next instruction will be.
    fn here(&self) -> usize {
        self.start + self.code.len()
    }

    fn operand(&self, who: Who) -> Option<usize> {
        Some(self.operands[self.r.space.operands.iter().position(|o| o.who == who)?])
    }

    fn place(&self, i: usize) -> Option<u8> {
        self.places[i]
    }

    /// A place for a value in use beside those of `busy`.
    fn free(&mut self, busy: &[u8]) -> Option<u8> {
        let at = (self.inner..PLACES).find(|&p| !busy.contains(&(p as u8)))?;
        self.used = self.used.max(at + 1);
        Some(at as u8)
    }

    /// Instruction `i` of the tape; no reduction.
    fn instruction(&mut self, i: usize) -> Option<()> {
        let (tape, to) = (self.r.tape, self.place(i)?);
        let ins = &tape.code[i];
        let d = ins.dtype;
        let from = |r: u32| tape.code[r as usize].dtype;
        match ins.inst {
            Inst::Load(k) => self.worded(Operation::Load(d), to, self.operand(Who::Input(k as usize))?, 0, 0, 0),
            Inst::Param(k) => self.worded(Operation::Param(d), to, self.params[k as usize], 0, 0, 0),
            Inst::Index(a) => self.worded(Operation::Index(held(d)), to, self.operand(Who::Index(a as usize))?, 0, 0, rounding(d)),
            Inst::Cast(r) => self.plain(Operation::Cast(held(from(r)), held(d)), to, &[self.place(r as usize)?], 0, rounding(d)),
            Inst::Apply(op, regs) => {
                let regs = &regs[..op.info().arity];
                let places: Vec<u8> = regs.iter().map(|&r| self.place(r as usize)).collect::<Option<_>>()?;
                let operation = match divides(tape, i) {
                    Some(_) => Operation::Divide(d),
                    None => Operation::Apply(op, held(from(*regs.last()?))),
                };
                self.plain(operation, to, &places, 0, rounding(d))
            }
            Inst::Reduce(..) => None,
        }
    }

    /// The values of a row that are there after `stage` reductions.
    fn outer(&mut self, stage: usize) -> Option<()> {
        let code = &self.r.tape.code;
        let own = |&i: &usize| code[i].varies != Varies::Element && self.r.stages[i] == stage && !matches!(code[i].inst, Inst::Reduce(..));
        let list: Vec<usize> = (0..code.len()).filter(own).collect();
        list.into_iter().try_for_each(|i| self.instruction(i))
    }

    /// The values of one element that `targets` need; these are in places then.
    fn element(&mut self, targets: &[usize]) -> Option<()> {
        let tape = self.r.tape;
        let list = needed(tape, targets, &|_| false);
        let mut last = vec![0usize; tape.code.len()];
        for (n, &i) in list.iter().enumerate() {
            Tape::sources(&tape.code[i].inst).for_each(|r| last[r as usize] = n);
        }
        targets.iter().for_each(|&t| last[t] = usize::MAX);
        let mut live: Vec<usize> = Vec::new();
        for (n, &i) in list.iter().enumerate() {
            live.retain(|&v| last[v] >= n);
            // An operand's place may take the result: it is read before.
            let after: Vec<u8> = live.iter().filter(|&&v| last[v] > n).filter_map(|&v| self.places[v]).collect();
            self.places[i] = Some(self.free(&after)?);
            self.instruction(i)?;
            live.push(i);
        }
        Some(())
    }

    fn store(&mut self, outputs: &[(usize, usize)], flags: u64) -> Option<()> {
        for &(k, v) in outputs {
            let d = self.r.tape.outputs[k].1.dtype;
            self.worded(Operation::Store(d), 0, self.operand(Who::Output(k))?, self.place(v)?, flags, 0)?;
        }
        Some(())
    }

    /// The reductions after `stage` others, in the tape's order; `partial` and `other` are free places.
    fn reduce(&mut self, stage: usize, partial: &[u8], other: u8) -> Option<()> {
        let list = self.r.reductions(stage);
        if list.is_empty() {
            return Some(());
        }
        let tape = self.r.tape;
        let lanes = tape.order == Order::Lanes;
        let of = |&(i, op, _): &(usize, _, usize)| (op, tape.code[i].dtype);
        let open = self.here();
        self.plain(Operation::Open, 0, &[], 0, 0)?;
        for (item, &l) in list.iter().zip(partial) {
            let (op, d) = of(item);
            self.plain(Operation::identity(op, d), l, &[], 0, 0)?;
        }
        let start = self.here();
        self.plain(Operation::Start, 0, &[], 0, 0)?;
        self.element(&list.iter().map(|l| l.2).collect::<Vec<_>>())?;
        for (item, &l) in list.iter().zip(partial) {
            let (op, d) = of(item);
            self.plain(Operation::combine(op, d), l, &[l, self.place(item.2)?], 1, 0)?;
        }
        self.worded(Operation::Next, 0, start, 0, 0, 0)?;
        for (item, &l) in list.iter().zip(partial) {
            let (op, d) = of(item);
            for width in [16, 8, 4, 2, 1].into_iter().filter(|_| lanes) {
                self.plain(Operation::Shuffle, other, &[l], width, 0)?;
                self.plain(Operation::combine(op, d), l, &[l, other], 0, 0)?;
            }
            let r = self.place(item.0)?;
            self.plain(Operation::combine(op, d), r, &[r, l], 2, 0)?;
        }
        self.worded(Operation::Again, 0, open, 0, 0, 0)?;
        for &(i, ..) in list.iter().filter(|_| lanes) {
            let r = self.place(i)?;
            self.plain(Operation::Shuffle, r, &[r], 0, 0)?;
        }
        Some(())
    }
}

/// The words before the instructions, and where operands and scalars are among them.
fn arguments(tape: &Tape, space: &Space) -> (Words, Vec<usize>, Vec<usize>) {
    let (outer, rank) = (space.outer.len(), space.outer.len() + space.inner.len());
    let mut w = Words::default();
    w.value((space.rows() | space.row() << 32) as u64);
    // Filled in when it is known where the instructions begin.
    w.value((outer | rank << 8 | ((tape.order == Order::Lanes && tape.inner > 0) as usize) << 16) as u64);
    w.value(if tape.order == Order::Lanes { LANE_BLOCK } else { BLOCK } as u64);
    for &d in space.outer.iter().chain(&space.inner) {
        w.divisor(d);
    }
    let mut operands = Vec::new();
    for o in &space.operands {
        operands.push(w.0.len());
        w.push(match o.who {
            Who::Input(k) => Word::Input(k),
            Who::Output(k) => Word::Output(k),
            Who::Index(_) => Word::Value(0),
        });
        let steps: Vec<u64> = o.outer.iter().chain(&o.inner).map(|&s| s as i32 as u32 as u64).collect();
        for pair in steps.chunks(2) {
            w.value(pair[0] | pair.get(1).map_or(0, |s| s << 32));
        }
    }
    let params = (0..tape.params.len())
        .map(|k| {
            w.push(Word::Param(k));
            w.0.len() - 1
        })
        .collect();
    (w, operands, params)
}

/// The smallest class that takes a tape's dtypes.
fn class(tape: &Tape) -> Option<Class> {
    let outputs = tape.outputs.iter().map(|o| o.1.dtype);
    let dtypes: Vec<Dtype> = tape.code.iter().map(|i| i.dtype).chain(outputs).collect();
    Class::ALL.into_iter().find(|c| dtypes.iter().all(|&d| c.takes(d)))
}

/// A tape on the generic kernel; `None` if it is too large, has complex numbers, or no elements.
pub fn call(tape: &Tape, space: &Space) -> Option<Call> {
    let class = class(tape)?;
    let (rows, len, rank) = (space.rows(), space.row(), space.outer.len() + space.inner.len());
    if rank > RANK || rows == 0 || len == 0 || !space.narrow() || tape.code.len() > WORDS {
        return None;
    }
    let r = Rows::new(tape, space);
    let (mut words, operands, params) = arguments(tape, space);
    // What is one a row stays in its place, and so do the partial results of reductions.
    let mut inner = 0usize;
    let mut place = |own: bool| {
        inner += own as usize;
        own.then(|| (inner - 1).min(PLACES) as u8)
    };
    let places: Vec<Option<u8>> = tape.code.iter().map(|i| place(i.varies != Varies::Element)).collect();
    let most = (0..=r.last()).map(|s| r.reductions(s).len()).max().unwrap_or(0);
    let partial: Vec<u8> = (0..most).filter_map(|_| place(true)).collect();
    let other = place(true)?;
    if inner >= PLACES {
        return None;
    }
    let start = words.0.len();
    let mut w = Writer { r: &r, kernel: class.kernel(), code: Vec::new(), start, operands, params, places, inner, used: inner };
    let mut passes = 0;
    let flat = tape.inner == 0;
    let (elements, outers) =
        if flat { (r.outputs(true).into_iter().chain(r.outputs(false)).collect(), vec![]) } else { (r.outputs(true), r.outputs(false)) };
    for stage in 0..=r.last() {
        w.outer(stage)?;
        w.reduce(stage, &partial, other)?;
        passes += 1;
    }
    let targets: Vec<usize> = elements.iter().map(|o| o.1).collect();
    if flat {
        w.element(&targets)?;
        w.store(&elements, 0)?;
    } else if !elements.is_empty() {
        let begin = w.here();
        w.plain(Operation::Open, 0, &[], 1, 0)?;
        w.plain(Operation::Start, 0, &[], 0, 0)?;
        w.element(&targets)?;
        w.store(&elements, 0)?;
        w.worded(Operation::Next, 0, begin + 1, 0, 0, 0)?;
    }
    w.store(&outers, 1)?;
    w.plain(Operation::End, 0, &[], 0, 0)?;
    let Writer { code, used, .. } = w;
    if let Word::Value(head) = &mut words.0[1] {
        *head |= (start as u64) << 32;
    }
    words.0.extend(code.iter().map(|&i| Word::Value(i)));
    if words.0.len() > WORDS {
        return None;
    }
    let lanes = !flat && tape.order == Order::Lanes;
    let wide = if lanes { LANES } else { 1 };
    let steps = code.len() as f64 * if flat { 1.0 } else { passes as f64 * len.div_ceil(wide) as f64 };
    let seconds = (steps * STEP).max(steps * (rows * wide) as f64 * BUSY_STEP);
    let blocks = (rows * wide).div_ceil(THREADS);
    // An instruction on a word of the arguments reads a second operand, too, and ignores it: from the first place or the second.
    let shared = 8 * THREADS * used.max(2);
    Some(Call { class, words, grid: [blocks as u32, 1], shared: shared as u32, seconds })
}
