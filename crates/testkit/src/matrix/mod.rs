//! The op matrix: every operation declares sample inputs and a reference once; [`checks`] and [`derivatives`] run the rest from that.

pub mod cases;
pub mod checks;
pub mod derivatives;
pub mod report;

use crate::tensor::{C, Dice, Tensor};
use lazulite::{Array, Dtype, Result};
use std::sync::Arc;

/// An operation on arrays.
pub type Function = Arc<dyn Fn(&[Array]) -> Result<Vec<Array>> + Send + Sync>;
/// The same on host tensors, written apart from the library.
pub type Reference = Arc<dyn Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync>;

/// A family of operations: a section of the matrix and one test.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Family {
    Elementwise,
    Composed,
    Creation,
    Reductions,
    Scans,
    Views,
    Joins,
    Products,
    Fourier,
    Linalg,
    Indexing,
    Sorting,
    Random,
    Models,
}

/// How the elements of a sample input are drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// Anywhere in the interval, in the dtype under test.
    Data,
    /// In the interval, no two closer than a fraction of its length over their number: where ties and crossings are not smooth.
    Distinct,
    /// Whole numbers of the interval, in this dtype whatever is tested.
    Index(Dtype),
    /// Truth values.
    Mask,
}

/// A sample input.
#[derive(Clone, PartialEq, Debug)]
pub struct Input {
    /// Its shape.
    pub dims: Vec<usize>,
    /// The interval of its elements.
    pub domain: (f64, f64),
    /// How they are drawn.
    pub kind: Kind,
}

/// An input of elements in an interval.
pub fn data(dims: &[usize], low: f64, high: f64) -> Input {
    Input { dims: dims.to_vec(), domain: (low, high), kind: Kind::Data }
}

/// An input of elements apart from each other.
pub fn distinct(dims: &[usize]) -> Input {
    Input { dims: dims.to_vec(), domain: (-4.0, 4.0), kind: Kind::Distinct }
}

/// An input of indices in `low..high`.
pub fn index(dims: &[usize], low: i64, high: i64) -> Input {
    Input { dims: dims.to_vec(), domain: (low as f64, high as f64), kind: Kind::Index(Dtype::I32) }
}

/// An input of truth values.
pub fn mask(dims: &[usize]) -> Input {
    Input { dims: dims.to_vec(), domain: (0.0, 1.0), kind: Kind::Mask }
}

impl Input {
    /// Whether derivatives flow into it, for a float dtype.
    pub fn differentiable(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Distinct)
    }

    /// Elements of `dtype`, by seed.
    pub fn sample(&self, dtype: Dtype, seed: u64) -> Tensor {
        let mut dice = Dice::new(seed);
        let (low, high) = self.domain;
        let n: usize = self.dims.iter().product();
        let dtype = match self.kind {
            Kind::Index(d) => d,
            Kind::Mask => Dtype::Bool,
            _ => dtype,
        };
        let mut order: Vec<usize> = (0..n).collect();
        (1..n).for_each(|i| order.swap(i, dice.below(i + 1)));
        let mut next = 0;
        let mut draw = || {
            next += 1;
            match self.kind {
                Kind::Distinct => low + (high - low) * (order[next - 1] as f64 + dice.within(0.35, 0.65)) / n as f64,
                Kind::Index(_) => dice.within(low, high).floor(),
                _ => dice.within(low, high),
            }
        };
        let element = |draw: &mut dyn FnMut() -> f64| match dtype {
            Dtype::Bool => C::new((draw() > (low + high) / 2.0) as u8 as f64, 0.0),
            d if d.is_unsigned() => C::new(draw().abs(), 0.0),
            _ => C::new(draw(), 0.0),
        };
        let mut t = Tensor::from_fn(&self.dims, dtype, |_| element(&mut draw));
        if dtype == Dtype::C64 {
            t.values.iter_mut().for_each(|v| v.im = dice.within(-1.0, 1.0));
        }
        t.cast(dtype)
    }
}

/// What the derivative of an operation is checked against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slope {
    /// Finite differences of the reference.
    Finite,
    /// Zero, by definition.
    Zero,
    /// There is none, for this allowed reason.
    None(&'static str),
}

