//! `compile`: a function traced once a signature, then called as one node. The planner inlines the call, so whatever a program does
//! fuses with its surroundings and equal work is merged; derivatives and batches of a call are programs too, made once and kept.

use crate::Array;
use crate::graph::array::{at_site, node_beside};
use crate::graph::node::{Aval, Avals, Operand, Operands};
use crate::graph::program::{self, Program, Recorded, Ref};
use crate::graph::tag::Kind;
use crate::primitive::{Jvp, Prim, Primitive, Role, Vjp, Vmap};
use crate::runtime::counters::count;
use crate::runtime::stream::Stream;
use crate::transforms::{abstract_leaf, abstract_tree, flatten, unflatten};
use crate::tree::{Output, Tree};
use lazulite_base::Dims;
use lazulite_base::error::Result;
use lazulite_base::key::{Key, KeyHasher};
use rustc_hash::FxHashMap as HashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::panic::Location;
use std::sync::{Arc, Mutex, RwLock};

/// A call of a program.
pub(crate) struct Call {
    program: Arc<Program>,
    /// Its derivatives and batches, by kind and by what is asked of them.
    derived: Mutex<HashMap<Derivation, Derived>>,
}

/// The kinds of derivations.
const VJP: u8 = 0;
const JVP: u8 = 1;
const BATCH: u8 = 2;

/// A word for a batch of the work that `work` stands for.
fn batch_of(work: Key, batched: &[bool], size: usize) -> Key {
    let mut h = KeyHasher::default();
    h.words([work as u64, (work >> 64) as u64].into_iter());
    h.words(batched.iter().map(|&b| b as u64));
    h.word(size as u64);
    h.finish()
}

/// A kind of derivation, a mask of what is asked, and a batch size.
type Derivation = (u8, Vec<bool>, usize);

#[derive(Clone)]
struct Derived {
    call: Arc<Call>,
    /// Which of the results there are; the others are zero.
    present: Vec<bool>,
}

impl Call {
    pub fn new(program: Program) -> Arc<Call> {
        Arc::new(Call { program: Arc::new(program), derived: Mutex::new(HashMap::default()) })
    }

    /// The outputs of a call, which repeats the work of `others`.
    fn apply(self: &Arc<Call>, operands: Operands, site: &'static Location<'static>, others: &[Array]) -> Vec<Array> {
        let avals = self.program.outputs.iter().map(|&r| self.program.aval(r)).collect();
        node_beside(Prim::Other(self.clone()), operands, avals, site, others)
    }

    /// A program derived from this one, made on first use: `make` builds its results on abstract inputs.
    fn derive(
        &self,
        kind: u8,
        mask: Vec<bool>,
        size: usize,
        avals: Vec<Aval>,
        like: &Array,
        make: impl FnOnce(&[Array]) -> Result<Vec<Option<Array>>>,
    ) -> Result<Derived> {
        let key = (kind, mask, size);
        if let Some(d) = self.derived.lock().unwrap_or_else(|e| e.into_inner()).get(&key) {
            return Ok(d.clone());
        }
        let tracer = crate::graph::tag::abstract_trace(Kind::Compile);
        let leaves: Vec<Array> = avals.into_iter().map(|a| abstract_leaf(a, tracer, false, like)).collect();
        let results = make(&leaves)?;
        let present = results.iter().map(Option::is_some).collect();
        let outputs: Vec<Array> = results.into_iter().flatten().collect();
        let mut program = Recorded::extract(&leaves, &outputs).program;
        debug_assert!(program.captures.is_empty(), "a derived program has no inputs but its own");
        program.origin = match kind {
            // A batch repeats the same batches of what this one repeats.
            BATCH => self.program.works().map(|(work, n)| (batch_of(work, &key.1[..n], size), n)).collect(),
            _ => self.program.works().collect(),
        };
        let derived = Derived { call: Call::new(program), present };
        self.derived.lock().unwrap_or_else(|e| e.into_inner()).insert(key, derived.clone());
        Ok(derived)
    }
}

