//! Instructions of a tape as CUDA text: types, expressions, reductions.

use crate::launch::{Word, Words};
use lazulite_base::tape::{Inst, ReduceOp, Tape, Varies};
use lazulite_base::{Dtype, Op};
use std::fmt::Write;

/// The type of a value in memory.
pub fn memory(d: Dtype) -> &'static str {
    match d {
        Dtype::Bool => "bool",
        Dtype::U8 => "u8",
        Dtype::U16 => "u16",
        Dtype::U32 => "u32",
        Dtype::U64 => "u64",
        Dtype::I8 => "i8",
        Dtype::I16 => "i16",
        Dtype::I32 => "i32",
        Dtype::I64 => "i64",
        Dtype::F16 => "f16",
        Dtype::BF16 => "bf16",
        Dtype::F32 => "float",
        Dtype::F64 => "double",
        Dtype::C64 => "c64",
    }
}

/// The type of a value in a register: halves are floats, rounded after every instruction.
pub fn register(d: Dtype) -> &'static str {
    match d {
        Dtype::F16 | Dtype::BF16 => "float",
        d => memory(d),
    }
}

/// The expression rounded as the dtype asks.
fn rounded(d: Dtype, text: String) -> String {
    match d {
        Dtype::F16 => format!("round_f16({text})"),
        Dtype::BF16 => format!("round_bf16({text})"),
        _ => text,
    }
}

/// Whether an operation on signed integers must wrap, which C++ leaves undefined.
fn wraps(op: Op) -> bool {
    matches!(op, Op::Add | Op::Subtract | Op::Multiply | Op::Square | Op::Negative)
}

/// Whether an operation costs so much more than a memory access that its value is worth keeping.
pub fn expensive(op: Op) -> bool {
    slow(op) || matches!(op, Op::Exp | Op::Divide | Op::Sqrt | Op::Rsqrt | Op::Reciprocal | Op::Remainder | Op::FloorDivide)
}

/// Whether its code is long: called, not inlined, where many are used.
pub fn slow(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Exp | Expm1
            | Log
            | Log2
            | Log10
            | Log1p
            | Sin
            | Cos
            | Tan
            | Arcsin
            | Arccos
            | Arctan
            | Sinh
            | Cosh
            | Tanh
            | Arcsinh
            | Arccosh
            | Arctanh
            | Erf
            | Erfinv
            | Sigmoid
            | Power
            | Arctan2
            | Logaddexp
    )
}

/// How many of a tape's instructions are slow.
pub fn slow_count(tape: &Tape) -> usize {
    tape.code.iter().filter(|i| matches!(i.inst, Inst::Apply(op, _) if slow(op))).count()
}

/// Whether a tape has complex values.
pub fn complex(tape: &Tape) -> bool {
    tape.code.iter().any(|i| i.dtype == Dtype::C64)
}

/// Whether instruction `i` divides elements by what is the same for many of them, so that the divisor's reciprocal is made once.
pub fn divides(tape: &Tape, i: usize) -> Option<u32> {
    let ins = &tape.code[i];
    match ins.inst {
        Inst::Apply(Op::Divide, [_, b, _])
            if register(ins.dtype) == "float" && ins.varies == Varies::Element && tape.code[b as usize].varies != Varies::Element =>
        {
            Some(b)
        }
        _ => None,
    }
}

/// The declarations of a tape's addresses and scalars: `x*`, `y*`, `p*`, and the reciprocals of scalars that elements are divided by.
pub fn arguments(tape: &Tape, words: &mut Words) -> String {
    let mut text = String::new();
    for (k, m) in tape.inputs.iter().enumerate() {
        let _ = writeln!(text, "  const {t}* x{k} = (const {t}*){};", words.push(Word::Input(k)), t = memory(m.dtype));
    }
    for (k, (_, m)) in tape.outputs.iter().enumerate() {
        let _ = writeln!(text, "  {t}* y{k} = ({t}*){};", words.push(Word::Output(k)), t = memory(m.dtype));
    }
    for (k, &d) in tape.params.iter().enumerate() {
        let _ = writeln!(text, "  const {} p{k} = get(bits<{}>({}));", register(d), memory(d), words.push(Word::Param(k)));
    }
    for (i, ins) in tape.code.iter().enumerate() {
        if let (Inst::Param(k), true) = (ins.inst, is_divisor(tape, i)) {
            let _ = writeln!(text, "  const Divisor d{i}_ = divisor(p{k});");
        }
    }
    text
}