/// A call that must be refused, and what its error must name.
#[derive(Clone)]
pub struct Bad {
    /// The call.
    pub call: Arc<dyn Fn() -> Result<()> + Send + Sync>,
    /// Parts of the message.
    pub mentions: Vec<String>,
}

/// An operation's declaration.
#[derive(Clone)]
pub struct Case {
    /// The operation.
    pub op: &'static str,
    /// Which of its forms this is.
    pub form: String,
    /// Its section.
    pub family: Family,
    /// The sample inputs.
    pub inputs: Vec<Input>,
    /// Inputs of the same ranks and other sizes, for shapeless traces.
    pub other: Vec<Input>,
    /// Inputs of any shapes, for values: empty, 0-d, broadcast.
    pub more: Vec<Vec<Input>>,
    /// The operation.
    pub call: Function,
    /// The reference.
    pub reference: Reference,
    /// The dtypes it is checked in.
    pub takes: fn(Dtype) -> bool,
    /// The dtypes it refuses.
    pub refuses: fn(Dtype) -> bool,
    /// The dtype of its results.
    pub gives: Arc<dyn Fn(Dtype) -> Dtype + Send + Sync>,
    /// Largest error in f32, in units in the last place of the result.
    pub ulp: f64,
    /// Largest error beyond that, in units in the last place of 1: for results that cancel.
    pub noise: f64,
    /// Whether it is computed in f32 whatever the dtype.
    pub single: bool,
    /// How its derivative is checked.
    pub slope: Slope,
    /// Whether a shapeless trace may hold for one shape only, because the operation's static arguments depend on it.
    pub retraces: bool,
    /// Whether other layouts of the inputs make sense.
    pub layouts: bool,
    /// What it refuses.
    pub bad: Vec<Bad>,
}

impl Case {
    /// A declaration of an operation with any number of outputs.
    pub fn many(
        op: &'static str,
        family: Family,
        inputs: Vec<Input>,
        call: impl Fn(&[Array]) -> Result<Vec<Array>> + Send + Sync + 'static,
        reference: impl Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync + 'static,
    ) -> Case {
        Case {
            op,
            form: String::new(),
            family,
            other: inputs.clone(),
            inputs,
            more: vec![],
            call: Arc::new(call),
            reference: Arc::new(reference),
            takes: |_| true,
            refuses: |_| false,
            gives: Arc::new(|d| d),
            ulp: 0.0,
            noise: 0.0,
            single: false,
            slope: Slope::Finite,
            retraces: false,
            layouts: true,
            bad: vec![],
        }
    }

    /// A declaration of an operation with one output.
    pub fn new(
        op: &'static str,
        family: Family,
        inputs: Vec<Input>,
        call: impl Fn(&[Array]) -> Result<Array> + Send + Sync + 'static,
        reference: impl Fn(&[Tensor]) -> Tensor + Send + Sync + 'static,
    ) -> Case {
        Case::many(op, family, inputs, move |x| Ok(vec![call(x)?]), move |x| vec![reference(x)])
    }

    /// Names the form.
    #[must_use]
    pub fn form(self, form: impl Into<String>) -> Case {
        Case { form: form.into(), ..self }
    }

    /// Inputs of other sizes.
    #[must_use]
    pub fn other(self, other: Vec<Input>) -> Case {
        Case { other, ..self }
    }

    /// One more set of inputs to check values on.
    #[must_use]
    pub fn more(mut self, inputs: Vec<Input>) -> Case {
        self.more.push(inputs);
        self
    }

    /// The dtypes it is checked in.
    #[must_use]
    pub fn takes(self, takes: fn(Dtype) -> bool) -> Case {
        Case { takes, ..self }
    }

    /// The dtypes it refuses.
    #[must_use]
    pub fn refuses(self, refuses: fn(Dtype) -> bool) -> Case {
        Case { refuses, ..self }
    }

    /// The dtype it gives.
    #[must_use]
    pub fn gives(self, gives: impl Fn(Dtype) -> Dtype + Send + Sync + 'static) -> Case {
        Case { gives: Arc::new(gives), ..self }
    }

