//! One traced function: its program without calls of other programs, its signature, and what it assumes of shapes.

use super::bytes::{Reader, Writer, broken};
use super::stored;
use super::{Described, Listing, Step};
use crate::Array;
use crate::graph::array::replay;
use crate::graph::node::Aval;
use crate::graph::program::{self, Instr, Program, Recorded, Ref, Refs};
use crate::graph::tag::Kind;
use crate::primitive::{Prim, Role, Val};
use crate::runtime::stream::Stream;
use crate::transforms::compile::GuardScope;
use crate::transforms::{abstract_tree, flatten};
use crate::tree::{Output, Tree};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, Scalar};
use smallvec::SmallVec;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

pub struct Function {
    program: Program,
    /// The keywords of the last arguments, rising.
    keywords: Vec<String>,
    shapeless: bool,
    /// Values whose shapes were read, and what they were.
    guards: Vec<(Ref, Dims)>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program)
    }
}

impl Function {
    /// Calls the function on tracers and writes down what it does.
    #[track_caller]
    pub fn trace<A: Tree, B: Output>(f: impl Fn(&A) -> B, x: &A, names: &[&str], shapeless: bool) -> Result<Function> {
        let (on, leaves) = abstract_tree(x, Kind::Compile, shapeless, |_, a| Aval { weak: false, ..a.aval().clone() });
        if names.len() > leaves.len() {
            return Err(Error::value("export_function", format!("{} names for {} arrays", names.len(), leaves.len())));
        }
        if names.iter().enumerate().any(|(i, name)| names[..i].contains(name)) {
            return Err(Error::value("export_function", format!("a name is given twice in {names:?}")));
        }
        let scope = GuardScope::start();
        let results = flatten(&f(&on).into_tree()?);
        let guarded = scope.end();
        let all: Vec<Array> = results.iter().chain(&guarded).cloned().collect();
        let mut program = inline(Recorded::extract(&leaves, &all).program)?;
        let refs = program.outputs.split_off(results.len());
        let guards = refs.into_iter().zip(&guarded).map(|(r, a)| (r, a.dims().into())).collect();
        // Arguments with keywords in the order of their names, whatever order they were given in.
        let first = leaves.len() - names.len();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&i| names[i]);
        let mut place: Vec<u32> = (0..program.inputs.len() as u32).collect();
        let inputs = program.inputs.clone();
        for (to, &from) in order.iter().enumerate() {
            place[first + from] = (first + to) as u32;
            program.inputs[first + to] = inputs[first + from].clone();
        }
        let mut function = Function { program, keywords: order.iter().map(|&i| names[i].to_owned()).collect(), shapeless, guards };
        function.each_ref(|r| {
            if let Ref::Input(i) = r {
                *i = place[*i as usize];
            }
        });
        Ok(function)
    }

    fn each_ref(&mut self, mut f: impl FnMut(&mut Ref)) {
        let operands = self.program.instrs.iter_mut().flat_map(|i| &mut i.operands);
        operands.chain(&mut self.program.outputs).chain(self.guards.iter_mut().map(|(r, _)| r)).for_each(&mut f);
    }

    fn positional(&self) -> usize {
        self.program.arity() - self.keywords.len()
    }

    fn arguments(&self) -> &[Aval] {
        &self.program.inputs[..self.program.arity()]
    }

    /// Whether a call could mean either.
    pub fn same_signature(&self, other: &Function) -> bool {
        let (a, b) = (self.arguments(), other.arguments());
        let shapes = |(a, b): (&Aval, &Aval)| {
            a.dtype == b.dtype
                && if self.shapeless { a.ndim() == b.ndim() && ones(&a.shape).eq(ones(&b.shape)) } else { a.shape == b.shape }
        };
        a.len() == b.len() && self.keywords == other.keywords && a.iter().zip(b).all(shapes)
    }

    /// Whether a call with these arguments, the last of these names, is one of this function.
    pub fn takes(&self, args: &[Array], names: &[&str]) -> bool {
        // A size of one broadcasts: it is part of what a trace assumes.
        let fits = |(a, x): (&Aval, &Array)| {
            let shape = x.dims();
            let shapes = if self.shapeless { a.ndim() == shape.len() && ones(&a.shape).eq(ones(shape)) } else { a.shape[..] == *shape };
            a.dtype == x.dtype() && shapes
        };
        args.len() == self.program.arity() && self.keywords == *names && self.arguments().iter().zip(args).all(fits)
    }

    /// Builds the function's graph on arguments that it takes.
    pub fn call(&self, args: &[Array], stream: Stream, site: &'static Location<'static>) -> Result<Vec<Array>> {
        let inputs: Vec<Array> = args.iter().chain(&self.program.captures).cloned().collect();
        let adapted;
        let program = if self.shapeless {
            adapted = self.program.reinfer(inputs.iter().map(|a| a.aval().clone()).collect())?;
            for (r, dims) in &self.guards {
                let found = adapted.aval(*r).shape;
                if found != *dims {
                    let text =
                        format!("the function read a shape when it was exported: {:?}, which would be {:?} now", &dims[..], &found[..]);
                    return Err(Error::value("import_function::call", text));
                }
            }
            &adapted
        } else {
            &self.program
        };
        let mut values: Vec<Vec<Array>> = Vec::with_capacity(program.instrs.len());
        for ins in &program.instrs {
            let args: SmallVec<[Val; 3]> = ins.operands.iter().map(|&r| program::value(r, &inputs, &values)).collect();
            values.push(replay(&ins.prim, &args, ins.avals.clone(), site, stream));
        }
        Ok(program.outputs.iter().map(|&r| program::value(r, &inputs, &values).array()).collect())
    }

    /// The signature as text.
    pub fn signature(&self) -> String {
        let names: Vec<&str> = self.keywords.iter().map(String::as_str).collect();
        describe(self.positional(), &names, self.arguments().iter().map(|a| (&a.shape[..], a.dtype)))
    }

    /// Where its captured arrays are in the list of all, which grows by those that are new.
    pub fn places(&self, constants: &mut Vec<Array>) -> Vec<u64> {
        let place = |a: &Array| {
            let found = constants.iter().position(|c| c.is(a)).unwrap_or_else(|| {
                constants.push(a.clone());
                constants.len() - 1
            });
            found as u64
        };
        self.program.captures.iter().map(place).collect()
    }

    pub fn write(&self, w: &mut Writer, places: &[u64]) -> Result<()> {
        w.word(self.shapeless as u64);
        w.count(self.program.arity());
        self.arguments().iter().for_each(|a| write_aval(w, a));
        w.count(self.keywords.len());
        self.keywords.iter().for_each(|k| w.text(k));
        w.count(places.len());
        for (&p, a) in places.iter().zip(&self.program.inputs[self.program.arity()..]) {
            w.word(p);
            w.word(a.weak as u64);
        }
        w.count(self.program.instrs.len());
        for ins in &self.program.instrs {
            stored::write(&ins.prim, w);
            w.count(ins.operands.len());
            ins.operands.iter().for_each(|&r| write_ref(w, r));
            w.count(ins.avals.len());
            ins.avals.iter().for_each(|a| write_aval(w, a));
        }
        w.count(self.program.outputs.len());
        self.program.outputs.iter().for_each(|&r| write_ref(w, r));
        w.count(self.guards.len());
        for (r, dims) in &self.guards {
            write_ref(w, *r);
            w.count(dims.len());
            dims.iter().for_each(|&n| w.count(n));
        }
        Ok(())
    }

    pub fn read(r: &mut Reader<'_>, constants: &[Array], site: &'static Location<'static>) -> Result<Function> {
        let shapeless = r.word()? == 1;
        let mut inputs: Vec<Aval> = r.list(read_aval)?;
        let keywords: Vec<String> = r.list(Reader::text)?;
        if keywords.len() > inputs.len() || keywords.windows(2).any(|w| w[0] >= w[1]) {
            return Err(broken("the keywords do not fit the arguments"));
        }
        let places: Vec<(usize, bool)> = r.list(|r| Ok((r.size()?, r.word()? == 1)))?;
        let mut captures = Vec::with_capacity(places.len());
        for (place, weak) in places {
            let a = constants.get(place).ok_or_else(|| broken("there is no such constant"))?;
            inputs.push(Aval { weak, ..a.aval().clone() });
            captures.push(a.clone());
        }
        let mut program = Program::new(inputs, captures);
        for _ in 0..r.size()? {
            let prim = stored::read(r)?;
            let operands: Refs = r.list(|r| read_ref(r, &program))?;
            let avals: SmallVec<[Aval; 1]> = r.list(read_aval)?;
            let inputs: Vec<Aval> = operands.iter().map(|&o| program.aval(o)).collect();
            // A primitive's inference takes for granted what its operation checked; what is stored may lie.
            let inferred = catch_unwind(AssertUnwindSafe(|| crate::ops::infer(&prim, &inputs)));
            let same = |i: &SmallVec<[Aval; 1]>| i.iter().map(|a| (&a.shape, a.dtype)).eq(avals.iter().map(|a| (&a.shape, a.dtype)));
            if !inferred.is_ok_and(|i| i.is_ok_and(|i| same(&i))) {
                return Err(broken(format!("an instruction `{}` does not make what it is said to make", prim.name())));
            }
            program.instrs.push(Instr { prim, operands, avals, site, stream: Stream::current() });
        }
        program.outputs = r.list(|r| read_ref(r, &program))?;
        let guards = r.list(|r| Ok((read_ref(r, &program)?, r.list(Reader::size)?)))?;
        Ok(Function { program, keywords, shapeless, guards })
    }

    pub fn listing(&self) -> Listing {
        let p = &self.program;
        let mut names = Names::default();
        let inputs: Vec<String> = p.inputs.iter().map(|_| names.next()).collect();
        let values: Vec<Vec<String>> = p.instrs.iter().map(|i| i.avals.iter().map(|_| names.next()).collect()).collect();
        let mut constants: Vec<(String, Array)> = inputs[p.arity()..].iter().cloned().zip(p.captures.iter().cloned()).collect();
        let mut describe = |r: Ref| -> Described {
            let name = match r {
                Ref::Input(i) => inputs[i as usize].clone(),
                Ref::Value { index, out } => values[index as usize][out as usize].clone(),
                Ref::Scalar(s) => {
                    let name = names.next();
                    constants.push((name.clone(), Array::scalar(s)));
                    name
                }
            };
            let aval = p.aval(r);
            (name, aval.shape.to_vec(), aval.dtype)
        };
        let step = |(index, ins): (usize, &Instr)| Step {
            name: ins.prim.name(),
            arguments: if let Prim::Other(o) = &ins.prim { o.attributes() } else { String::new() },
            inputs: ins.operands.iter().map(|&r| describe(r)).collect(),
            outputs: (0..ins.avals.len() as u32).map(|out| describe(Ref::Value { index: index as u32, out })).collect(),
        };
        let steps = p.instrs.iter().enumerate().map(step).collect();
        let outputs = p.outputs.iter().map(|&r| describe(r)).collect();
        let arguments: Vec<Described> = (0..p.arity()).map(|i| describe(Ref::Input(i as u32))).collect();
        let keywords = self.keywords.iter().cloned().zip(inputs[self.positional()..].iter().cloned()).collect();
        Listing { inputs: arguments, keywords, outputs, constants, steps }
    }
}

