//! The Python extension `lazulite.core`: MLX's interface over lazulite. Argument parsing and the mapping of errors; the work is done below.
//!
//! Each file declares its functions and classes and has a `register` that adds them to the module. [`array`] is the class `array`;
//! [`convert`] reads Python arguments; [`errors`] maps errors; [`ops`] are the operations, most of them declared by [`declare`]; the rest
//! is named by its file.

// The code that pyo3 generates inside our own macros counts as ours.
#![allow(unsafe_op_in_unsafe_fn)]
// Python's docstrings are no Markdown: `>>>` begins an example.
#![allow(clippy::doc_lazy_continuation)]

#[macro_use]
mod about;
mod array;
mod convert;
mod declare;
mod device;
mod distributed;
mod dtype;
mod enums;
mod errors;
mod evaluate;
mod export;
mod fft;
mod files;
#[allow(non_snake_case)] // `UPLO` is MLX's name
mod linalg;
mod memory;
mod ops;
mod print;
mod random;
mod transforms;
mod tree;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

/// Lazy arrays and composable function transforms, with MLX's interface.
#[pymodule]
fn core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    constants(m)?;
    dtype::register(m)?;
    device::register(m)?;
    memory::register(m)?;
    print::register(m)?;
    array::register(m)?;
    evaluate::register(m)?;
    ops::register(m)?;
    random::register(m)?;
    fft::register_all(m)?;
    linalg::register_all(m)?;
    tree::register(m)?;
    transforms::register(m)?;
    files::register(m)?;
    distributed::register(m)?;
    export::register(m)?;
    // Before the interpreter and the libraries below it take themselves apart.
    let finish = PyCFunction::new_closure(m.py(), None, None, |args, _| args.py().detach(lazulite::finish))?;
    m.py().import("atexit")?.call_method1("register", (finish,)).map(drop)
}

/// Adds the numbers that have a name, and the version.
fn constants(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("e", std::f64::consts::E)?;
    m.add("pi", std::f64::consts::PI)?;
    m.add("euler_gamma", 0.577_215_664_901_532_9)?;
    m.add("inf", f64::INFINITY)?;
    m.add("nan", f64::NAN)?;
    m.add("newaxis", m.py().None())
}

/// A new submodule, which is also importable by its name.
pub fn submodule<'py>(m: &Bound<'py, PyModule>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    let full = format!("{}.{name}", m.name()?);
    let sub = PyModule::new(m.py(), &full)?;
    m.add(name, &sub)?;
    m.py().import("sys")?.getattr("modules")?.set_item(full, &sub)?;
    Ok(sub)
}
