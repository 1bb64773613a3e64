//! Emits one program: the steps that compute some of a tape's instructions for one tile, with registers on buffers.

use super::kernels::{self, Fun, Pick, width};
use super::space::{Access, LINES, Space};
use crate::simd::Level;
use lazulite_base::tape::{Inst, Instr, Order, ReduceOp, Reg, Tape, Varies};
use lazulite_base::{Dtype, Op};
use smallvec::SmallVec;

/// A place in the table of pointers that steps name their operands by.
pub type Slot = u16;

/// One kernel call.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub f: Fun,
    pub imm: u64,
    pub d: Slot,
    pub a: Slot,
    pub b: Slot,
    pub c: Slot,
    /// Whether it works on one element, whatever the tile.
    pub one: bool,
}

/// A slot that follows the tile through an operand.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    pub slot: Slot,
    pub operand: u16,
    pub step: isize,
}

/// A copy between an operand and a buffer.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    pub slot: Slot,
    pub operand: u16,
    /// Whether it moves one element, whatever the tile.
    pub one: bool,
}

/// A slot that follows the tile through the turned lines of an operand, which lie at an offset in scratch memory.
#[derive(Clone, Copy, Debug)]
pub struct Turned {
    pub slot: Slot,
    pub operand: u16,
    pub offset: usize,
}

/// A slot that follows the tile through a value kept from one phase to the next.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub slot: Slot,
    pub offset: usize,
    pub width: usize,
}

/// What one tile does: pointers are moved, operands fetched, steps run; then (after reductions) results are written.
#[derive(Default, Debug)]
pub struct Program {
    pub moves: Vec<Move>,
    pub kept: Vec<Kept>,
    pub fetch: Vec<Transfer>,
    pub turned: Vec<Turned>,
    pub steps: Vec<Step>,
    /// What reductions of this phase accumulate, in their order.
    pub reduced: Vec<Reduced>,
    pub late: Vec<Step>,
    pub write: Vec<Transfer>,
}

/// How a reduction accumulates a tile along a row.
#[derive(Clone, Copy, Debug)]
pub struct Reduced {
    pub run: Fun,
    /// Its operands; the first alone is what reductions across rows read.
    pub slots: [Slot; 3],
}

/// Where a register is.
#[derive(Clone, Copy, Debug)]
pub struct Loc {
    pub slot: Slot,
    /// One value for the whole tile.
    pub scalar: bool,
    /// A buffer to be freed after the last use.
    temporary: bool,
}

/// To what scratch memory is aligned.
pub const SMALL: usize = 64;

/// Two operations of one kernel, and whether the first gives the second's second operand.
type Pair = (Op, Op, bool);

/// The state shared by the programs of a tape: slots and memory.
pub struct Emitter<'a> {
    pub tape: &'a Tape,
    pub space: &'a Space,
    pub level: Level,
    /// Elements of a tile.
    pub tile: usize,
    /// Every slot's place in the scratch memory; `None` for those that move.
    pub slots: Vec<Option<usize>>,
    /// Bytes of scratch memory given out.
    pub bytes: usize,
    /// Where values are that outlive a program.
    pub lasting: Vec<Option<Loc>>,
    /// The operand of every index instruction.
    pub index_operand: Vec<u16>,
    /// Values kept from phase to phase: their registers and places.
    pub keeping: Vec<(Reg, Kept)>,
    buffer: usize,
    pool: Vec<Slot>,
    free: Vec<Slot>,
    uses: Vec<u32>,
    last_use: Vec<u32>,
    loc: Vec<Option<Loc>>,
    /// The instruction that is done in one kernel with an earlier one: which, and whether as its second operand.
    paired: Vec<Option<(Reg, bool)>>,
    /// Instructions of the program.
    made: Vec<bool>,
    /// Instructions that a later kernel does.
    absorbed: Vec<bool>,
}

