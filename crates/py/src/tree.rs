//! Python trees: nested tuples, lists, dicts, named tuples, dataclasses and registered classes with arrays at the leaves.
//!
//! [`flatten`] takes a tree apart into its arrays and a [`Shape`], which [`Shape::build`] puts together again with other arrays.

use crate::array::PyArray;
use lazulite::Array;
use pyo3::exceptions::{PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use std::cell::Cell;
use std::sync::RwLock;

/// What a tree is apart from its arrays.
pub enum Shape {
    /// An array: the next one.
    Array,
    /// An array that stays what it is, in state that is written back.
    Kept,
    /// What is no array and no container.
    Other(Py<PyAny>),
    /// A tuple.
    Tuple(Vec<Shape>),
    /// A list.
    List(Vec<Shape>),
    /// A dict: the keys in their order.
    Dict(Vec<(Py<PyAny>, Shape)>),
    /// An object that is copied, and whose items (of a class derived from dict) or fields (of a dataclass) are then replaced.
    Copied { object: Py<PyAny>, items: bool, parts: Vec<(Py<PyAny>, Shape)> },
    /// A named tuple of this class.
    Named(Py<PyType>, Vec<Shape>),
    /// An object of a registered class: its way back, and what it said of itself beside its children.
    Registered { class: Registered, aside: Py<PyAny>, children: Vec<Shape> },
}

/// How objects of a class are taken apart and put together.
pub struct Registered {
    class: Py<PyType>,
    flatten: Py<PyAny>,
    unflatten: Py<PyAny>,
}

impl Registered {
    fn clone_ref(&self, py: Python<'_>) -> Registered {
        Registered { class: self.class.clone_ref(py), flatten: self.flatten.clone_ref(py), unflatten: self.unflatten.clone_ref(py) }
    }
}

static CLASSES: RwLock<Vec<Registered>> = RwLock::new(Vec::new());

/// Which leaves that are no arrays a tree may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Any.
    Any,
    /// `None` only.
    Arrays,
}

/// Names of a dataclass's fields, with their values.
pub type Fields<'py> = Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>;

