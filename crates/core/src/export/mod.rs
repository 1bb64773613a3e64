//! Functions to bytes and back: a traced program with its constants, which runs without the code that made it.
//!
//! An [`Exporter`] traces a function for one or more signatures; [`Functions`] are what was read back, and pick the trace whose signature
//! a call has. What comes out of a call is graph like any other: it fuses, differentiates and batches.
//!
//! ```
//! use lazulite::export::{Exporter, Functions};
//! use lazulite::prelude::*;
//! let w = array![2.0, 3.0];
//! let mut exporter = Exporter::new();
//! exporter.add(|x: &Array| (x * &w).sum(..), &array![1.0, 1.0]).unwrap();
//! let functions = Functions::from_bytes(&exporter.to_bytes().unwrap()).unwrap();
//! assert_eq!(functions.call(&[array![1.0, 2.0]], &[]).unwrap()[0].item::<f32>().unwrap(), 8.0);
//! ```
//!
//! The format is lazulite's own, with a version and a checksum: a file that was damaged is an error. The checksum finds damage, not
//! intent: load functions from where you would load code from.

mod bytes;
mod dot;
mod function;
pub(crate) mod stored;

pub use dot::dot;

use crate::Array;
use crate::runtime::stream::Stream;
use crate::tree::{Output, Tree};
use bytes::{Reader, Writer};
use function::Function;
use lazulite_base::Dtype;
use lazulite_base::error::{Error, Result};
use std::panic::Location;

/// The first bytes, and the version of what follows.
const MAGIC: &[u8] = b"lazulite";
const VERSION: u32 = 1;

/// Traces functions, to be written.
#[derive(Default)]
pub struct Exporter {
    shapeless: bool,
    metadata: String,
    functions: Vec<Function>,
}

impl Exporter {
    /// One without functions.
    ///
    /// ```
    /// use lazulite::export::{Exporter, Functions};
    /// let bytes = Exporter::new().metadata("nothing yet").to_bytes().unwrap();
    /// assert_eq!(Functions::from_bytes(&bytes).unwrap().metadata(), "nothing yet");
    /// ```
    pub fn new() -> Exporter {
        Exporter::default()
    }

    /// Text to be kept beside the functions.
    #[must_use]
    pub fn metadata(self, text: impl Into<String>) -> Exporter {
        Exporter { metadata: text.into(), ..self }
    }

    /// Traces that are added from now on hold for every shape of a rank, but where the function reads a shape: a call with another one is
    /// an error.
    ///
    /// ```
    /// use lazulite::export::{Exporter, Functions};
    /// use lazulite::prelude::*;
    /// let mut exporter = Exporter::new().shapeless(true);
    /// exporter.add(|x: &Array| x.sum(-1), &Array::ones([2, 3], Dtype::F32)).unwrap();
    /// let functions = Functions::from_bytes(&exporter.to_bytes().unwrap()).unwrap();
    /// assert_eq!(functions.call(&[Array::ones([5, 4], Dtype::F32)], &[]).unwrap()[0].shape(), [5]);
    /// ```
    #[must_use]
    pub fn shapeless(self, on: bool) -> Exporter {
        Exporter { shapeless: on, ..self }
    }

    /// Traces the function at the shapes and dtypes of `x`, whose arrays are the arguments of a call in their order.
    ///
    /// # Errors
    /// The function's own; a tracer error if it reads a value; a runtime error for a signature that is there already, and for what cannot
    /// be written: rules of one's own.
    ///
    /// ```
    /// use lazulite::export::Exporter;
    /// use lazulite::prelude::*;
    /// let mut exporter = Exporter::new();
    /// exporter.add(|(x, y): &(Array, Array)| x + y, &(array![1.0], array![2.0])).unwrap();
    /// assert!(exporter.add(|(x, y): &(Array, Array)| x + y, &(array![3.0], array![4.0])).is_err());
    /// ```
    #[track_caller]
    pub fn add<A: Tree, B: Output>(&mut self, f: impl Fn(&A) -> B, x: &A) -> Result<()> {
        self.add_named(f, x, &[])
    }

    /// [`add`](Exporter::add), where the last arrays of `x` have these names: a call passes them by name.
    ///
    /// # Errors
    /// As for [`add`](Exporter::add); a value error for more names than arrays.
    ///
    /// ```
    /// use lazulite::export::{Exporter, Functions};
    /// use lazulite::prelude::*;
    /// let mut exporter = Exporter::new();
    /// exporter.add_named(|(x, y): &(Array, Array)| x - y, &(array![1.0], array![2.0]), &["y"]).unwrap();
    /// let functions = Functions::from_bytes(&exporter.to_bytes().unwrap()).unwrap();
    /// assert_eq!(functions.call(&[array![5.0]], &[("y", array![1.0])]).unwrap()[0].item::<f32>().unwrap(), 4.0);
    /// ```
    #[track_caller]
    pub fn add_named<A: Tree, B: Output>(&mut self, f: impl Fn(&A) -> B, x: &A, names: &[&str]) -> Result<()> {
        let function = Function::trace(f, x, names, self.shapeless)?;
        if self.functions.iter().any(|g| g.same_signature(&function)) {
            return Err(Error::runtime("export_function", "Attempting to export a function twice with the same signature is not allowed"));
        }
        self.functions.push(function);
        Ok(())
    }

