//! Rust enums as classes of Python's `enum`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The members of an enum's Python class, in the order of the Rust variants.
pub type Members = PyOnceLock<Vec<Py<PyAny>>>;

/// A Rust enum with a Python class.
pub trait PyEnum: Copy + 'static {
    /// The class's name and documentation.
    const CLASS: (&'static str, &'static str);
    /// The variants with their names, numbered in this order.
    const ALL: &'static [(&'static str, Self)];
    /// Where the members are kept.
    fn members() -> &'static Members;
}

/// Makes the class and adds it to the module, and its members where they are wanted.
pub fn register<E: PyEnum>(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = m.py();
    let names: Vec<(&str, usize)> = E::ALL.iter().enumerate().map(|(i, (name, _))| (*name, i)).collect();
    let kwargs = pyo3::types::PyDict::new(py);
    kwargs.set_item("module", m.name()?)?;
    let class = py.import("enum")?.getattr("Enum")?.call((E::CLASS.0, names), Some(&kwargs))?;
    class.setattr("__doc__", E::CLASS.1)?;
    class.setattr("__repr__", class.getattr("__str__")?)?;
    let members = E::ALL.iter().map(|(name, _)| class.getattr(*name).map(Bound::unbind)).collect::<PyResult<Vec<_>>>()?;
    for ((name, _), member) in E::ALL.iter().zip(&members) {
        m.add(*name, member)?;
    }
    let _ = E::members().set(py, members);
    m.add(E::CLASS.0, class)
}

/// The variant that a Python object is.
#[inline]
pub fn value<E: PyEnum>(obj: &Bound<'_, PyAny>) -> Option<E> {
    let members = E::members().get(obj.py())?;
    members.iter().position(|m| m.is(obj)).map(|i| E::ALL[i].1)
}

/// The Python member of the variant with this number.
pub fn member<'py, E: PyEnum>(py: Python<'py>, number: usize) -> Bound<'py, PyAny> {
    E::members().get(py).expect("the class is made when the module is")[number].bind(py).clone()
}

/// Gives an enum a Python class: `python_enum!(Kind, "what it is", [a, b])`.
macro_rules! python_enum {
    ($t:ident, $doc:literal, [$($v:ident),*]) => {
        impl $crate::enums::PyEnum for $t {
            const CLASS: (&'static str, &'static str) = (stringify!($t), $doc);
            const ALL: &'static [(&'static str, $t)] = &[$((stringify!($v), $t::$v)),*];
            fn members() -> &'static $crate::enums::Members {
                static MEMBERS: $crate::enums::Members = $crate::enums::Members::new();
                &MEMBERS
            }
        }

        impl<'py> ::pyo3::FromPyObject<'_, 'py> for $t {
            type Error = ::pyo3::PyErr;
            fn extract(obj: ::pyo3::Borrowed<'_, 'py, ::pyo3::PyAny>) -> ::pyo3::PyResult<$t> {
                $crate::enums::value(&obj).ok_or_else(|| $crate::errors::wrong_type(concat!("a ", stringify!($t)), &obj))
            }
        }

        impl<'py> ::pyo3::IntoPyObject<'py> for $t {
            type Target = ::pyo3::PyAny;
            type Output = ::pyo3::Bound<'py, ::pyo3::PyAny>;
            type Error = ::std::convert::Infallible;
            fn into_pyobject(self, py: ::pyo3::Python<'py>) -> Result<Self::Output, Self::Error> {
                Ok($crate::enums::member::<$t>(py, self as usize))
            }
        }
    };
}
pub(crate) use python_enum;