/// What kind of container an object is; the parts it has.
pub enum Kind<'py> {
    Array(Bound<'py, PyArray>),
    Tuple(Bound<'py, PyTuple>),
    List(Bound<'py, PyList>),
    Dict(Bound<'py, PyDict>),
    /// A dataclass.
    Fields(Fields<'py>),
    Registered(Registered, Bound<'py, PyAny>, Vec<Bound<'py, PyAny>>),
    Leaf,
}

/// Whether a leaf of this type is found often enough to be asked first.
fn plain(obj: &Bound<'_, PyAny>) -> bool {
    obj.is_none()
        || obj.is_instance_of::<PyInt>()
        || obj.is_instance_of::<PyFloat>()
        || obj.is_instance_of::<PyString>()
        || obj.is_instance_of::<PyBool>()
}

impl<'py> Kind<'py> {
    /// What an object is.
    pub fn of(obj: &Bound<'py, PyAny>) -> PyResult<Kind<'py>> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return Ok(Kind::Array(a.clone()));
        }
        if plain(obj) {
            return Ok(Kind::Leaf);
        }
        let class = obj.get_type();
        let found = CLASSES
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .iter()
            .find(|r| r.class.bind(obj.py()).is(&class))
            .map(|r| r.clone_ref(obj.py()));
        if let Some(r) = found {
            let (children, aside): (Bound<'py, PyAny>, Bound<'py, PyAny>) = r.flatten.bind(obj.py()).call1((obj,))?.extract()?;
            let children = children.try_iter()?.collect::<PyResult<_>>()?;
            return Ok(Kind::Registered(r, aside, children));
        }
        if let Ok(t) = obj.cast::<PyTuple>() {
            return Ok(Kind::Tuple(t.clone()));
        }
        if let Ok(l) = obj.cast::<PyList>() {
            return Ok(Kind::List(l.clone()));
        }
        if let Ok(d) = obj.cast::<PyDict>() {
            return Ok(Kind::Dict(d.clone()));
        }
        let marker = pyo3::intern!(obj.py(), "__dataclass_fields__");
        if obj.is_instance_of::<PyType>() || !class.hasattr(marker)? {
            return Ok(Kind::Leaf);
        }
        let fields = class.getattr(marker)?.cast_into::<PyDict>()?;
        let value = |name: Bound<'py, PyAny>| -> PyResult<_> { Ok((name.clone(), obj.getattr(name.cast::<PyString>()?)?)) };
        Ok(Kind::Fields(fields.keys().iter().map(value).collect::<PyResult<_>>()?))
    }
}

/// Containers within containers that a walk goes down: as many as Python's own calls may be deep.
const DEEPEST: usize = 1000;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Runs a walk over a part of a container. Containers that are nested too deeply, such as a list that holds itself, are a
/// `RecursionError`, not the end of the stack.
pub fn below<T>(walk: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    struct Level;
    impl Drop for Level {
        fn drop(&mut self) {
            DEPTH.set(DEPTH.get() - 1);
        }
    }
    if DEPTH.get() == DEEPEST {
        return Err(PyRecursionError::new_err(format!("containers are nested more than {DEEPEST} deep")));
    }
    DEPTH.set(DEPTH.get() + 1);
    let _level = Level;
    walk()
}

/// Takes a tree apart, adding its arrays to `arrays`.
pub fn flatten(obj: &Bound<'_, PyAny>, leaves: Leaves, arrays: &mut Vec<Array>) -> PyResult<Shape> {
    below(|| flatten_part(obj, leaves, arrays))
}

fn flatten_part(obj: &Bound<'_, PyAny>, leaves: Leaves, arrays: &mut Vec<Array>) -> PyResult<Shape> {
    let strict = |s: Leaves| s == Leaves::Arrays && !obj.is_none();
    Ok(match Kind::of(obj)? {
        Kind::Array(a) => {
            arrays.push(a.get().get());
            Shape::Array
        }
        Kind::Leaf if strict(leaves) => return Err(PyValueError::new_err("[tree_flatten] The argument should contain only arrays")),
        Kind::Leaf => Shape::Other(obj.clone().unbind()),
        Kind::Tuple(t) => {
            let parts = t.iter().map(|x| flatten(&x, leaves, arrays)).collect::<PyResult<Vec<_>>>()?;
            if t.is_exact_instance_of::<PyTuple>() { Shape::Tuple(parts) } else { Shape::Named(t.get_type().unbind(), parts) }
        }
        Kind::List(l) => Shape::List(l.iter().map(|x| flatten(&x, leaves, arrays)).collect::<PyResult<_>>()?),
        Kind::Dict(d) => {
            let parts = d.iter().map(|(k, v)| Ok((k.unbind(), flatten(&v, leaves, arrays)?))).collect::<PyResult<_>>()?;
            if d.is_exact_instance_of::<PyDict>() {
                Shape::Dict(parts)
            } else {
                Shape::Copied { object: obj.clone().unbind(), items: true, parts }
            }
        }
        // What a class holds beside arrays is its own affair.
        Kind::Fields(list) => {
            let parts = list.into_iter().map(|(k, v)| Ok((k.unbind(), flatten(&v, Leaves::Any, arrays)?))).collect::<PyResult<_>>()?;
            Shape::Copied { object: obj.clone().unbind(), items: false, parts }
        }
        Kind::Registered(class, aside, children) => {
            let children = children.iter().map(|x| flatten(x, Leaves::Any, arrays)).collect::<PyResult<_>>()?;
            Shape::Registered { class, aside: aside.unbind(), children }
        }
    })
}

static COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static SET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Makes the object for the next leaf.
type Next<'a, 'py> = &'a mut dyn FnMut() -> PyResult<Bound<'py, PyAny>>;

impl Shape {
    /// The tree with the next of the given arrays at each leaf.
    pub fn build<'py>(&self, py: Python<'py>, next: &mut dyn Iterator<Item = Array>) -> PyResult<Bound<'py, PyAny>> {
        self.fill(py, &mut || {
            let a = next.next().expect("a tree is built with an array for each leaf");
            Ok(Bound::new(py, PyArray::from(a))?.into_any())
        })
    }

    /// The tree with whatever `next` makes at each leaf.
    pub fn fill<'py>(&self, py: Python<'py>, next: Next<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut all = |list: &[Shape]| list.iter().map(|s| s.fill(py, next)).collect::<PyResult<Vec<_>>>();
        Ok(match self {
            Shape::Array => next()?,
            Shape::Kept => py.None().into_bound(py),
            Shape::Other(x) => x.bind(py).clone(),
            Shape::Tuple(list) => PyTuple::new(py, all(list)?)?.into_any(),
            Shape::List(list) => PyList::new(py, all(list)?)?.into_any(),
            Shape::Dict(list) => {
                let d = PyDict::new(py);
                list.iter().try_for_each(|(k, s)| d.set_item(k, s.fill(py, next)?))?;
                d.into_any()
            }
            Shape::Copied { object, items, parts } => {
                let copy = COPY.get_or_try_init(py, || py.import("copy")?.getattr("copy").map(Bound::unbind))?.bind(py).call1((object,))?;
                for (k, s) in parts {
                    let value = s.fill(py, next)?;
                    if *items {
                        set_key(copy.cast::<PyDict>()?, k.bind(py), &value)?;
                    } else {
                        set_field(&copy, k.bind(py), &value)?;
                    }
                }
                copy
            }
            Shape::Named(class, list) => class.bind(py).call_method1("_make", (all(list)?,))?,
            Shape::Registered { class, aside, children } => class.unflatten.bind(py).call1((aside, PyTuple::new(py, all(children)?)?))?,
        })
    }

    /// Whether an object is a container that could have this shape.
    pub fn fits(&self, obj: &Bound<'_, PyAny>) -> bool {
        match (self, Kind::of(obj)) {
            (Shape::Tuple(a), Ok(Kind::Tuple(b))) => a.len() == b.len(),
            (Shape::List(a), Ok(Kind::List(b))) => a.len() >= b.len(),
            (Shape::Dict(_), Ok(Kind::Dict(_))) => true,
            (Shape::Copied { .. }, Ok(Kind::Fields(_))) => true,
            (Shape::Registered { children, .. }, Ok(Kind::Registered(_, _, list))) => children.len() == list.len(),
            _ => false,
        }
    }
}