fn is_divisor(tape: &Tape, i: usize) -> bool {
    (i + 1..tape.code.len()).any(|k| divides(tape, k) == Some(i as u32))
}

/// The statement that makes the reciprocal of value `i`, if elements are divided by it.
pub fn divisor(tape: &Tape, i: usize) -> String {
    if is_divisor(tape, i) { format!("const Divisor d{i}_ = divisor(r{i});\n") } else { String::new() }
}

/// The type in which an operation takes operands of a dtype.
pub fn operand(op: Op, d: Dtype) -> &'static str {
    match d {
        Dtype::I32 if wraps(op) => "u32",
        Dtype::I64 if wraps(op) => "u64",
        d => register(d),
    }
}

/// The expression that applies an operation to operands `a`, `b`, `c`, before it is rounded; `d` is the result's dtype.
pub fn application(op: Op, d: Dtype) -> String {
    let text = op.info().gpu;
    if op == Op::Remainder || op == Op::FloorDivide { text.into() } else { format!("({})({text})", register(d)) }
}

/// The expression that divides `a` by `b`, whose reciprocal is `reciprocal`, before it is rounded; `d` is the quotient's dtype.
pub fn division(d: Dtype, a: &str, b: &str, reciprocal: &str) -> String {
    match d {
        Dtype::BF16 => format!("divide_bf16({a}, {reciprocal})"),
        Dtype::F16 => format!("divide_f16({a}, {b}, {reciprocal})"),
        _ => format!("divide({a}, {b}, {reciprocal})"),
    }
}

/// The expression that converts `x`, before it is rounded.
pub fn conversion(from: Dtype, to: Dtype, x: &str) -> String {
    match (from, to) {
        (a, b) if register(a) == register(b) => x.into(),
        (Dtype::C64, Dtype::Bool) => format!("{x} != cx(0.0f, 0.0f)"),
        (Dtype::C64, _) => format!("Cast<{}>::of({x}.re)", register(to)),
        _ => format!("Cast<{}>::of({x})", register(to)),
    }
}

/// The expression that converts the index `x`, before it is rounded.
pub fn index(to: Dtype, x: &str) -> String {
    format!("Cast<{}>::of((i64)({x}))", register(to))
}

/// The statement that computes instruction `i` from registers `r*`. Loads, parameters and indices are given as `leaf`.
pub fn statement(tape: &Tape, i: usize, leaf: &str) -> String {
    let ins = &tape.code[i];
    let t = register(ins.dtype);
    let from = |r: u32| tape.code[r as usize].dtype;
    match ins.inst {
        Inst::Param(_) => format!("const {t} r{i} = {leaf};\n"),
        Inst::Load(_) => format!("const {t} r{i} = {leaf};\n") + &divisor(tape, i),
        Inst::Index(_) => format!("const {t} r{i} = {};\n", rounded(ins.dtype, index(ins.dtype, leaf))) + &divisor(tape, i),
        Inst::Cast(r) => {
            let text = conversion(from(r), ins.dtype, &format!("r{r}"));
            format!("const {t} r{i} = {};\n", rounded(ins.dtype, text)) + &divisor(tape, i)
        }
        Inst::Apply(op, regs) => {
            if let Some(b) = divides(tape, i) {
                let text = division(ins.dtype, &format!("r{}", regs[0]), &format!("r{b}"), &format!("d{b}_"));
                return format!("const {t} r{i} = {};\n", rounded(ins.dtype, text));
            }
            let mut out = format!("{t} r{i}; {{ ");
            for (name, &r) in ["a", "b", "c"].iter().zip(&regs[..op.info().arity]) {
                let _ = write!(out, "const {} {name} = r{r}; ", operand(op, from(r)));
            }
            let text = application(op, ins.dtype);
            let _ = writeln!(out, "r{i} = {}; }}", rounded(ins.dtype, text));
            out + &divisor(tape, i)
        }
        Inst::Reduce(..) => unreachable!("reductions have statements of their own"),
    }
}

