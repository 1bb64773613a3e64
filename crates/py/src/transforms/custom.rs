//! `custom_function`: a function with derivative and batching rules of its own.

use super::axes::distribute;
use super::user;
use crate::array::PyArray;
use crate::errors::wrong_type;
use crate::tree::{Leaves, Shape, flatten};
use lazulite::{Array, Rules, ops};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::{Arc, RwLock};

/// A function whose derivatives and batches are what the rules given with `.vjp`, `.jvp` and `.vmap` say: `f.vjp(lambda primals,
/// cotangent, output: ...)`, `f.jvp(lambda primals, tangents: ...)`, and `f.vmap(lambda inputs, axes: (outputs, output_axes))`. `primals`
/// is the argument, or the tuple of several.
///
/// Raises `ValueError` for a rule whose arrays do not have the shapes that are asked for, and what a rule raises.
///
/// >>> @mx.custom_function
/// ... def half(x):
/// ...     return x / 2
/// >>> @half.vjp
/// ... def half_vjp(x, cotangent, output):
/// ...     return cotangent * 10
/// >>> @half.jvp
/// ... def half_jvp(x, tangent):
/// ...     return tangent * 10
/// >>> @half.vmap
/// ... def half_vmap(x, axis):
/// ...     return x / 2, axis
/// >>> mx.grad(half)(mx.array(1.0)), half(mx.array(1.0))
/// (array(10, dtype=float32), array(0.5, dtype=float32))
/// >>> mx.vmap(half)(mx.array([2.0, 4.0]))
/// array([1, 2], dtype=float32)
#[pyclass(frozen, weakref, module = "lazulite.core", name = "custom_function")]
struct CustomFunction {
    function: Py<PyAny>,
    rules: RwLock<[Option<Py<PyAny>>; 3]>,
}

const VJP: usize = 0;
const JVP: usize = 1;
const VMAP: usize = 2;

/// What a call's rules need to know: how arguments and results are put together.
struct Site {
    inputs: Shape,
    outputs: Shape,
    kwargs: Option<Py<PyDict>>,
}

impl Site {
    /// The arguments of these arrays: one by itself, several as a tuple.
    fn primals<'py>(&self, py: Python<'py>, next: &mut dyn FnMut() -> PyResult<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let all = self.inputs.fill(py, next)?.cast_into::<PyTuple>()?;
        if all.len() == 1 { all.get_item(0) } else { Ok(all.into_any()) }
    }

    fn primal_arrays<'py>(&self, py: Python<'py>, x: &[Array]) -> PyResult<Bound<'py, PyAny>> {
        let mut x = x.iter().cloned();
        self.primals(py, &mut || Ok(Bound::new(py, PyArray::from(x.next().expect("one for each leaf")))?.into_any()))
    }

    fn results<'py>(&self, py: Python<'py>, y: &[Array]) -> PyResult<Bound<'py, PyAny>> {
        self.outputs.build(py, &mut y.iter().cloned())
    }

    fn kwargs<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyDict>> {
        self.kwargs.as_ref().map(|k| k.bind(py).clone())
    }
}

/// The arrays of what a rule returned, like the given ones in number and shape; `None` stands for zeros.
fn fitted(rule: &str, obj: &Bound<'_, PyAny>, like: &[Array]) -> PyResult<Vec<Array>> {
    let mut found: Vec<Option<Array>> = Vec::new();
    collect(obj, &mut found)?;
    if found.len() != like.len() {
        return Err(PyValueError::new_err(format!(
            "[custom_function] the {rule} rule returned {} arrays, not {}",
            found.len(),
            like.len()
        )));
    }
    let fit = |(a, x): (Option<Array>, &Array)| match a {
        None => Ok(x.zeros_like()),
        Some(a) if a.shape() == x.shape() => ops::astype(&a, x.dtype()).map_err(crate::errors::to_python),
        Some(a) => {
            let text = format!("[custom_function] the {rule} rule returned the shape {:?} for {:?}", a.shape(), x.shape());
            Err(PyValueError::new_err(text))
        }
    };
    found.into_iter().zip(like).map(fit).collect()
}

/// The arrays of a tree in order, `None` where it has `None`.
fn collect(obj: &Bound<'_, PyAny>, found: &mut Vec<Option<Array>>) -> PyResult<()> {
    let mut arrays = Vec::new();
    let shape = flatten(obj, Leaves::Any, &mut arrays)?;
    let mut arrays = arrays.into_iter();
    fn walk(s: &Shape, py: Python<'_>, arrays: &mut dyn Iterator<Item = Array>, found: &mut Vec<Option<Array>>) {
        match s {
            Shape::Array => found.push(arrays.next()),
            Shape::Other(x) if x.is_none(py) => found.push(None),
            Shape::Other(_) | Shape::Kept => {}
            Shape::Tuple(l) | Shape::List(l) | Shape::Named(_, l) | Shape::Registered { children: l, .. } => {
                l.iter().for_each(|s| walk(s, py, arrays, found));
            }
            Shape::Dict(l) | Shape::Copied { parts: l, .. } => l.iter().for_each(|(_, s)| walk(s, py, arrays, found)),
        }
    }
    walk(&shape, obj.py(), &mut arrays, found);
    Ok(())
}