/// Which sizes are one.
fn ones(shape: &[usize]) -> impl Iterator<Item = bool> {
    shape.iter().map(|&n| n == 1)
}

/// A signature as text: positional arguments, then those with keywords.
pub fn describe<'a>(positional: usize, names: &[&str], values: impl Iterator<Item = (&'a [usize], Dtype)>) -> String {
    let mut text = format!("{positional} positional inputs and {} keyword inputs:\n", names.len());
    for (i, (shape, dtype)) in values.enumerate() {
        let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
        let name = if i < positional { (i + 1).to_string() } else { format!("\"{}\"", names[i - positional]) };
        let _ = writeln!(text, "   {name}: ({}) {dtype}", sizes.join(","));
    }
    text
}

/// Names of values: A, B, ..., Z, AA, AB, ...
#[derive(Default)]
pub struct Names(usize);

impl Names {
    pub fn next(&mut self) -> String {
        let mut n = self.0;
        self.0 += 1;
        let mut letters = Vec::new();
        loop {
            letters.push(b'A' + (n % 26) as u8);
            if n < 26 {
                break;
            }
            n = n / 26 - 1;
        }
        letters.iter().rev().map(|&b| b as char).collect()
    }
}

/// The same program without calls of programs, and without nodes that only differentiation sees and that change no derivative.
fn inline(program: Program) -> Result<Program> {
    let mut out = Program::new(program.inputs.clone(), program.captures.clone());
    let inputs: Vec<Ref> = (0..program.inputs.len() as u32).map(Ref::Input).collect();
    out.outputs = append(&mut out, &program, &inputs)?;
    Ok(out)
}

