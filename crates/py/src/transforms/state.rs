//! The state that a compiled function captures: trees of arrays that are read at each call and written back.
//!
//! While the function is traced, the array objects of the captured inputs hold tracers. A [`Snapshot`] puts everything back.

use crate::array::PyArray;
use crate::tree::{Fields, Kind, Shape, below, set_key};
use lazulite::Array;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::collections::HashMap;

/// What a tree holds: its containers with their contents, and its array objects with their arrays.
#[derive(Default)]
pub struct Snapshot<'py> {
    lists: Vec<(Bound<'py, PyList>, Bound<'py, PyList>)>,
    dicts: Vec<(Bound<'py, PyDict>, Bound<'py, PyDict>)>,
    fields: Vec<(Bound<'py, PyAny>, Fields<'py>)>,
    /// In the order of the tree.
    pub arrays: Vec<(Bound<'py, PyArray>, Array)>,
}

impl<'py> Snapshot<'py> {
    /// Notes what `tree` holds.
    pub fn take(tree: &Bound<'py, PyAny>) -> PyResult<Snapshot<'py>> {
        let mut s = Snapshot::default();
        s.note(tree)?;
        Ok(s)
    }

    fn note(&mut self, obj: &Bound<'py, PyAny>) -> PyResult<()> {
        match Kind::of(obj)? {
            Kind::Leaf => Ok(()),
            Kind::Array(a) => {
                let array = a.get().get();
                self.arrays.push((a, array));
                Ok(())
            }
            Kind::Tuple(t) => below(|| t.iter().try_for_each(|x| self.note(&x))),
            Kind::Registered(_, _, list) => below(|| list.iter().try_for_each(|x| self.note(x))),
            Kind::List(l) => {
                self.lists.push((l.clone(), l.get_slice(0, l.len())));
                below(|| l.iter().try_for_each(|x| self.note(&x)))
            }
            Kind::Dict(d) => {
                self.dicts.push((d.clone(), d.copy()?));
                below(|| d.iter().try_for_each(|(_, x)| self.note(&x)))
            }
            Kind::Fields(list) => {
                self.fields.push((obj.clone(), list.clone()));
                below(|| list.iter().try_for_each(|(_, x)| self.note(x)))
            }
        }
    }

    /// Gives the array objects their arrays again.
    pub fn restore_arrays(&self) {
        self.arrays.iter().rev().for_each(|(object, array)| object.get().set(array.clone()));
    }

    /// Gives the containers their contents again, but for those that `except` has, too.
    pub fn restore_containers(&self, except: &Snapshot<'py>) -> PyResult<()> {
        for (l, copy) in self.lists.iter().filter(|(l, _)| !except.lists.iter().any(|(k, _)| k.is(l))) {
            l.set_slice(0, l.len(), copy)?;
        }
        for (d, copy) in self.dicts.iter().filter(|(d, _)| !except.dicts.iter().any(|(k, _)| k.is(d))) {
            let added: Vec<_> = d.keys().iter().filter(|k| !copy.contains(k).unwrap_or(true)).collect();
            added.iter().try_for_each(|k| d.del_item(k))?;
            copy.iter().try_for_each(|(k, v)| set_key(d, &k, &v))?;
        }
        for (object, list) in self.fields.iter().filter(|(o, _)| !except.fields.iter().any(|(k, _)| k.is(o))) {
            list.iter().try_for_each(|(k, v)| crate::tree::set_field(object, k, v))?;
        }
        Ok(())
    }

    /// What the list or dict held at a place.
    fn former(&self, container: &Bound<'py, PyAny>, key: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        if let Some((_, copy)) = self.lists.iter().find(|(l, _)| l.is(container)) {
            return copy.get_item(key.extract().ok()?).ok();
        }
        if let Some((_, copy)) = self.dicts.iter().find(|(d, _)| d.is(container)) {
            return copy.get_item(key).ok().flatten();
        }
        let (_, list) = self.fields.iter().find(|(o, _)| o.is(container))?;
        list.iter().find(|(k, _)| k.eq(key).unwrap_or(false)).map(|(_, v)| v.clone())
    }
}

/// The arrays of the captured outputs after a trace, but for those that are as they were.
pub struct After<'a, 'py> {
    before: &'a Snapshot<'py>,
    /// What each array object held when the function was called: a tracer, for captured inputs.
    during: HashMap<usize, Array>,
    pub arrays: Vec<Array>,
}

impl<'a, 'py> After<'a, 'py> {
    /// For outputs that held `before`; array objects held `during` as the function was called.
    pub fn new(before: &'a Snapshot<'py>, during: impl Iterator<Item = (usize, Array)>) -> After<'a, 'py> {
        let own = before.arrays.iter().map(|(o, a)| (o.as_ptr() as usize, a.clone()));
        After { before, during: own.chain(during).collect(), arrays: Vec::new() }
    }

