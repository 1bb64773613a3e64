//! `declare!`: an operation as a function of the module and a method of `array`, declared once.

/// Declares operations of one array, and the `register` of the file that adds them to the module.
///
/// `function fn name(a, arg: Type = 1, other: Type = (-1); keyword: Type = None) -> Ret { body }` is the function `name(a, /, arg=1,
/// other=-1, *, keyword=None, stream=None)`; a negative default is in parentheses. `both fn` makes the method `a.name(...)`, too.
/// In the body `a` is an `&Array`, and ops are built for the stream that was passed. `Ret` is what Python gets:
/// [`Out`](crate::array::Out) for an array. After the name may come `= "python_name"`.
macro_rules! declare {
    ($($(#[$meta:meta])* $kind:ident fn $name:ident $(= $python:literal)? ($($sig:tt)*) -> $ret:ty $body:block)*) => {
        $($crate::declare::declare!(@$kind [$(#[$meta])*] [$($python)?] $name ($($sig)*) $ret $body);)*

        /// Adds the functions of this file to the module.
        pub fn register(m: &::pyo3::Bound<'_, ::pyo3::types::PyModule>) -> ::pyo3::PyResult<()> {
            use ::pyo3::types::PyModuleMethods;
            $(m.add_function(::pyo3::wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
    (@function [$(#[$meta:meta])*] [$($python:literal)?] $name:ident
     ($a:ident $(, $arg:ident: $ty:ty $(= $default:tt)?)*
      $(; $($kw:ident: $kty:ty $(= $kdefault:tt)?),*)?) $ret:ty $body:block) => {
        $(#[$meta])*
        #[::pyo3::pyfunction]
        $(#[pyo3(name = $python)])?
        #[pyo3(signature = ($a, /, $($arg $(= $default)?,)* *, $($($kw $(= $kdefault)?,)*)? stream=None))]
        fn $name(
            $a: $crate::convert::ArrayArg $(, $arg: $ty)* $($(, $kw: $kty)*)?, stream: Option<$crate::device::StreamArg>,
        ) -> ::pyo3::PyResult<$ret> {
            $crate::device::on(stream, || {
                let $a = &$a.0;
                $body
            })
        }
    };
    (@both [$(#[$meta:meta])*] [$($python:literal)?] $name:ident
     ($a:ident $(, $arg:ident: $ty:ty $(= $default:tt)?)*
      $(; $($kw:ident: $kty:ty $(= $kdefault:tt)?),*)?) $ret:ty $body:block) => {
        $crate::declare::declare!(@function [$(#[$meta])*] [$($python)?] $name
            ($a $(, $arg: $ty $(= $default)?)* $(; $($kw: $kty $(= $kdefault)?),*)?) $ret $body);

        #[::pyo3::pymethods]
        impl $crate::array::PyArray {
            $(#[$meta])*
            $(#[pyo3(name = $python)])?
            #[pyo3(signature = ($($arg $(= $default)?,)* *, $($($kw $(= $kdefault)?,)*)? stream=None))]
            fn $name(
                &self $(, $arg: $ty)* $($(, $kw: $kty)*)?, stream: Option<$crate::device::StreamArg>,
            ) -> ::pyo3::PyResult<$ret> {
                $crate::device::on(stream, || {
                    let $a = &self.get();
                    $body
                })
            }
        }
    };
}
pub(crate) use declare;
