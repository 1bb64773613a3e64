//! Axes for `vmap`, given as a prefix of a tree.

use crate::tree::{Kind, below};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyDict, PyInt, PyList, PyTuple};

fn misfit() -> PyErr {
    PyValueError::new_err("[vmap] the axes are not a prefix of the tree: an integer or None for a part, or the part's own structure")
}

/// The parts of a specification that is a sequence of `n`.
fn sequence<'py>(spec: &Bound<'py, PyAny>, n: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let list: Vec<_> = match (spec.cast::<PyTuple>(), spec.cast::<PyList>()) {
        (Ok(t), _) => t.iter().collect(),
        (_, Ok(l)) => l.iter().collect(),
        _ => return Err(misfit()),
    };
    if list.len() == n { Ok(list) } else { Err(misfit()) }
}

/// Distributes the axes over the arrays of a tree, in their order.
pub fn distribute(tree: &Bound<'_, PyAny>, spec: &Bound<'_, PyAny>, axes: &mut Vec<Option<i64>>) -> PyResult<()> {
    below(|| distribute_part(tree, spec, axes))
}

fn distribute_part(tree: &Bound<'_, PyAny>, spec: &Bound<'_, PyAny>, axes: &mut Vec<Option<i64>>) -> PyResult<()> {
    let kind = Kind::of(tree)?;
    if spec.is_none() || spec.is_instance_of::<PyInt>() {
        let axis: Option<i64> = spec.extract()?;
        return match kind {
            Kind::Array(_) => {
                axes.push(axis);
                Ok(())
            }
            Kind::Leaf => Ok(()),
            Kind::Tuple(t) => t.iter().try_for_each(|x| distribute(&x, spec, axes)),
            Kind::List(l) => l.iter().try_for_each(|x| distribute(&x, spec, axes)),
            Kind::Dict(d) => d.iter().try_for_each(|(_, x)| distribute(&x, spec, axes)),
            Kind::Fields(f) => f.iter().try_for_each(|(_, x)| distribute(x, spec, axes)),
            Kind::Registered(_, _, c) => c.iter().try_for_each(|x| distribute(x, spec, axes)),
        };
    }
    let each = |parts: Vec<Bound<'_, PyAny>>, axes: &mut Vec<Option<i64>>| {
        let specs = sequence(spec, parts.len())?;
        parts.iter().zip(specs).try_for_each(|(x, s)| distribute(x, &s, axes))
    };
    match kind {
        Kind::Array(_) | Kind::Leaf => Err(PyValueError::new_err("[vmap] axis must be int or None.")),
        Kind::Tuple(t) => each(t.iter().collect(), axes),
        Kind::List(l) => each(l.iter().collect(), axes),
        Kind::Registered(_, _, c) => each(c, axes),
        Kind::Dict(d) => {
            let specs = spec.cast::<PyDict>().map_err(|_| misfit())?;
            d.iter().try_for_each(|(k, x)| distribute(&x, &specs.get_item(k)?.ok_or_else(misfit)?, axes))
        }
        Kind::Fields(f) => f.iter().try_for_each(|(k, x)| distribute(x, &spec.getattr(k.extract::<&str>()?).map_err(|_| misfit())?, axes)),
    }
}