/// The outputs of a batching rule with the batch first.
fn batched(obj: &Bound<'_, PyAny>, size: usize) -> PyResult<Vec<Array>> {
    let (outputs, spec): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
        obj.extract().map_err(|_| PyValueError::new_err("[custom_function] a vmap rule returns a pair: the outputs and their axes"))?;
    let (mut arrays, mut axes) = (Vec::new(), Vec::new());
    flatten(&outputs, Leaves::Any, &mut arrays)?;
    distribute(&outputs, &spec, &mut axes)?;
    let place = |(a, axis): (Array, Option<i64>)| match axis {
        Some(axis) => ops::moveaxis(&a, axis, 0),
        None => {
            let dims: Vec<usize> = std::iter::once(size).chain(a.shape().iter().copied()).collect();
            ops::broadcast_to(&a, dims)
        }
    };
    arrays.into_iter().zip(axes).map(|p| place(p).map_err(crate::errors::to_python)).collect()
}

impl CustomFunction {
    fn set(&self, which: usize, rule: &Bound<'_, PyAny>) -> PyResult<()> {
        if !rule.is_callable() {
            return Err(wrong_type("a function", rule));
        }
        let former = self.rules.write().unwrap_or_else(|e| e.into_inner())[which].replace(rule.clone().unbind());
        // Without the lock: the end of a Python object may run Python, which may call this function.
        drop(former);
        Ok(())
    }

    fn rule(&self, py: Python<'_>, which: usize) -> Option<Py<PyAny>> {
        self.rules.read().unwrap_or_else(|e| e.into_inner())[which].as_ref().map(|r| r.clone_ref(py))
    }

    /// The rules as the core takes them.
    fn rules(&self, py: Python<'_>, site: Arc<Site>) -> Rules {
        let mut rules = Rules::default();
        if let Some(rule) = self.rule(py, VJP) {
            let site = site.clone();
            rules.vjp = Some(Arc::new(move |x, y, ct| {
                user(|py| {
                    let args = (site.primal_arrays(py, x)?, site.results(py, ct)?, site.results(py, y)?);
                    fitted("vjp", &rule.bind(py).call(args, site.kwargs(py).as_ref())?, x)
                })
            }));
        }
        if let Some(rule) = self.rule(py, JVP) {
            let site = site.clone();
            rules.jvp = Some(Arc::new(move |x, t| {
                user(|py| {
                    let args = (site.primal_arrays(py, x)?, site.primal_arrays(py, t)?);
                    let y = rule.bind(py).call(args, site.kwargs(py).as_ref())?;
                    let mut arrays = Vec::new();
                    flatten(&y, Leaves::Any, &mut arrays)?;
                    Ok(arrays)
                })
            }));
        }
        if let Some(rule) = self.rule(py, VMAP) {
            rules.vmap = Some(Arc::new(move |x, on, size| {
                user(|py| {
                    let mut axes = on.iter();
                    let axes = site.primals(py, &mut || {
                        let batched = axes.next().copied().expect("one for each leaf");
                        Ok(batched.then_some(0i64).into_pyobject(py)?)
                    })?;
                    batched(&rule.bind(py).call((site.primal_arrays(py, x)?, axes), site.kwargs(py).as_ref())?, size)
                })
            }));
        }
        rules
    }
}

#[pymethods]
impl CustomFunction {
    #[new]
    fn new(f: super::Callable) -> CustomFunction {
        CustomFunction { function: f.0, rules: RwLock::default() }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let y = self.function.bind(py).call(args, kwargs)?;
        let (mut x, mut outputs) = (Vec::new(), Vec::new());
        let inputs = flatten(args.as_any(), Leaves::Any, &mut x)?;
        let shape = flatten(&y, Leaves::Any, &mut outputs)?;
        let site = Arc::new(Site { inputs, outputs: shape, kwargs: kwargs.map(|k| k.clone().unbind()) });
        let outputs = self.rules(py, site.clone()).apply(&x, &outputs);
        site.results(py, &outputs)
    }

    /// Sets the reverse rule: from the primals, the cotangent of the output and the output to the primals' cotangents.
    fn vjp<'py>(&self, f: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.set(VJP, &f)?;
        Ok(f)
    }

    /// Sets the forward rule: from the primals and their tangents to the output's tangent.
    fn jvp<'py>(&self, f: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.set(JVP, &f)?;
        Ok(f)
    }

    /// Sets the batching rule: from the inputs and their axes (0 or `None`) to the outputs and theirs.
    fn vmap<'py>(&self, f: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.set(VMAP, &f)?;
        Ok(f)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        match self.rules.try_read() {
            Ok(rules) => rules.iter().try_for_each(|r| visit.call(r)),
            Err(_) => Ok(()),
        }
    }
}

/// Adds the class.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<CustomFunction>()
}
