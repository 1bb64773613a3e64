//! The operations that the generic kernel knows: their numbers, and their text, which is that of generated kernels on one element.

use crate::launch::Source;
use crate::tape::text::{application, combine, conversion, division, identity, index, memory, operand, register};
use lazulite_base::tape::ReduceOp;
use lazulite_base::{Dtype, Op};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Threads of a block.
pub const THREADS: usize = 128;
/// Words of the arguments: as many as a launch may have on every device.
pub const WORDS: usize = 496;
/// Most axes of a space.
pub const RANK: usize = 6;
/// Most values at a time: shared memory that a block may ask for.
pub const PLACES: usize = crate::tape::keep::SHARED / (8 * THREADS);

/// What one instruction of the kernel does. Dtypes of operands and results are those of registers: a half is an f32 there, and rounded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Ends the thread.
    End,
    /// An element of an input in memory.
    Load(Dtype),
    /// The index along an axis.
    Index(Dtype),
    /// Writes an element of an output.
    Store(Dtype),
    /// A scalar as it is given at launch.
    Param(Dtype),
    /// Goes back to [`Operation::Start`] while the block has elements.
    Next,
    /// Goes back to [`Operation::Open`] while the row has blocks.
    Again,
    /// The row's first block; with a flag, the block is the row.
    Open,
    /// The block's first elements.
    Start,
    /// The value of lane `flags` further down the warp; of the first lane without flags.
    Shuffle,
    /// A conversion.
    Cast(Dtype, Dtype),
    /// A row of the table, on operands of a dtype.
    Apply(Op, Dtype),
    /// A quotient of halves or f32 through the divisor's reciprocal.
    Divide(Dtype),
    /// What a reduction starts from.
    Identity(ReduceOp, Dtype),
    /// A step of a reduction: with flag 1 only where there is an element, with flag 2 the second operand alone in the first block.
    Combine(ReduceOp, Dtype),
}

use Operation::*;

/// The dtype in which values of a dtype are in registers.
pub fn held(d: Dtype) -> Dtype {
    if d.is_half() { Dtype::F32 } else { d }
}

/// Which dtypes a generic kernel takes: compiling all of them takes a few times as long as compiling those that most programs use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Those of most programs: bool, integers of 32 bits, halves, f32.
    Common,
    /// All but complex numbers.
    Real,
}

impl Class {
    /// The classes, the smaller first.
    pub const ALL: [Class; 2] = [Class::Common, Class::Real];

    /// Whether its kernel takes values of a dtype.
    pub fn takes(self, d: Dtype) -> bool {
        match self {
            Class::Common => matches!(d, Dtype::Bool | Dtype::I32 | Dtype::U32 | Dtype::F16 | Dtype::BF16 | Dtype::F32),
            Class::Real => d != Dtype::C64,
        }
    }

    /// Its kernel, written when it is first asked for.
    pub fn kernel(self) -> &'static Kernel {
        static KERNELS: [LazyLock<Kernel>; 2] = [LazyLock::new(|| Kernel::new(Class::Common)), LazyLock::new(|| Kernel::new(Class::Real))];
        &KERNELS[self as usize]
    }
}

