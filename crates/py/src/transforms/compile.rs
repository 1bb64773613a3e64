//! `compile`: a function traced once for each structure, shapes, dtypes and constants of its arguments and captured inputs.

use super::state::{After, Snapshot, write};
use super::{Callable, Transform, out, through, transformed};
use crate::array::PyArray;
use crate::tree::{Kind, Leaves, Shape, below, flatten};
use lazulite::{Array, AxisTree, Compile};
use lazulite_base::key::KeyHasher;
use lazulite_core::Tree;
use lazulite_core::tree::Path;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBoolMethods, PyDict, PyFloat, PyFloatMethods, PyInt, PyList, PyString, PyTuple};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Whether compiled functions run as they are.
static DISABLED: AtomicBool = AtomicBool::new(false);

/// Arrays of a call, with the key of everything else.
struct Call {
    arrays: Vec<Array>,
    key: u128,
    args: Py<PyTuple>,
    kwargs: Option<Py<PyDict>>,
}

/// Arrays that a trace returned: the function's result, then the captured outputs.
#[derive(Clone)]
struct Results {
    arrays: Vec<Array>,
    shapes: Arc<(Shape, Shape)>,
}

macro_rules! flat_tree {
    ($t:ident, $self:ident, $arrays:ident => $with:expr, $key:expr) => {
        impl Tree for $t {
            fn visit(&self, f: &mut dyn FnMut(&Array)) {
                self.arrays.iter().for_each(f);
            }
            fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
                let ($self, $arrays) = (self, self.arrays.iter().map(f).collect());
                $with
            }
            fn signature(&self, key: &mut KeyHasher) {
                let k: u128 = $key(self);
                key.word(k as u64);
                key.word((k >> 64) as u64);
            }
            fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
                self.arrays.iter().for_each(|a| f(path.as_str(), a));
            }
            fn axes(&self, _: &AxisTree, _: &mut Vec<Option<i64>>) -> lazulite::Result<()> {
                Err(lazulite::Error::value("vmap", "a compiled function's arguments have no axes"))
            }
        }
    };
}

flat_tree!(Call, x, arrays => Python::attach(|py| Call {
    arrays,
    key: x.key,
    args: x.args.clone_ref(py),
    kwargs: x.kwargs.as_ref().map(|k| k.clone_ref(py)),
}), |x: &Call| x.key);
flat_tree!(Results, x, arrays => Results { arrays, shapes: x.shapes.clone() }, |x: &Results| x.arrays.len() as u128);

/// The function and the state it captures.
struct Captured {
    function: Py<PyAny>,
    inputs: Option<Py<PyAny>>,
    outputs: Option<Py<PyAny>>,
    /// Objects whose identity is part of a trace's key.
    kept: Mutex<Vec<Py<PyAny>>>,
    /// Constants whose equality is.
    constants: Mutex<Constants>,
}

/// Of each type and hash, the constants that differ.
type Constants = HashMap<(usize, isize), Vec<Py<PyAny>>>;

/// Adds a value of one of the common constant types to the key; says whether it is one.
fn sign_literal(obj: &Bound<'_, PyAny>, key: &mut KeyHasher) -> PyResult<bool> {
    if obj.is_none() {
        key.word(3);
    } else if let Ok(f) = obj.cast::<PyFloat>() {
        key.word(6);
        key.word(f.value().to_bits());
    } else if let Ok(b) = obj.cast::<PyBool>() {
        key.word(7 | (b.is_true() as u64) << 8);
    } else if let Ok(i) = obj.cast::<PyInt>() {
        key.word(8);
        match i.extract::<i64>() {
            Ok(v) => key.word(v as u64),
            Err(_) => key.text(&i.str()?.to_string()),
        }
    } else if let Ok(s) = obj.cast::<PyString>() {
        key.word(9);
        key.word(s.hash()? as u64);
    } else {
        return Ok(false);
    }
    Ok(true)
}

