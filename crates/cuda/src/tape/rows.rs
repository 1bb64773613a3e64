//! What all kernels over rows share: the row's place in memory, its outer values, and the values of one element.

use super::space::{Operand, Space, Who};
use super::text::{arguments, divisor, needed, reductions, register, stages, statement};
use crate::launch::Words;
use lazulite_base::tape::{Inst, ReduceOp, Tape, Varies};
use std::fmt::Write;

/// Loaded elements that a thread has in registers before it computes with them.
const AHEAD: usize = 32;

/// A kernel over rows while its text is written.
pub struct Rows<'a> {
    /// The program.
    pub tape: &'a Tape,
    /// Its merged space.
    pub space: &'a Space,
    /// The arguments so far.
    pub words: Words,
    /// The text so far.
    pub body: String,
    /// Reductions before each instruction.
    pub stages: Vec<usize>,
    /// The type of an index within a row, and the signed one, in which sums with constants stay apart and become part of an access.
    pub index: &'static str,
    /// See `index`.
    pub signed: &'static str,
    /// Divisors of the row's inner axes, from the last to the second.
    inner: Vec<String>,
    /// Of each operand: multiplication by its steps over the row's axes, as texts.
    steps: Vec<Vec<String>>,
}

impl<'a> Rows<'a> {
    /// Declares addresses, scalars and steps.
    pub fn new(tape: &'a Tape, space: &'a Space) -> Rows<'a> {
        let mut words = Words::default();
        let mut body = String::new();
        let (index, signed) = if space.narrow() { ("u32", "i32") } else { ("u64", "i64") };
        body.push_str(&arguments(tape, &mut words));
        let _ = writeln!(
            body,
            "  const {index} rows = ({index}){}, len = ({index}){};",
            words.value(space.rows() as u64),
            words.value(space.row() as u64)
        );
        let inner = (1..space.inner.len()).rev().map(|a| words.divisor(space.inner[a])).collect();
        let mut step = |&s: &isize| if s == 1 { String::new() } else { format!(" * (i64){}", words.value(s as u64)) };
        let steps = space.operands.iter().map(|o| o.inner.iter().map(&mut step).collect()).collect();
        Rows { tape, space, words, body, stages: stages(tape), index, signed, inner, steps }
    }

    /// Moves every address to row `row` of the text.
    pub fn locate(&mut self) {
        let rank = self.space.outer.len();
        let index = self.index;
        if rank > 0 {
            let _ = writeln!(self.body, "  {index} rest_ = row;");
        }
        for a in (1..rank).rev() {
            let d = self.words.divisor(self.space.outer[a]);
            let _ =
                writeln!(self.body, "  const {index} q{a} = quotient(rest_, {d}), c{a} = rest_ - q{a} * ({index})({d})[0]; rest_ = q{a};");
        }
        if rank > 0 {
            self.body.push_str("  const u64 c0 = rest_;\n");
        }
        for o in &self.space.operands {
            let mut text = String::new();
            for a in (0..rank).rev() {
                let _ = write!(text, " + (i64)c{a} * (i64){}", self.words.value(o.outer[a] as u64));
            }
            let offset = if text.is_empty() { "0" } else { &text[3..] };
            let _ = match o.who {
                Who::Input(k) => writeln!(self.body, "  x{k} += {offset};"),
                Who::Output(k) => writeln!(self.body, "  y{k} += {offset};"),
                Who::Index(a) => writeln!(self.body, "  const i64 i{a} = {offset};"),
            };
        }
    }

    fn operand(&self, who: Who) -> (usize, &Operand) {
        let at = self.space.operands.iter().position(|o| o.who == who).expect("every operand is there");
        (at, &self.space.operands[at])
    }

    /// The offset of element `j` of the row.
    pub fn offset(&self, who: Who) -> String {
        let (at, o) = self.operand(who);
        let parts: Vec<String> = (0..o.inner.len()).map(|a| format!("(i64)d{a}{}", self.steps[at][a])).collect();
        if parts.is_empty() { "0".into() } else { parts.join(" + ") }
    }

    /// The coordinates of element `j` along the row's axes.
    pub fn coordinates(&self) -> String {
        let (rank, index) = (self.space.inner.len(), self.index);
        match rank {
            0 => return String::new(),
            1 => return format!("const {} d0 = j;\n", self.signed),
            _ => {}
        }
        let mut text = format!("{index} left_ = j;");
        for (a, d) in (1..rank).rev().zip(&self.inner) {
            let _ = write!(text, " const {index} e{a} = quotient(left_, {d}), d{a} = left_ - e{a} * ({index})({d})[0]; left_ = e{a};");
        }
        text + &format!(" const {index} d0 = left_;\n")
    }

    fn leaf(&self, i: usize) -> String {
        let element = self.tape.code[i].varies == Varies::Element;
        match self.tape.code[i].inst {
            Inst::Load(k) if element => format!("get(x{k}[{}])", self.offset(Who::Input(k as usize))),
            Inst::Load(k) => format!("get(x{k}[0])"),
            Inst::Param(k) => format!("p{k}"),
            Inst::Index(a) if element => format!("i{a} + {}", self.offset(Who::Index(a as usize))),
            Inst::Index(a) => format!("i{a}"),
            _ => String::new(),
        }
    }

    /// Writes the values of the row that are there after `stage` reductions.
    pub fn outer(&mut self, stage: usize) {
        for i in 0..self.tape.code.len() {
            let ins = &self.tape.code[i];
            if ins.varies != Varies::Element && self.stages[i] == stage {
                let text = match ins.inst {
                    Inst::Reduce(..) => divisor(self.tape, i),
                    _ => statement(self.tape, i, &self.leaf(i)),
                };
                self.body.push_str(&text);
            }
        }
    }

    /// The statements that make `targets` for element `j`; `known` has the texts of values that are kept.
    pub fn element(&self, targets: &[usize], known: &dyn Fn(usize) -> Option<String>) -> String {
        let list = needed(self.tape, targets, &|i| known(i).is_some());
        let mut text = self.coordinates();
        let mut used: Vec<usize> = targets.to_vec();
        used.extend(list.iter().flat_map(|&i| Tape::sources(&self.tape.code[i].inst).map(|r| r as usize)));
        used.sort_unstable();
        used.dedup();
        for i in used {
            if let Some(k) = known(i) {
                let _ = writeln!(text, "const {} r{i} = {k};", register(self.tape.code[i].dtype));
            }
        }
        for i in list {
            text.push_str(&statement(self.tape, i, &self.leaf(i)));
        }
        text
    }

    /// The reductions whose operands are there after `stage` reductions.
    pub fn reductions(&self, stage: usize) -> Vec<(usize, ReduceOp, usize)> {
        reductions(self.tape, &self.stages, stage)
    }

    /// The last stage there is.
    pub fn last(&self) -> usize {
        self.stages.iter().copied().max().unwrap_or(0)
    }

    /// Outputs per element, or per row: the output and its register.
    pub fn outputs(&self, element: bool) -> Vec<(usize, usize)> {
        let list = self.tape.outputs.iter().enumerate().map(|(k, (r, _))| (k, *r as usize));
        list.filter(|&(k, r)| (self.tape.code[r].varies == Varies::Element || self.wide(k)) == element).collect()
    }

    /// Whether an output has an element for each of the row, though its value may be the same for all.
    fn wide(&self, output: usize) -> bool {
        let (_, o) = self.operand(Who::Output(output));
        o.inner.iter().any(|&s| s != 0)
    }

    /// The statements that store outputs of element `j`, whose values are there.
    pub fn store(&self, outputs: &[(usize, usize)]) -> String {
        let mut text = String::new();
        for &(k, r) in outputs {
            let _ = writeln!(text, "put_rounded(y{k}[{}], r{r});", self.offset(Who::Output(k)));
        }
        text
    }

    /// The statements that store outputs of the row.
    pub fn store_outer(&self) -> String {
        self.outputs(false).iter().map(|(k, r)| format!("    put_rounded(y{k}[0], r{r});\n")).collect()
    }

    /// The loads of elements from memory that `targets` need.
    pub fn loads(&self, targets: &[usize], known: &dyn Fn(usize) -> Option<String>) -> Vec<usize> {
        let load = |i: &usize| matches!(self.tape.code[*i].inst, Inst::Load(_)) && self.tape.code[*i].varies == Varies::Element;
        needed(self.tape, targets, &|i| known(i).is_some()).into_iter().filter(load).collect()
    }

    /// A loop over elements `start`, `start + step`, … below `end`: what the values `targets` of `batch` elements are loaded from, then the
    /// values and `after` for each, so that the loads of a batch are in flight together whatever is computed and stored. With too many loads
    /// for registers, or with values that are kept, the targets themselves come first. A value may be a target more than once.
    #[allow(clippy::too_many_arguments)]
    pub fn batched(
        &mut self,
        start: &str,
        step: usize,
        batch: usize,
        end: &str,
        targets: &[usize],
        known: &dyn Fn(usize) -> Option<String>,
        after: &dyn Fn(&Rows<'_>) -> String,
    ) {
        let (index, signed) = (self.index, self.signed);
        let loads = self.loads(targets, known);
        let kept = (0..self.tape.code.len()).any(|i| known(i).is_some());
        let apart = !kept && !loads.is_empty() && loads.len() * batch <= AHEAD;
        let mut varied: Vec<usize> = targets.iter().copied().filter(|&t| self.tape.code[t].varies == Varies::Element).collect();
        if apart {
            varied = loads;
        }
        varied.sort_unstable();
        varied.dedup();
        let text = self.element(if apart { &varied } else { targets }, known);
        let near = |i: usize| varied.contains(&i).then(|| format!("b{i}[k]")).or_else(|| known(i));
        let values = self.element(targets, &near);
        let after = after(self);
        let mut lists = String::new();
        let mut keep = String::new();
        for &t in &varied {
            let _ = writeln!(lists, "    {} b{t}[{batch}];", register(self.tape.code[t].dtype));
            let _ = writeln!(keep, "    b{t}[k] = r{t};");
        }
        let _ = writeln!(self.body, "  for ({index} at_ = {start}; at_ < {end}; at_ += {}) {{\n{lists}", batch * step);
        let each = format!("#pragma unroll\n    for (i32 k = 0; k < {batch}; k++) {{ const {signed} j = ({signed})at_ + k * {step};");
        let both = |inside: &str| format!("{each}{inside} {{\n{text}{keep}    }} }}\n{each}{inside} {{\n{values}{after}    }} }}\n");
        let inside = format!(" if (({index})j < {end})");
        if apart {
            // A batch that is whole needs no question for each element.
            let whole = both("");
            let _ = write!(self.body, "  if (at_ + {} < {end}) {{\n{whole}  }} else {{\n{}  }}\n", (batch - 1) * step, both(&inside));
        } else {
            self.body.push_str(&both(&inside));
        }
        self.body.push_str("  }\n");
    }
}