impl Derived {
    /// The results, of which those that there are; `others` is what a derivative is one of.
    fn apply(&self, inputs: &[Array], others: &[Array]) -> Vec<Option<Array>> {
        if self.present.iter().all(|p| !p) {
            return vec![None; self.present.len()];
        }
        let operands = inputs.iter().map(|a| Operand::Edge(a.edge())).collect();
        let mut list = self.call.apply(operands, inputs[0].site(), others).into_iter();
        self.present.iter().map(|&p| if p { list.next() } else { None }).collect()
    }
}

fn arrays(vals: &[crate::primitive::Val]) -> Vec<Array> {
    vals.iter().map(|v| v.array()).collect()
}

impl Primitive for Call {
    fn name(&self) -> &'static str {
        "call"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.program.id);
    }
    fn attributes(&self) -> String {
        format!("{} instructions", self.program.instrs.len())
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let new = self.program.reinfer(inputs.to_vec())?;
        Ok(new.outputs.iter().map(|&r| new.aval(r)).collect())
    }
    fn role(&self) -> Role<'_> {
        Role::Call(&self.program)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let inputs = arrays(cx.inputs);
        let n = inputs.len();
        let mut mask: Vec<bool> = cx.needed.iter().zip(&inputs).map(|(&n, a)| n && a.dtype().is_inexact()).collect();
        let needed = mask.clone();
        mask.extend(cx.cotangents.iter().map(Option::is_some));
        let all: Vec<Array> = inputs.iter().cloned().chain(cx.cotangents.iter().flatten().cloned()).collect();
        let present: Vec<Ref> = self.program.outputs.iter().zip(cx.cotangents).filter(|(_, c)| c.is_some()).map(|(&r, _)| r).collect();
        let avals = all.iter().map(|a| a.aval().clone()).collect();
        let derived = self.derive(VJP, mask, 0, avals, &inputs[0], |leaves| {
            let values = self.program.rebuild_values(&leaves[..n]);
            let cts = present.iter().copied().zip(leaves[n..].iter().cloned()).collect();
            crate::transforms::vjp::backward(&self.program, &|r| program::value(r, &leaves[..n], &values), cts, &needed)
        })?;
        Ok(derived.apply(&all, cx.outputs))
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let inputs = arrays(cx.inputs);
        let n = inputs.len();
        let mask: Vec<bool> = cx.tangents.iter().map(Option::is_some).collect();
        let all: Vec<Array> = inputs.iter().cloned().chain(cx.tangents.iter().flatten().cloned()).collect();
        let avals = all.iter().map(|a| a.aval().clone()).collect();
        let derived = self.derive(JVP, mask.clone(), 0, avals, &inputs[0], |leaves| {
            let values = self.program.rebuild_values(&leaves[..n]);
            let mut rest = leaves[n..].iter().cloned();
            let tangents: Vec<Option<Array>> = mask.iter().map(|&m| if m { rest.next() } else { None }).collect();
            crate::transforms::jvp::forward(&self.program, &|r| program::value(r, &leaves[..n], &values), &tangents)
        })?;
        Ok(derived.apply(&all, cx.outputs))
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let inputs = arrays(cx.inputs);
        let avals = inputs.iter().map(|a| a.aval().clone()).collect();
        let derived = self.derive(BATCH, cx.batched.to_vec(), cx.size, avals, &inputs[0], |leaves| {
            let f = |x: &[Array]| Ok(self.program.rebuild(x));
            Ok(crate::transforms::vmap::batch(&f, leaves, cx.batched, cx.size)?.into_iter().map(Some).collect())
        })?;
        Ok(derived.apply(&inputs, &[]).into_iter().flatten().collect())
    }
}

/// Options of [`compile_with`].
///
/// ```
/// use lazulite::prelude::*;
/// let options = Compile::default().shapeless(true);
/// let f = compile_with(|x: &Array| x.exp(), options);
/// assert_eq!(f(&array![0.0]).item::<f32>().unwrap(), 1.0);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Compile {
    shapeless: bool,
}