    /// Its error in f32: relative, and beside that absolute, in units in the last place.
    #[must_use]
    pub fn within(self, ulp: f64, noise: f64) -> Case {
        Case { ulp, noise, ..self }
    }

    /// It is computed in f32 whatever the dtype.
    #[must_use]
    pub fn single(self) -> Case {
        Case { single: true, ..self }
    }

    /// How its derivative is checked.
    #[must_use]
    pub fn slope(self, slope: Slope) -> Case {
        Case { slope, ..self }
    }

    /// Its static arguments depend on the shapes.
    #[must_use]
    pub fn retraces(self) -> Case {
        Case { retraces: true, ..self }
    }

    /// A call that it refuses, with an error that names the op and these.
    #[must_use]
    pub fn bad<T>(mut self, mentions: &[&str], call: impl Fn() -> Result<T> + Send + Sync + 'static) -> Case {
        let mentions = mentions.iter().map(|m| m.to_string()).collect();
        self.bad.push(Bad { call: Arc::new(move || call().map(|_| ())), mentions });
        self
    }

    /// Operation and form.
    pub fn name(&self) -> String {
        if self.form.is_empty() { self.op.into() } else { format!("{} ({})", self.op, self.form) }
    }

    /// The dtype of checks that need just one.
    pub fn plain_dtype(&self) -> Dtype {
        [Dtype::F32, Dtype::I32, Dtype::Bool].into_iter().find(|&d| (self.takes)(d)).unwrap_or(Dtype::F32)
    }

    /// Every dtype that it is checked in; one if no input is of the dtype under test.
    pub fn checked_dtypes(&self) -> Vec<Dtype> {
        let all: Vec<Dtype> = Dtype::ALL.into_iter().filter(|&d| (self.takes)(d)).collect();
        if all.is_empty() || !self.inputs.iter().any(Input::differentiable) { vec![self.plain_dtype()] } else { all }
    }

    /// The same for checks in double precision.
    pub fn wide_dtype(&self) -> Dtype {
        if (self.takes)(Dtype::F64) { Dtype::F64 } else { self.plain_dtype() }
    }

    /// Samples of inputs, by seed.
    pub fn sample(&self, inputs: &[Input], dtype: Dtype, seed: u64) -> Vec<Tensor> {
        inputs.iter().enumerate().map(|(i, input)| input.sample(dtype, seed * 31 + i as u64)).collect()
    }
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// It holds.
    Holds,
    /// It does not apply, for an allowed reason.
    Gap(&'static str),
    /// A rule is missing.
    Missing(String),
    /// It does not hold.
    Fails(String),
}

/// A check of the matrix.
pub struct Check {
    /// The column.
    pub name: &'static str,
    /// The check.
    pub run: fn(&Case) -> Result<Option<&'static str>, String>,
}

/// The columns. A check returns the reason why it does not apply, if it does not.
pub const CHECKS: [Check; 11] = [
    Check { name: "value", run: checks::value },
    Check { name: "dtypes", run: checks::dtypes },
    Check { name: "jvp", run: derivatives::jvp },
    Check { name: "vjp", run: derivatives::vjp },
    Check { name: "2nd order", run: derivatives::second },
    Check { name: "vmap", run: checks::vmap },
    Check { name: "compile", run: checks::compile },
    Check { name: "shapeless", run: checks::shapeless },
    Check { name: "layouts", run: checks::layouts },
    Check { name: "fusion", run: checks::fusion },
    Check { name: "errors", run: checks::errors },
];

/// Runs a check on a case; a panic is a failure.
pub fn run(check: &Check, case: &Case) -> Status {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (check.run)(case)));
    let text = match caught {
        Ok(Ok(None)) => return Status::Holds,
        Ok(Ok(Some(reason))) => return Status::Gap(reason),
        Ok(Err(text)) => text,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            format!("panicked: {}", text.unwrap_or("without a message"))
        }
    };
    let text = format!("{}: {}: {text}", case.name(), check.name);
    let rules = [" rule (", "has no rule"];
    if text.contains("has no") && rules.iter().any(|r| text.contains(r)) { Status::Missing(text) } else { Status::Fails(text) }
}