/// The function that combines two values.
pub fn combine(op: ReduceOp, a: &str, b: &str) -> String {
    let f = match op {
        ReduceOp::Sum | ReduceOp::Any => "red_add",
        ReduceOp::Prod | ReduceOp::All => "red_mul",
        ReduceOp::Min => "red_min",
        ReduceOp::Max => "red_max",
    };
    format!("{f}({a}, {b})")
}

/// Whether a reduction gives the same bits in any order.
pub fn any_order(op: ReduceOp, d: Dtype) -> bool {
    !d.is_inexact() || d == Dtype::F32 && matches!(op, ReduceOp::Min | ReduceOp::Max)
}

/// The value that a reduction starts from.
pub fn identity(op: ReduceOp, d: Dtype) -> String {
    let t = register(d);
    let sign = if op == ReduceOp::Max { "-" } else { "" };
    match (op, d) {
        (ReduceOp::Sum | ReduceOp::Any, Dtype::C64) => "cx(0.0f, 0.0f)".into(),
        (ReduceOp::Prod | ReduceOp::All, Dtype::C64) => "cx(1.0f, 0.0f)".into(),
        (_, Dtype::C64) => format!("cx({sign}INF_F, {sign}INF_F)"),
        (ReduceOp::Sum | ReduceOp::Any, _) => format!("({t})0"),
        (ReduceOp::Prod | ReduceOp::All, _) => format!("({t})1"),
        (_, Dtype::F32 | Dtype::F16 | Dtype::BF16) => format!("{sign}INF_F"),
        (_, Dtype::F64) => format!("{sign}INF_D"),
        (op, Dtype::Bool) => format!("{}", op == ReduceOp::Min),
        (op, d) => {
            let n = 8 * d.size() as u32;
            let all = u64::MAX >> (64 - n);
            let value = match (op, d.is_unsigned()) {
                (ReduceOp::Max, true) => 0,
                (ReduceOp::Max, false) => all / 2 + 1,
                (_, true) => all,
                (_, false) => all / 2,
            };
            format!("({t}){value:#x}ull")
        }
    }
}

/// How many reductions lie between the tape's inputs and each instruction.
pub fn stages(tape: &Tape) -> Vec<usize> {
    let mut stage = vec![0usize; tape.code.len()];
    for (i, ins) in tape.code.iter().enumerate() {
        let most = Tape::sources(&ins.inst).map(|r| stage[r as usize]).max().unwrap_or(0);
        stage[i] = most + matches!(ins.inst, Inst::Reduce(..)) as usize;
    }
    stage
}

/// The reductions whose operands are there after `stage` reductions, by instruction and operand.
pub fn reductions(tape: &Tape, stages: &[usize], stage: usize) -> Vec<(usize, ReduceOp, usize)> {
    let code = tape.code.iter().enumerate();
    code.filter_map(|(i, ins)| match ins.inst {
        Inst::Reduce(op, r) if stages[i] == stage + 1 => Some((i, op, r as usize)),
        _ => None,
    })
    .collect()
}

/// The instructions that vary over elements, are needed for `targets` and are not `known`, in order.
pub fn needed(tape: &Tape, targets: &[usize], known: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let mut mark = vec![false; tape.code.len()];
    let mut stack: Vec<usize> = targets.to_vec();
    while let Some(i) = stack.pop() {
        let skip = mark[i] || known(i) || tape.code[i].varies != Varies::Element || matches!(tape.code[i].inst, Inst::Reduce(..));
        if !skip {
            mark[i] = true;
            stack.extend(Tape::sources(&tape.code[i].inst).map(|r| r as usize));
        }
    }
    (0..mark.len()).filter(|&i| mark[i]).collect()
}