    fn unchanged(&self, object: &Bound<'py, PyArray>, former: Option<&Bound<'py, PyAny>>) -> bool {
        let same = former.is_some_and(|f| f.is(object));
        same && self.during.get(&(object.as_ptr() as usize)).is_some_and(|a| a.is(&object.get().get()))
    }

    /// The shape of a part of the outputs, which stood where `former` did before.
    pub fn shape(&mut self, obj: &Bound<'py, PyAny>, former: Option<&Bound<'py, PyAny>>) -> PyResult<Shape> {
        below(|| self.shape_part(obj, former))
    }

    fn shape_part(&mut self, obj: &Bound<'py, PyAny>, former: Option<&Bound<'py, PyAny>>) -> PyResult<Shape> {
        let before = self.before;
        let part = |after: &mut Self, key: Bound<'py, PyAny>, x: &Bound<'py, PyAny>| -> PyResult<(Py<PyAny>, Shape)> {
            let shape = after.shape(x, before.former(obj, &key).as_ref())?;
            Ok((key.unbind(), shape))
        };
        Ok(match Kind::of(obj)? {
            Kind::Array(a) if self.unchanged(&a, former) => Shape::Kept,
            Kind::Array(a) => {
                self.arrays.push(a.get().get());
                Shape::Array
            }
            Kind::Leaf => Shape::Other(obj.clone().unbind()),
            Kind::List(l) => {
                let key = |i: usize| i.into_pyobject(obj.py()).map(Bound::into_any);
                let parts = l.iter().enumerate().map(|(i, x)| Ok(part(self, key(i)?, &x)?.1)).collect::<PyResult<_>>()?;
                Shape::List(parts)
            }
            Kind::Dict(d) => Shape::Dict(d.iter().map(|(k, x)| part(self, k, &x)).collect::<PyResult<_>>()?),
            Kind::Fields(list) => {
                let parts = list.into_iter().map(|(k, x)| part(self, k, &x)).collect::<PyResult<_>>()?;
                Shape::Copied { object: obj.clone().unbind(), items: false, parts }
            }
            // A tuple keeps its array objects: they are rebound in place.
            Kind::Tuple(t) => {
                let parts = t.iter().map(|x| self.shape(&x, Some(&x))).collect::<PyResult<_>>()?;
                Shape::Tuple(parts)
            }
            Kind::Registered(class, aside, children) => {
                let children = children.iter().map(|x| self.shape(x, Some(x))).collect::<PyResult<_>>()?;
                Shape::Registered { class, aside: aside.unbind(), children }
            }
        })
    }
}

/// Writes arrays into a tree of the given shape.
pub fn write<'py>(tree: &Bound<'py, PyAny>, shape: &Shape, next: &mut dyn FnMut() -> Array) -> PyResult<()> {
    let py = tree.py();
    /// What to put in the place of a part: nothing if the part itself was written.
    fn part<'py>(
        now: Option<Bound<'py, PyAny>>,
        shape: &Shape,
        py: Python<'py>,
        next: &mut dyn FnMut() -> Array,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match (shape, now) {
            (Shape::Array, _) => Ok(Some(Bound::new(py, PyArray::from(next()))?.into_any())),
            (Shape::Kept, _) => Ok(None),
            (Shape::Other(x), None) => Ok(Some(x.bind(py).clone())),
            (Shape::Other(_), Some(_)) => Ok(None),
            (_, Some(now)) if shape.fits(&now) => write(&now, shape, next).map(|()| None),
            (_, _) => shape.fill(py, &mut || Ok(Bound::new(py, PyArray::from(next()))?.into_any())).map(Some),
        }
    }
    match (shape, Kind::of(tree)?) {
        (Shape::List(parts), Kind::List(l)) => {
            for (i, s) in parts.iter().enumerate() {
                if let Some(x) = part(l.get_item(i).ok(), s, py, next)? {
                    if i < l.len() { l.set_item(i, x)? } else { l.append(x)? }
                }
            }
            Ok(())
        }
        (Shape::Dict(parts), Kind::Dict(d)) => parts.iter().try_for_each(|(k, s)| {
            let key = k.bind(py);
            match part(d.get_item(key)?, s, py, next)? {
                Some(x) => set_key(&d, key, &x),
                None => Ok(()),
            }
        }),
        (Shape::Copied { parts, .. }, Kind::Fields(_)) => parts.iter().try_for_each(|(k, s)| {
            let key = k.bind(py);
            let now = tree.getattr(key.cast::<pyo3::types::PyString>()?)?;
            match part(Some(now), s, py, next)? {
                Some(x) => crate::tree::set_field(tree, key, &x),
                None => Ok(()),
            }
        }),
        (Shape::Tuple(parts), Kind::Tuple(t)) => parts.iter().zip(t.iter()).try_for_each(|(s, x)| write(&x, s, next)),
        (Shape::Registered { children, .. }, Kind::Registered(_, _, list)) => {
            children.iter().zip(list).try_for_each(|(s, x)| write(&x, s, next))
        }
        (Shape::Array, Kind::Array(a)) => {
            a.get().set(next());
            Ok(())
        }
        _ => Ok(()),
    }
}