/// Appends a program on other inputs; its outputs.
fn append(out: &mut Program, program: &Program, inputs: &[Ref]) -> Result<Vec<Ref>> {
    let mut values: Vec<Vec<Ref>> = Vec::with_capacity(program.instrs.len());
    let at = |r: Ref, values: &[Vec<Ref>]| match r {
        Ref::Input(i) => inputs[i as usize],
        Ref::Value { index, out } => values[index as usize][out as usize],
        Ref::Scalar(_) => r,
    };
    for ins in &program.instrs {
        let operands: Refs = ins.operands.iter().map(|&r| at(r, &values)).collect();
        let made = match &ins.prim {
            prim if stored::known(prim) => {
                let index = out.instrs.len() as u32;
                let (prim, avals) = (prim.clone(), ins.avals.clone());
                out.instrs.push(Instr { prim, operands, avals, site: ins.site, stream: ins.stream });
                (0..ins.avals.len() as u32).map(|out| Ref::Value { index, out }).collect()
            }
            Prim::Other(p) => match p.role() {
                Role::Call(inner) => append(out, inner, &operands)?,
                Role::Alias if p.is_transparent() => operands[..ins.avals.len()].to_vec(),
                _ => return Err(unwritable(ins)),
            },
            _ => return Err(unwritable(ins)),
        };
        values.push(made);
    }
    Ok(program.outputs.iter().map(|&r| at(r, &values)).collect())
}