    /// The functions as bytes; evaluates the arrays that they captured.
    ///
    /// # Errors
    /// What evaluation reports.
    ///
    /// ```
    /// assert!(lazulite::export::Exporter::new().to_bytes().unwrap().starts_with(b"lazulite"));
    /// ```
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut w = Writer::new(MAGIC, VERSION);
        w.text(&self.metadata);
        // A constant that several traces captured is written once.
        let mut constants: Vec<Array> = Vec::new();
        let places: Vec<Vec<u64>> = self.functions.iter().map(|f| f.places(&mut constants)).collect();
        crate::plan::eval::eval(&constants)?;
        w.count(constants.len());
        for a in &constants {
            w.array(a)?;
        }
        w.count(self.functions.len());
        for (f, places) in self.functions.iter().zip(&places) {
            f.write(&mut w, places)?;
        }
        Ok(w.finish())
    }

    /// What was traced, function by function.
    ///
    /// ```
    /// use lazulite::export::{Described, Exporter, Listing, Step};
    /// use lazulite::prelude::*;
    /// let mut exporter = Exporter::new();
    /// exporter.add(|x: &Array| x.exp(), &array![1.0]).unwrap();
    /// let listings: Vec<Listing> = exporter.listings();
    /// let step: &Step = &listings[0].steps[0];
    /// let (_, shape, dtype): &Described = &step.outputs[0];
    /// assert_eq!((step.name, &shape[..], *dtype), ("exp", &[1][..], Dtype::F32));
    /// ```
    pub fn listings(&self) -> Vec<Listing> {
        self.functions.iter().map(Function::listing).collect()
    }
}

/// A value in a [`Listing`]: its name there, its shape and dtype.
pub type Described = (String, Vec<usize>, Dtype);

/// One traced function, to be read by other programs.
#[derive(Debug)]
pub struct Listing {
    /// The arguments, those with keywords last.
    pub inputs: Vec<Described>,
    /// The keywords, with the names of their values.
    pub keywords: Vec<(String, String)>,
    /// The results.
    pub outputs: Vec<Described>,
    /// Captured arrays and scalars.
    pub constants: Vec<(String, Array)>,
    /// The primitives in order.
    pub steps: Vec<Step>,
}

/// One primitive of a [`Listing`].
#[derive(Debug)]
pub struct Step {
    /// The primitive's name.
    pub name: &'static str,
    /// Its static data as text; empty if there are none.
    pub arguments: String,
    /// What it takes.
    pub inputs: Vec<Described>,
    /// What it makes.
    pub outputs: Vec<Described>,
}

/// Functions that were written by an [`Exporter`].
#[derive(Debug)]
pub struct Functions {
    metadata: String,
    functions: Vec<Function>,
}

impl Functions {
    /// Reads what [`Exporter::to_bytes`] wrote.
    ///
    /// # Errors
    /// Of kind `Io` if the bytes are something else, damaged, or of a version or with primitives that are not known here.
    ///
    /// ```
    /// assert!(lazulite::export::Functions::from_bytes(b"something else").is_err());
    /// ```
    #[track_caller]
    pub fn from_bytes(bytes: &[u8]) -> Result<Functions> {
        let site = Location::caller();
        let mut r = Reader::open(bytes, MAGIC, VERSION)?;
        let metadata = r.text()?;
        let constants: Vec<Array> = r.list(Reader::array)?;
        let functions = r.list(|r| Function::read(r, &constants, site))?;
        r.end()?;
        Ok(Functions { metadata, functions })
    }

    /// The text beside the functions.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The results for these arguments, by the trace whose signature they have. They are built on the current stream.
    ///
    /// # Errors
    /// A value error if there is no such trace, with those that there are.
    ///
    /// ```
    /// use lazulite::export::{Exporter, Functions};
    /// use lazulite::prelude::*;
    /// let mut exporter = Exporter::new();
    /// exporter.add(|x: &Array| x.exp(), &array![0.0]).unwrap();
    /// let functions = Functions::from_bytes(&exporter.to_bytes().unwrap()).unwrap();
    /// assert!(functions.call(&[array![1, 2]], &[]).unwrap_err().to_string().contains("int32"));
    /// let slope = grad(|x: &Array| functions.call(&[x.clone()], &[]).unwrap()[0].sum(..))(&array![0.0]);
    /// assert_eq!(slope.item::<f32>().unwrap(), 1.0);
    /// ```
    #[track_caller]
    pub fn call(&self, args: &[Array], named: &[(&str, Array)]) -> Result<Vec<Array>> {
        let mut named: Vec<&(&str, Array)> = named.iter().collect();
        named.sort_by_key(|(name, _)| *name);
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        let all: Vec<Array> = args.iter().cloned().chain(named.iter().map(|(_, a)| a.clone())).collect();
        let mut why = None;
        for f in self.functions.iter().filter(|f| f.takes(&all, &names)) {
            match f.call(&all, Stream::current(), Location::caller()) {
                Ok(results) => return Ok(results),
                Err(e) => why = Some(e),
            }
        }
        if let Some(e) = why {
            return Err(e.at(Location::caller()));
        }
        let signatures: Vec<String> =
            self.functions.iter().enumerate().map(|(i, f)| format!(" {}. Function with {}\n", i + 1, f.signature())).collect();
        Err(Error::value(
            "import_function::call",
            format!(
                "No imported function found which matches the given positional and keyword arguments. Possible functions include:\n{}\n\
                 Called with {}",
                signatures.concat(),
                function::describe(all.len() - names.len(), &names, all.iter().map(|a| (a.dims(), a.dtype())))
            ),
        ))
    }
}