impl<'a> Emitter<'a> {
    pub fn new(tape: &'a Tape, space: &'a Space, level: Level, tile: usize) -> Emitter<'a> {
        let n = tape.code.len();
        let widest = tape.code.iter().map(|i| width(i.dtype)).max().unwrap_or(1);
        let mut next = (tape.inputs.len() + tape.outputs.len()) as u16;
        let mut index_operand = vec![0; n];
        for (i, ins) in tape.code.iter().enumerate() {
            if matches!(ins.inst, Inst::Index(_)) {
                index_operand[i] = next;
                next += 1;
            }
        }
        Emitter {
            tape,
            space,
            level,
            tile,
            slots: vec![Some(0)],
            bytes: SMALL,
            lasting: vec![None; n],
            index_operand,
            keeping: Vec::new(),
            buffer: (tile * widest).next_multiple_of(64) + 128,
            pool: Vec::new(),
            free: Vec::new(),
            uses: vec![0; n],
            last_use: vec![0; n],
            loc: Vec::new(),
            paired: vec![None; n],
            made: vec![false; n],
            absorbed: vec![false; n],
        }
    }

    /// Scratch memory of `bytes`, as an offset.
    pub fn reserve(&mut self, bytes: usize) -> usize {
        let at = self.bytes;
        self.bytes += bytes.next_multiple_of(SMALL);
        at
    }

    /// A slot fixed to new scratch memory.
    pub fn fixed(&mut self, bytes: usize) -> Slot {
        let at = self.reserve(bytes);
        self.slots.push(Some(at));
        (self.slots.len() - 1) as Slot
    }

    /// A slot that moves.
    pub fn moving(&mut self) -> Slot {
        self.slots.push(None);
        (self.slots.len() - 1) as Slot
    }

    fn buffer(&mut self) -> Slot {
        if let Some(s) = self.free.pop() {
            return s;
        }
        let s = self.fixed(self.buffer);
        self.pool.push(s);
        s
    }

    fn release(&mut self, r: Reg) {
        let r = r as usize;
        self.uses[r] -= 1;
        if self.uses[r] == 0
            && let Some(Loc { slot, temporary: true, .. }) = self.loc[r]
        {
            self.free.push(slot);
            self.loc[r] = None;
        }
    }

    fn at(&self, r: Reg) -> Loc {
        self.loc[r as usize].expect("operands are made before they are used")
    }

    /// Says where a register's value lasts.
    pub fn last(&mut self, r: Reg, slot: Slot, scalar: bool) {
        self.lasting[r as usize] = Some(Loc { slot, scalar, temporary: false });
    }

    /// A register's value as a whole tile, spread into a buffer if it is a scalar; the buffer, if it is a new one.
    fn spread(&mut self, p: &mut Program, r: Reg) -> (Slot, Option<Slot>) {
        let loc = self.at(r);
        if !loc.scalar {
            return (loc.slot, None);
        }
        let d = self.buffer();
        p.steps.push(step(kernels::splat(self.level, self.tape.code[r as usize].dtype), d, loc.slot, false));
        (d, Some(d))
    }

    /// A slot that follows the tile through an operand.
    fn pointer(&mut self, p: &mut Program, operand: u16) -> Slot {
        let slot = self.moving();
        let o = &self.space.operands[operand as usize];
        if o.access == Access::Turned {
            let offset = self.reserve(LINES * turned_line(self.tile, o.dtype));
            p.turned.push(Turned { slot, operand, offset });
        } else {
            p.moves.push(Move { slot, operand, step: o.step });
        }
        slot
    }

    /// Emits the program that computes `todo` (rising), keeps what `reduced` names for reductions, and writes `outputs` (numbers of
    /// outputs). `one`: the program works on single values.
    pub fn program(&mut self, one: bool, todo: &[Reg], reduced: &[(ReduceOp, Reg)], outputs: &[usize]) -> Program {
        let tape = self.tape;
        let mut p = Program::default();
        self.free.clone_from(&self.pool);
        self.loc.clone_from(&self.lasting);
        if one {
            self.loc.iter_mut().flatten().for_each(|l| l.scalar = false);
        }
        self.uses.fill(0);
        self.last_use.fill(0);
        self.made.fill(false);
        todo.iter().for_each(|&r| self.made[r as usize] = true);
        let mut used = |r: Reg, at: u32, uses: &mut Vec<u32>| {
            uses[r as usize] += 1;
            self.last_use[r as usize] = at;
        };
        for (at, &i) in todo.iter().enumerate() {
            for r in Tape::sources(&tape.code[i as usize].inst) {
                used(r, at as u32, &mut self.uses);
            }
        }
        for r in reduced.iter().map(|r| r.1).chain(outputs.iter().map(|&o| tape.outputs[o].0)) {
            used(r, u32::MAX, &mut self.uses);
        }
        for k in 0..self.keeping.len() {
            let (r, kept) = self.keeping[k];
            if self.uses[r as usize] > 0 || self.made[r as usize] {
                p.kept.push(kept);
            }
        }
        self.pairs(todo, reduced, outputs);
        // Fetches come before every step, so their buffers must not have been anything else.
        let mut raw: SmallVec<[Slot; 4]> = SmallVec::new();
        for &i in todo {
            if let Some(operand) = self.operand(i) {
                raw.extend(self.load(&mut p, one, i, operand));
            }
        }
        self.free.extend(raw);
        let mut direct: SmallVec<[bool; 8]> = smallvec::smallvec![false; outputs.len()];
        for (at, &i) in todo.iter().enumerate() {
            if matches!(tape.code[i as usize].inst, Inst::Apply(..) | Inst::Cast(_)) && !self.absorbed[i as usize] {
                self.compute(&mut p, one, i, at as u32, outputs, &mut direct);
            }
        }
        for &(op, r) in reduced {
            let d = tape.code[r as usize].dtype;
            if self.absorbed[r as usize] && !self.reduce_absorbed(&mut p, op, r) {
                self.compute(&mut p, one, r, u32::MAX, &[], &mut []);
                self.absorbed[r as usize] = false;
            }
            if !self.absorbed[r as usize] {
                let run = match tape.order {
                    Order::Lanes => kernels::lanes(self.level, op, d, None, 0).expect("every reduction has a kernel on vectors"),
                    Order::Blocks => kernels::sequence(self.level, op, d),
                };
                let (slot, _) = self.spread(&mut p, r);
                let soon = self.soon(&mut p, d).unwrap_or(slot);
                p.reduced.push(Reduced { run, slots: [slot, soon, slot] });
            }
        }
        for (k, &o) in outputs.iter().enumerate() {
            if !direct[k] {
                self.write(&mut p, one, o);
            }
        }
        p
    }

    /// A slot on the first output of dtype `d` that a later phase writes along the row, if that phase is cheap: where it is not, its own
    /// work hides the way to memory, and the cache is better left to the values that are kept.
    fn soon(&mut self, p: &mut Program, d: Dtype) -> Option<Slot> {
        if self.space.vertical || d != Dtype::F32 || !self.keeping.is_empty() {
            return None;
        }
        let first = self.tape.inputs.len();
        let written = |o: &usize| {
            self.space.operands[*o].dtype == d && self.space.operands[*o].access == Access::Direct && self.space.operands[*o].step != 0
        };
        let operand = (first..first + self.tape.outputs.len()).find(written)?;
        Some(self.pointer(p, operand as u16))
    }

    /// Finds instructions that one kernel does together, and those whose results only a reduction reads.
    fn pairs(&mut self, todo: &[Reg], reduced: &[(ReduceOp, Reg)], outputs: &[usize]) {
        let tape = self.tape;
        self.paired.fill(None);
        self.absorbed.fill(false);
        let simple = |i: Reg| match tape.code[i as usize] {
            Instr { inst: Inst::Apply(op, r), dtype: Dtype::F32, .. } if op.info().arity < 3 => {
                (tape.code[r[0] as usize].dtype == Dtype::F32).then_some((op, r))
            }
            _ => None,
        };
        let written = |r: Reg| outputs.iter().any(|&o| tape.outputs[o].0 == r);
        for (at, &i) in todo.iter().enumerate() {
            let Some((second, sources)) = simple(i) else { continue };
            let arity = second.info().arity;
            for (k, &r) in sources[..arity].iter().enumerate() {
                let Some((first, inner)) = simple(r) else { continue };
                let free = self.uses[r as usize] == 1 && self.lasting[r as usize].is_none() && self.paired[r as usize].is_none();
                let form = if arity == 1 { 0 } else { 0b100 };
                let first = if first == Op::Square { Op::Multiply } else { first };
                if free && !written(r) && self.made[r as usize] && kernels::pair(self.level, first, second, k == 1, form).is_some() {
                    self.paired[i as usize] = Some((r, k == 1));
                    self.absorbed[r as usize] = true;
                    inner.iter().for_each(|&s| self.last_use[s as usize] = self.last_use[s as usize].max(at as u32));
                    break;
                }
            }
        }
        if self.space.vertical || tape.order != Order::Lanes {
            return;
        }
        for &(_, r) in reduced {
            let lone = self.uses[r as usize] == 1 && self.lasting[r as usize].is_none() && self.made[r as usize];
            if lone && let Some((op, sources)) = simple(r) {
                let inner = self.paired[r as usize].and_then(|(f, _)| simple(f)).map_or([r; 3], |(_, s)| s);
                self.absorbed[r as usize] = matches!(op, Op::Multiply | Op::Square);
                for s in sources.iter().chain(&inner).filter(|_| self.absorbed[r as usize]) {
                    self.last_use[*s as usize] = u32::MAX;
                }
            }
        }
    }

    /// The sources of an instruction, or of the pair that it ends, in the kernel's order; with the operations.
    fn sources(&self, i: Reg) -> (SmallVec<[Reg; 3]>, Option<Pair>) {
        let all = |i: Reg| Tape::sources(&self.tape.code[i as usize].inst).collect::<SmallVec<[Reg; 3]>>();
        let op = |i: Reg| match self.tape.code[i as usize].inst {
            Inst::Apply(op, _) => op,
            _ => unreachable!("pairs are of operations"),
        };
        let own = all(i);
        let Some((first, swapped)) = self.paired[i as usize] else { return (own, None) };
        let mut sources = all(first);
        let square = op(first) == Op::Square;
        if square {
            sources.push(sources[0]);
        }
        if own.len() > 1 {
            sources.push(own[1 - swapped as usize]);
        }
        (sources, Some((if square { Op::Multiply } else { op(first) }, op(i), swapped)))
    }

    /// Has a reduction accumulate the result of an instruction (or pair) that nothing else reads; false if there is no such kernel.
    fn reduce_absorbed(&mut self, p: &mut Program, op: ReduceOp, r: Reg) -> bool {
        let (sources, pair) = self.sources(r);
        let form = sources.iter().enumerate().fold(0u8, |f, (k, &r)| f | ((self.at(r).scalar as u8) << k));
        let Inst::Apply(own, _) = self.tape.code[r as usize].inst else { return false };
        let last = pair.map_or((own, None), |(first, second, _)| (first, Some(second)));
        let Some(run) = kernels::lanes(self.level, op, Dtype::F32, Some(last), form) else { return false };
        let at = |k: usize| self.at(sources[k.min(sources.len() - 1)]).slot;
        p.reduced.push(Reduced { run, slots: [at(0), at(1), at(2)] });
        true
    }

    /// The operand that an instruction reads.
    fn operand(&self, i: Reg) -> Option<u16> {
        match self.tape.code[i as usize].inst {
            Inst::Load(k) => Some(k as u16),
            Inst::Index(_) => Some(self.index_operand[i as usize]),
            _ => None,
        }
    }

    /// Makes a loaded value or an index available; gives a buffer that is free once every fetch is placed.
    fn load(&mut self, p: &mut Program, one: bool, i: Reg, operand: u16) -> Option<Slot> {
        let (d, lasting) = (self.tape.code[i as usize].dtype, self.tape.code[i as usize].varies != Varies::Element);
        let o = &self.space.operands[operand as usize];
        let half = d.is_half() && !o.index;
        let scalar = o.access == Access::Scalar || one;
        let copied = o.index || o.access == Access::Copied;
        let mut raw = None;
        let home = self.lasting[i as usize];
        let slot = if !copied && !half {
            self.pointer(p, operand)
        } else {
            let slot = match home {
                Some(l) => l.slot,
                None => self.buffer(),
            };
            let source = match (copied, half) {
                (false, _) => self.pointer(p, operand),
                (true, false) => slot,
                (true, true) => {
                    raw = Some(self.buffer());
                    raw.expect("just made")
                }
            };
            if copied {
                p.fetch.push(Transfer { slot: source, operand, one: scalar });
            }
            if half {
                p.steps.push(step(kernels::widen(self.level, d), slot, source, scalar));
            }
            slot
        };
        let temporary = !lasting && home.is_none() && (copied || half);
        // In a program on single values nothing is a scalar; for the others, a lasting value is.
        if lasting {
            self.last(i, slot, scalar);
        }
        self.loc[i as usize] = Some(Loc { slot, scalar: scalar && !one, temporary });
        raw
    }

    /// The kernel of an instruction (or pair), and which operands it takes as scalars.
    fn choose(&self, i: Reg, sources: &[Reg], pair: Option<Pair>) -> (Pick, u8) {
        let ins = &self.tape.code[i as usize];
        let operand = self.tape.code[sources[sources.len() - 1] as usize].dtype;
        let Inst::Apply(op, _) = ins.inst else { return (kernels::cast(self.level, operand, ins.dtype).into(), 0) };
        let mut form = sources.iter().enumerate().fold(0u8, |f, (k, &r)| f | ((self.at(r).scalar as u8) << k));
        loop {
            let pick = match pair {
                Some((first, second, swapped)) => kernels::pair(self.level, first, second, swapped, form).map(Pick::from),
                None => kernels::apply(self.level, op, operand, form),
            };
            match pick {
                Some(pick) => return (pick, form),
                None => form &= form - 1,
            }
        }
    }

    fn compute(&mut self, p: &mut Program, one: bool, i: Reg, at: u32, outputs: &[usize], direct: &mut [bool]) {
        let tape = self.tape;
        let ins = &tape.code[i as usize];
        let d = ins.dtype;
        let (sources, pair) = self.sources(i);
        let (pick, form) = self.choose(i, &sources, pair);
        let mut slots = [0; 3];
        let mut spare: SmallVec<[Slot; 3]> = SmallVec::new();
        for (k, &r) in sources.iter().enumerate() {
            if form >> k & 1 == 1 {
                slots[k] = self.at(r).slot;
            } else {
                let (slot, new) = self.spread(p, r);
                slots[k] = slot;
                spare.extend(new);
            }
        }
        let first = self.paired[i as usize].map(|p| p.0);
        let read: SmallVec<[Reg; 4]> = [Some(i), first]
            .into_iter()
            .flatten()
            .flat_map(|i| Tape::sources(&tape.code[i as usize].inst))
            .filter(|&r| Some(r) != first)
            .collect();
        // The result may take the place of an operand of its width, but not of a scalar: that one is read again for every element.
        let early: SmallVec<[Reg; 4]> =
            read.iter().copied().filter(|&r| width(tape.code[r as usize].dtype) == width(d) && !self.at(r).scalar).collect();
        for &r in &early {
            self.release(r);
        }
        let output = outputs.iter().enumerate().find(|&(k, &o)| !direct[k] && tape.outputs[o].0 == i && self.direct(one, o, d, at));
        let loc = match (self.lasting[i as usize], output) {
            (Some(l), _) => Loc { scalar: l.scalar && !one, ..l },
            (None, Some((k, &o))) => {
                direct[k] = true;
                self.uses[i as usize] -= 1;
                let slot = self.pointer(p, (tape.inputs.len() + o) as u16);
                Loc { slot, scalar: false, temporary: false }
            }
            (None, None) => Loc { slot: self.buffer(), scalar: false, temporary: true },
        };
        p.steps.push(Step { f: pick.f, imm: pick.imm, d: loc.slot, a: slots[0], b: slots[1], c: slots[2], one: loc.scalar });
        let rounds = match ins.inst {
            Inst::Apply(op, _) => kernels::rounds(op),
            _ => tape.code[sources[0] as usize].dtype != d,
        };
        if d.is_half() && rounds {
            p.steps.push(step(kernels::round_half(self.level, d), loc.slot, loc.slot, loc.scalar));
        }
        self.loc[i as usize] = Some(loc);
        for &r in read.iter().filter(|r| !early.contains(r)) {
            self.release(r);
        }
        self.free.extend(spare);
    }

    /// Whether the instruction at `at`, of dtype `d`, may write straight into output `o`: nothing that is read later may be that memory.
    fn direct(&self, one: bool, o: usize, d: Dtype, at: u32) -> bool {
        let tape = self.tape;
        let map = &tape.outputs[o].1;
        !one && !d.is_half()
            && self.space.operands[tape.inputs.len() + o].access == Access::Direct
            && !(0..tape.code.len()).any(|r| {
                self.uses[r] > 0 && self.last_use[r] > at && matches!(tape.code[r].inst, Inst::Load(k) if tape.inputs[k as usize] == *map)
            })
    }

    /// Emits the writing of an output that no step writes directly.
    fn write(&mut self, p: &mut Program, one: bool, o: usize) {
        let tape = self.tape;
        let operand = (tape.inputs.len() + o) as u16;
        let r = tape.outputs[o].0;
        let d = tape.code[r as usize].dtype;
        let access = self.space.operands[operand as usize].access;
        let loc = self.at(r);
        let single = one || access == Access::Scalar;
        let mut slot = loc.slot;
        if let Inst::Load(k) = tape.code[r as usize].inst
            && tape.outputs.iter().any(|(_, m)| *m == tape.inputs[k as usize])
        {
            // What is loaded may be overwritten before it is copied.
            let safe = self.buffer();
            p.steps.push(step(kernels::copy(self.level, d), safe, slot, loc.scalar || single));
            slot = safe;
        }
        if loc.scalar && !single {
            let wide = self.buffer();
            p.steps.push(step(kernels::splat(self.level, d), wide, slot, false));
            slot = wide;
        }
        if access == Access::Copied && !one {
            if d.is_half() {
                let narrow = self.buffer();
                p.late.push(step(kernels::narrow(self.level, d), narrow, slot, false));
                slot = narrow;
            }
            p.write.push(Transfer { slot, operand, one: false });
        } else {
            let to = self.pointer(p, operand);
            let f = if d.is_half() { kernels::narrow(self.level, d) } else { kernels::copy(self.level, d) };
            p.late.push(step(f, to, slot, single));
        }
    }
}

/// Bytes from one turned line to the next; not a power of two, so that lines do not fall on the same part of the cache.
pub fn turned_line(tile: usize, d: Dtype) -> usize {
    tile * d.size() + SMALL
}

fn step(f: Fun, d: Slot, a: Slot, one: bool) -> Step {
    Step { f, imm: 0, d, a, b: 0, c: 0, one }
}