fn unwritable(ins: &Instr) -> Error {
    Error::value("export_function", format!("Unable to serialize primitive {}", ins.prim.name())).at(ins.site)
}

fn write_aval(w: &mut Writer, a: &Aval) {
    w.text(a.dtype.name());
    w.word(a.weak as u64);
    w.count(a.ndim());
    a.shape.iter().for_each(|&n| w.count(n));
}

fn read_aval(r: &mut Reader<'_>) -> Result<Aval> {
    let (dtype, weak) = (r.dtype()?, r.word()? == 1);
    let shape: Dims = r.list(Reader::size)?;
    let bytes = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d.max(1)));
    bytes.filter(|&n| n <= isize::MAX as usize).ok_or_else(|| broken("a shape is too large"))?;
    Ok(Aval { shape, dtype, weak })
}

fn write_ref(w: &mut Writer, r: Ref) {
    let (kind, a, b) = match r {
        Ref::Input(i) => (0, i as u64, 0),
        Ref::Value { index, out } => (1, index as u64, out as u64),
        Ref::Scalar(s) => (2, s.bits(), Dtype::ALL.iter().position(|&d| d == s.dtype()).expect("a dtype") as u64),
    };
    w.word(kind);
    w.word(a);
    w.word(b);
}

/// A value that is there so far.
fn read_ref(r: &mut Reader<'_>, program: &Program) -> Result<Ref> {
    let (kind, a, b) = (r.word()?, r.word()?, r.word()?);
    let found = match kind {
        0 if a < program.inputs.len() as u64 => Some(Ref::Input(a as u32)),
        1 => {
            let there = program.instrs.get(a as usize).is_some_and(|i| b < i.avals.len() as u64);
            there.then_some(Ref::Value { index: a as u32, out: b as u32 })
        }
        2 => Dtype::ALL.get(b as usize).map(|&d| Ref::Scalar(Scalar::from_bits(d, a))),
        _ => None,
    };
    found.ok_or_else(|| broken("a value that is not there"))
}