/// Every operation with its text: those with a place in memory first, then the others that take a word of the arguments.
fn all(class: Class) -> Vec<(Operation, String)> {
    let dtypes = || Dtype::ALL.into_iter().filter(|&d| class.takes(d));
    let registers = || dtypes().filter(|d| !d.is_half());
    let element = |d: Dtype| format!("(({}*)p.w[at])[off]", memory(d));
    let mut out = vec![(End, String::new())];
    out.extend(dtypes().map(|d| (Load(d), format!("if (active) y = word_of(get({}));", element(d)))));
    out.extend(registers().map(|d| (Index(d), format!("y = word_of({});", index(d, "off")))));
    out.extend(dtypes().map(|d| {
        let t = register(d);
        (Store(d), format!("if (flags ? lane == 0 : active) put_rounded({}, bits<{t}>(A)); continue;", element(d)))
    }));
    out.extend(dtypes().map(|d| (Param(d), format!("y = word_of(get(bits<{}>(p.w[at])));", memory(d)))));
    out.extend([Next, Again, Open, Start, Shuffle].map(|o| (o, String::new())));
    let operands = |op: Op, n: usize, d: Dtype| -> String {
        let one = |(k, name): (usize, &&str)| {
            let (d, word) = (if op == Op::Select && k == 0 { Dtype::Bool } else { d }, name.to_uppercase());
            format!("const {} {name} = bits<{}>({word}); ", operand(op, d), register(d))
        };
        ["a", "b", "c"].iter().enumerate().take(n).map(one).collect()
    };
    for from in registers() {
        for to in registers() {
            let x = operands(Op::Conjugate, 1, from);
            out.push((Cast(from, to), format!("{{ {x}y = word_of(({})({})); }}", register(to), conversion(from, to, "a"))));
        }
    }
    for &op in Op::ALL {
        let taken = |d: Dtype| op.operand_dtype(d) == Some(d);
        for d in registers().filter(|&d| taken(d)) {
            let (x, to) = (operands(op, op.info().arity, d), op.result_dtype(d));
            out.push((Apply(op, d), format!("{{ {x}const {} v = {}; y = word_of(v); }}", register(to), application(op, to))));
        }
    }
    for d in dtypes().filter(|&d| register(d) == "float") {
        let x = operands(Op::Divide, 2, d);
        out.push((Divide(d), format!("{{ {x}y = word_of({}); }}", division(d, "a", "b", "divisor(b)"))));
    }
    for d in registers() {
        for op in [ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
            let t = register(d);
            out.push((Identity(op, d), format!("y = word_of(({t})({}));", identity(op, d))));
            let x = operands(Op::Maximum, 2, d);
            let step = combine(op, "a", "b");
            // Lanes without an element keep what they have, so that a warp stays together.
            let text = format!("{{ {x}y = (flags & 1) && !active ? A : (flags & 2) && from == 0 ? B : word_of({step}); }}");
            out.push((Combine(op, d), text));
        }
    }
    out
}

/// A generic kernel.
pub struct Kernel {
    numbers: HashMap<Operation, u16>,
    /// Its text.
    pub source: Source,
}

/// The reductions that the table of text has functions for: of bool, any is a sum and all is a product.
fn plain(op: ReduceOp) -> ReduceOp {
    match op {
        ReduceOp::Any => ReduceOp::Sum,
        ReduceOp::All => ReduceOp::Prod,
        op => op,
    }
}

impl Operation {
    /// What reduction `op` starts from.
    pub fn identity(op: ReduceOp, d: Dtype) -> Operation {
        Identity(plain(op), held(d))
    }

    /// A step of reduction `op`.
    pub fn combine(op: ReduceOp, d: Dtype) -> Operation {
        Combine(plain(op), held(d))
    }
}

impl Kernel {
    fn new(class: Class) -> Kernel {
        let all = all(class);
        let numbers: HashMap<Operation, u16> = all.iter().enumerate().map(|(i, (o, _))| (*o, i as u16)).collect();
        let last = |f: fn(&Operation) -> bool| all.iter().rposition(|(o, _)| f(o)).unwrap_or(0).to_string();
        let mut cases = String::new();
        for (i, (operation, text)) in all.iter().enumerate() {
            let _ = match operation {
                End | Next | Again | Open | Start | Shuffle => Ok(()),
                Store(_) => writeln!(cases, "    case {i}: {text}"),
                _ => writeln!(cases, "    case {i}: {text} break;"),
            };
        }
        let control = [("END", End), ("OPEN", Open), ("START", Start), ("NEXT", Next), ("AGAIN", Again), ("SHUFFLE", Shuffle)];
        let mut text = include_str!("../../kernels/generic.cu").to_string();
        for (name, o) in control {
            text = text.replace(&format!("case {name}:"), &format!("case {}:", numbers[&o]));
        }
        let blanks = [
            ("PLACED", last(|o| matches!(o, Store(_)))),
            ("WORDED", last(|o| matches!(o, Again))),
            ("WORDS", WORDS.to_string()),
            ("THREADS", THREADS.to_string()),
            ("RANK", RANK.to_string()),
            ("CASES\n", cases),
        ];
        for (name, value) in blanks {
            text = text.replace(name, &value);
        }
        // Its functions are called, not inlined.
        Kernel { numbers, source: Source { text, slow: usize::MAX, complex: false } }
    }

    /// The number of an operation; `None` if the kernel does not know it.
    pub fn number(&self, operation: Operation) -> Option<u16> {
        self.numbers.get(&operation).copied()
    }
}