impl Captured {
    /// Calls the function on tracers: the arguments', then the captured inputs'.
    fn trace(&self, py: Python<'_>, x: &Call) -> PyResult<Results> {
        let mut given = Vec::new();
        let args = flatten(x.args.bind(py).as_any(), Leaves::Any, &mut given)?;
        let kwargs = x.kwargs.as_ref().map(|k| flatten(k.bind(py).as_any(), Leaves::Any, &mut given)).transpose()?;
        let none = py.None().into_bound(py);
        let of = |tree: &Option<Py<PyAny>>| tree.as_ref().map_or(none.clone(), |t| t.bind(py).clone());
        let (inputs, outputs) = (of(&self.inputs), of(&self.outputs));
        let (before, state) = (Snapshot::take(&inputs)?, Snapshot::take(&outputs)?);
        let tracers = &x.arrays[given.len()..];
        let mut next = x.arrays.iter().cloned();
        let run = |next: &mut dyn Iterator<Item = Array>| -> PyResult<Results> {
            let args = args.build(py, next)?.cast_into::<PyTuple>()?;
            let kwargs = kwargs.as_ref().map(|k| k.build(py, next)?.cast_into::<PyDict>().map_err(PyErr::from)).transpose()?;
            before.arrays.iter().zip(tracers).for_each(|((object, _), tracer)| object.get().set(tracer.clone()));
            let y = self.function.bind(py).call(args, kwargs.as_ref())?;
            let mut arrays = Vec::new();
            let result = flatten(&y, Leaves::Any, &mut arrays)?;
            let during = before.arrays.iter().zip(tracers).map(|((o, _), t)| (o.as_ptr() as usize, t.clone()));
            let mut after = After::new(&state, during);
            let written = after.shape(&outputs, Some(&outputs))?;
            arrays.append(&mut after.arrays);
            Ok(Results { arrays, shapes: Arc::new((result, written)) })
        };
        let r = run(&mut next);
        state.restore_arrays();
        before.restore_arrays();
        if r.is_err() {
            state.restore_containers(&Snapshot::default())?;
            before.restore_containers(&Snapshot::default())?;
        } else {
            before.restore_containers(&state)?;
        }
        r
    }

    /// Adds a constant: a dict's key, or what a registered class says of an object. A hash alone is not enough: those of -1 and -2 are
    /// equal, and those of 1 and 1.0.
    fn sign_constant(&self, obj: &Bound<'_, PyAny>, key: &mut KeyHasher) -> PyResult<()> {
        if sign_literal(obj, key)? {
            return Ok(());
        }
        if let Ok(t) = obj.cast_exact::<PyTuple>() {
            key.word(2 | (t.len() as u64) << 8);
            return below(|| t.iter().try_for_each(|x| self.sign_constant(&x, key)));
        }
        let (class, hash) = (obj.get_type_ptr() as usize, obj.hash()?);
        key.word(11);
        key.word(class as u64);
        key.word(hash as u64);
        key.word(self.number(obj, (class, hash))? as u64);
        Ok(())
    }

    /// The number of the constants of this type and hash that equal `obj`.
    fn number(&self, obj: &Bound<'_, PyAny>, of: (usize, isize)) -> PyResult<usize> {
        let py = obj.py();
        let constants = || self.constants.lock().unwrap_or_else(|e| e.into_inner());
        // Equality is the user's code: no lock is held while it runs.
        let known: Vec<Py<PyAny>> = constants().get(&of).map_or(Vec::new(), |l| l.iter().map(|k| k.clone_ref(py)).collect());
        for (i, k) in known.iter().enumerate() {
            if k.is(obj) || obj.eq(k.bind(py))? {
                return Ok(i);
            }
        }
        let mut constants = constants();
        let list = constants.entry(of).or_default();
        list.push(obj.clone().unbind());
        Ok(list.len() - 1)
    }

    /// Adds the items of a dict.
    fn sign_items(&self, d: &Bound<'_, PyDict>, any: bool, key: &mut KeyHasher, arrays: &mut Vec<Array>) -> PyResult<()> {
        key.word(4 | (d.len() as u64) << 8);
        below(|| {
            d.iter().try_for_each(|(k, x)| {
                self.sign_constant(&k, key)?;
                self.sign(&x, any, key, arrays)
            })
        })
    }

    /// Adds a tree to the key, and its arrays to the list. Objects of other kinds are keyed by identity where `any` allows them.
    fn sign(&self, obj: &Bound<'_, PyAny>, any: bool, key: &mut KeyHasher, arrays: &mut Vec<Array>) -> PyResult<()> {
        if let Ok(a) = obj.cast::<PyArray>() {
            key.word(1);
            arrays.push(a.get().get());
            return Ok(());
        }
        if let Ok(t) = obj.cast_exact::<PyTuple>() {
            key.word(2 | (t.len() as u64) << 8);
            return below(|| t.iter().try_for_each(|x| self.sign(&x, any, key, arrays)));
        }
        if let Ok(d) = obj.cast_exact::<PyDict>() {
            return self.sign_items(d, any, key, arrays);
        }
        if let Ok(l) = obj.cast_exact::<PyList>() {
            key.word(5 | (l.len() as u64) << 8);
            return below(|| l.iter().try_for_each(|x| self.sign(&x, any, key, arrays)));
        }
        if sign_literal(obj, key)? {
            return Ok(());
        }
        key.word(10);
        key.word(obj.get_type_ptr() as u64);
        below(|| match Kind::of(obj)? {
            Kind::Tuple(t) => t.iter().try_for_each(|x| self.sign(&x, any, key, arrays)),
            Kind::List(l) => l.iter().try_for_each(|x| self.sign(&x, any, key, arrays)),
            Kind::Dict(d) => self.sign_items(&d, any, key, arrays),
            Kind::Fields(list) => list.iter().try_for_each(|(_, x)| self.sign(x, true, key, arrays)),
            Kind::Registered(_, aside, list) => {
                self.sign_constant(&aside, key)?;
                list.iter().try_for_each(|x| self.sign(x, true, key, arrays))
            }
            Kind::Leaf | Kind::Array(_) if !any => Err(refuse(obj)),
            Kind::Leaf | Kind::Array(_) => {
                key.word(obj.as_ptr() as u64);
                let mut kept = self.kept.lock().unwrap_or_else(|e| e.into_inner());
                if !kept.iter().any(|k| k.is(obj)) {
                    kept.push(obj.clone().unbind());
                }
                Ok(())
            }
        })
    }
}