/// Sets a field of a dataclass, also of a frozen one.
pub fn set_field(object: &Bound<'_, PyAny>, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = object.py();
    let set = || py.import("builtins")?.getattr("object")?.getattr("__setattr__").map(Bound::unbind);
    SET.get_or_try_init(py, set)?.bind(py).call1((object, name, value)).map(|_| ())
}

/// Sets an item of a dict, or of an object of a class derived from it, without asking the class.
pub fn set_key(d: &Bound<'_, PyDict>, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    d.set_item(key, value)
}

/// Makes the objects of a class trees: `flatten(object)` gives `(children, static)` and `unflatten(static, children)` the object again.
///
/// Raises `TypeError` for what is no class.
///
/// >>> class Pair:
/// ...     def __init__(self, a, b):
/// ...         self.a, self.b = a, b
/// >>> mx.register_tree(Pair, lambda p: ([p.a, p.b], None), lambda _, children: Pair(*children))
/// >>> mx.grad(lambda p: p.a * p.b)(Pair(mx.array(2.0), mx.array(3.0))).a
/// array(3, dtype=float32)
#[pyfunction]
#[pyo3(signature = (cls, flatten, unflatten))]
fn register_tree(cls: Bound<'_, PyType>, flatten: Bound<'_, PyAny>, unflatten: Bound<'_, PyAny>) -> PyResult<()> {
    if !flatten.is_callable() || !unflatten.is_callable() {
        return Err(PyTypeError::new_err("register_tree() takes a class and two functions"));
    }
    let new = Registered { class: cls.unbind(), flatten: flatten.unbind(), unflatten: unflatten.unbind() };
    let mut list = CLASSES.write().unwrap_or_else(|e| e.into_inner());
    let former = list.iter_mut().find(|r| r.class.is(&new.class));
    let former = match former {
        Some(r) => Some(std::mem::replace(r, new)),
        None => {
            list.push(new);
            None
        }
    };
    // The end of Python's objects may run Python, which may ask for the list.
    drop(list);
    drop(former);
    Ok(())
}

/// Adds the function.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(register_tree, m)?)
}