impl Compile {
    /// Keeps one trace for every shape of a rank. Where the function reads a shape, the trace holds for that shape only: another one
    /// traces again.
    #[must_use]
    pub fn shapeless(self, on: bool) -> Compile {
        Compile { shapeless: on }
    }
}

/// A trace of a function.
struct Entry<T> {
    program: Program,
    /// The call of this program, for the shapes it was traced with; for others, inferred anew.
    calls: RwLock<HashMap<Key, Arc<Call>>>,
    template: T,
    captures: Vec<Array>,
    guards: Vec<(Ref, Dims)>,
    outputs: usize,
}

thread_local! {
    /// Arrays whose shapes were read, one list for each shapeless trace in progress.
    static GUARDS: RefCell<Vec<Vec<Array>>> = const { RefCell::new(Vec::new()) };
}

/// Notes that the shape of a shapeless tracer was read.
pub(crate) fn record_guard(x: &Array) {
    GUARDS.with_borrow_mut(|lists| lists.iter_mut().for_each(|l| l.push(x.clone())));
}

/// A list of guards that ends with the trace, also by a panic in the traced function.
pub(crate) struct GuardScope;

impl GuardScope {
    pub(crate) fn start() -> GuardScope {
        GUARDS.with_borrow_mut(|l| l.push(Vec::new()));
        GuardScope
    }

    /// The arrays whose shapes were read.
    pub(crate) fn end(self) -> Vec<Array> {
        GUARDS.with_borrow_mut(|lists| lists.last_mut().map(std::mem::take)).unwrap_or_default()
    }
}

impl Drop for GuardScope {
    fn drop(&mut self) {
        let list = GUARDS.with_borrow_mut(Vec::pop);
        drop(list);
    }
}

/// The function, traced once for each signature (tree structure, shapes, dtypes, static values, stream) and called as one unit from
/// then on: no tracing, no planning, a fixed memory plan. Arrays that it captures are inputs of the call, so gradients reach them. It
/// may be called from many threads at once, and transformed in any order: the gradient or the batch of a compiled function is compiled.
///
/// # Errors
/// The function's own, and a tracer error if it reads a value; functions that return plain trees panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let gelu = compile(|x: &Array| x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0);
/// let y = gelu(&array![0.0, 1.0]);
/// assert_eq!(y.shape(), [2]);
/// ```
#[track_caller]
pub fn compile<A, B, F>(f: F) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    compile_with(f, Compile::default())
}

/// [`compile`], with options.
///
/// # Errors
/// As for [`compile`].
///
/// ```
/// use lazulite::prelude::*;
/// let f = compile_with(|x: &Array| x.sum(-1), Compile::default().shapeless(true));
/// assert_eq!(f(&Array::ones([2, 3], Dtype::F32)).shape(), [2]);
/// assert_eq!(f(&Array::ones([5, 3], Dtype::F32)).shape(), [5]); // the same trace
/// ```
#[track_caller]
pub fn compile_with<A, B, F>(f: F, options: Compile) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    let cache: Cache<B::Tree> = RwLock::new(HashMap::default());
    let site = Location::caller();
    move |x| B::wrap(call(x, &f, options, &cache, site))
}

type Cache<T> = RwLock<HashMap<Key, Vec<Arc<Entry<T>>>>>;