/// The error for an argument that is neither array nor constant.
#[cold]
fn refuse(obj: &Bound<'_, PyAny>) -> PyErr {
    let name = obj.get_type().fully_qualified_name().map_or_else(|_| "?".into(), |n| n.to_string());
    PyValueError::new_err(format!(
        "[compile] Function arguments must be trees of arrays or constants (floats, ints, strings, or None), but received type {name}."
    ))
}

/// The traced function: a call's arrays in, results out.
type Traced = Box<dyn Fn(&Call) -> lazulite::Result<Results> + Send + Sync>;

struct Compiled {
    captured: Arc<Captured>,
    run: Traced,
}

impl Transform for Compiled {
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let captured = &*self.captured;
        if DISABLED.load(Ordering::Relaxed) {
            return captured.function.bind(py).call(args, kwargs);
        }
        let mut key = KeyHasher::default();
        let mut arrays = Vec::with_capacity(args.len() + 1);
        key.word(args.len() as u64);
        args.iter().try_for_each(|x| captured.sign(&x, false, &mut key, &mut arrays))?;
        if let Some(k) = kwargs {
            captured.sign(k.as_any(), false, &mut key, &mut arrays)?;
        }
        if let Some(inputs) = &captured.inputs {
            captured.sign(inputs.bind(py), true, &mut key, &mut arrays)?;
        }
        let call = Call { arrays, key: key.finish(), args: args.clone().unbind(), kwargs: kwargs.map(|k| k.clone().unbind()) };
        let results = out((self.run)(&call))?;
        let (shape, written) = &*results.shapes;
        let mut next = results.arrays.into_iter();
        let y = shape.build(py, &mut next)?;
        if let Some(outputs) = &captured.outputs {
            write(outputs.bind(py), written, &mut || next.next().expect("an array for each leaf of the state"))?;
        }
        Ok(y)
    }

    fn function(&self) -> &Py<PyAny> {
        &self.captured.function
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let captured = &*self.captured;
        visit.call(&captured.inputs)?;
        visit.call(&captured.outputs)?;
        // Who holds a lock is not garbage.
        if let Ok(kept) = captured.kept.try_lock() {
            kept.iter().try_for_each(|k| visit.call(k))?;
        }
        match captured.constants.try_lock() {
            Ok(constants) => constants.values().flatten().try_for_each(|k| visit.call(k)),
            Err(_) => Ok(()),
        }
    }
}

/// The function, traced once for each structure, shapes, dtypes and constants of its arguments, and run as one unit from then on. `inputs`
/// and `outputs` are trees of arrays that it captures: read at each call, and written back. With `shapeless` a trace serves for every
/// shape of a rank.
///
/// Arguments and results are trees of arrays of any shape and dtype, numbers and strings. Raises `TypeError` for what is no function, and
/// `ValueError` where a value is asked for while tracing.
///
/// >>> mx.compile(lambda x: mx.exp(-x))(mx.zeros((2,)))
/// array([1, 1], dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, inputs=None, outputs=None, shapeless=false))]
fn compile(
    py: Python<'_>,
    fun: Callable,
    inputs: Option<Py<PyAny>>,
    outputs: Option<Py<PyAny>>,
    shapeless: bool,
) -> PyResult<Bound<'_, PyAny>> {
    let captured = Arc::new(Captured { function: fun.0, inputs, outputs, kept: Mutex::default(), constants: Mutex::default() });
    let own = captured.clone();
    let trace = move |x: &Call| Python::attach(|py| own.trace(py, x)).map_err(through);
    let run = lazulite::compile_with(trace, Compile::default().shapeless(shapeless));
    transformed(py, Compiled { captured, run: Box::new(run) })
}

/// From now on compiled functions run as they are.
///
/// >>> mx.disable_compile()
/// >>> mx.enable_compile()
#[pyfunction]
fn disable_compile() {
    DISABLED.store(true, Ordering::Relaxed);
}

/// From now on compiled functions run compiled, whatever `MLX_DISABLE_COMPILE` says.
///
/// >>> mx.enable_compile()
#[pyfunction]
fn enable_compile() {
    DISABLED.store(false, Ordering::Relaxed);
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    DISABLED.store(std::env::var_os("MLX_DISABLE_COMPILE").is_some(), Ordering::Relaxed);
    m.add_function(wrap_pyfunction!(compile, m)?)?;
    m.add_function(wrap_pyfunction!(disable_compile, m)?)?;
    m.add_function(wrap_pyfunction!(enable_compile, m)?)
}