fn call<A: Tree, B: Output>(
    x: &A,
    f: &impl Fn(&A) -> B,
    options: Compile,
    cache: &Cache<B::Tree>,
    site: &'static Location<'static>,
) -> Result<B::Tree> {
    let mut inputs = Operands::new();
    let (mut signature, mut shapes) = (KeyHasher::default(), KeyHasher::default());
    let mut inside_shapeless = false;
    x.signature(&mut signature);
    let stream = Stream::current();
    signature.word((stream.id as u64) << 32 | (stream.device.0.backend as u64) << 16 | stream.device.0.index as u64);
    x.visit(&mut |a| {
        let aval = a.aval();
        inside_shapeless |= a.tag().shapeless;
        signature.word(aval.dtype as u64 | (aval.weak as u64) << 8 | (aval.shape.len() as u64) << 16);
        let key = if options.shapeless { &mut shapes } else { &mut signature };
        aval.shape.iter().for_each(|&d| key.word(d as u64));
        if options.shapeless {
            // A size of one broadcasts: it is part of what a trace assumes.
            aval.shape.iter().for_each(|&d| signature.word((d == 1) as u64));
        }
        inputs.push(Operand::Edge(a.edge()));
    });
    if inside_shapeless {
        // A trace around this one must see how shapes flow through.
        return f(x).into_tree();
    }
    let (signature, shapes) = (signature.finish(), shapes.finish());
    // Mostly there is one, or the first holds; the lock is not kept while a trace adapts.
    let known: SmallVec<[_; 2]> = cache.read().unwrap_or_else(|e| e.into_inner()).get(&signature).into_iter().flatten().cloned().collect();
    for entry in known {
        let found = entry.calls.read().unwrap_or_else(|e| e.into_inner()).get(&shapes).cloned();
        if let Some(call) = found {
            return Ok(entry.run(&call, inputs, site));
        }
        if options.shapeless
            && let Some(call) = entry.adapt(&flatten(x))
        {
            entry.calls.write().unwrap_or_else(|e| e.into_inner()).insert(shapes, call.clone());
            return Ok(entry.run(&call, inputs, site));
        }
    }
    let entry = Arc::new(Entry::trace(x, f, options)?);
    let call = entry.adapt(&flatten(x)).expect("a trace holds for what it was traced with");
    entry.calls.write().unwrap_or_else(|e| e.into_inner()).insert(shapes, call.clone());
    cache.write().unwrap_or_else(|e| e.into_inner()).entry(signature).or_default().push(entry.clone());
    Ok(entry.run(&call, inputs, site))
}

impl<T: Tree> Entry<T> {
    fn trace<A: Tree, B: Output<Tree = T>>(x: &A, f: &impl Fn(&A) -> B, options: Compile) -> Result<Entry<T>> {
        count(|c| c.traces += 1);
        let (on, leaves) = abstract_tree(x, Kind::Compile, options.shapeless, |_, a| a.aval().clone());
        let scope = GuardScope::start();
        let template = f(&on).into_tree()?;
        let guarded = scope.end();
        let results = flatten(&template);
        let outputs = results.len();
        let all: Vec<Array> = results.into_iter().chain(guarded.iter().cloned()).collect();
        let recorded = Recorded::extract(&leaves, &all);
        let mut program = recorded.program;
        let captures = program.take_captures();
        let refs = program.outputs.split_off(outputs);
        let guards = refs.into_iter().zip(&guarded).map(|(r, a)| (r, a.dims().into())).collect();
        Ok(Entry { program, calls: RwLock::new(HashMap::default()), template, captures, guards, outputs })
    }

    /// The program for inputs of these shapes; `None` if a guard does not hold for them.
    fn adapt(&self, inputs: &[Array]) -> Option<Arc<Call>> {
        let avals = inputs.iter().chain(&self.captures).map(|a| a.aval().clone()).collect();
        let program = self.program.reinfer(avals).ok()?;
        let holds = self.guards.iter().all(|(r, dims)| program.aval(*r).shape == *dims);
        holds.then(|| Call::new(program))
    }

    fn run(&self, call: &Arc<Call>, mut inputs: Operands, site: &'static Location<'static>) -> T {
        inputs.extend(self.captures.iter().map(|a| Operand::Edge(a.edge())));
        debug_assert_eq!(call.program.outputs.len(), self.outputs);
        if self.outputs == 0 {
            return unflatten(&self.template, &[]);
        }
        let results = at_site(site, Stream::current(), || call.apply(inputs, site, &[]));
        unflatten(&self.template, &results)
    }
}
