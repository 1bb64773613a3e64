//! Recurrent layers: along the second to last axis of `(..., length, features)`, giving the state after each step.
//!
//! The steps are written down one after the other, so transforms see nothing but their operations. Parameters have MLX's names and start
//! uniform in ±1/√`hidden_size`.

use crate::norm::shifted;
use crate::{Module, init};
use lazulite_core::panicking::{split, stack};
use lazulite_core::{Array, random};

/// The `N` keys that a layer draws its parameters from.
#[track_caller]
fn keys<const N: usize>(key: &Array) -> [Array; N] {
    let all = random::split_n(key, N);
    std::array::from_fn(|i| all.index(i as i64))
}

/// `x Wᵀ + b` of each step: for all at once, then apart.
#[track_caller]
fn steps(layer: &str, x: &Array, weight: &Array, bias: Option<&Array>) -> Vec<Array> {
    let fits = x.ndim() >= 2 && x.shape()[x.ndim() - 2] > 0 && x.shape().last() == weight.shape().last();
    assert!(fits, "{layer} takes (..., length, {}) with one step at least, not {:?}", weight.shape()[1], x.shape());
    shifted(x.matmul(&weight.t()), bias).unstack(-2)
}

/// Checks that a state before the first step is of the hidden size.
#[track_caller]
fn check(layer: &str, what: &str, state: Option<&Array>, size: usize) {
    if let Some(s) = state {
        assert!(s.shape().last() == Some(&size), "{layer}: a {what} of shape {:?} for a hidden size of {size}", s.shape());
    }
}

/// `x + hidden Wᵀ`, where there is a state.
#[track_caller]
fn recall(x: Array, hidden: Option<&Array>, weight: &Array) -> Array {
    match hidden {
        Some(h) => x + h.matmul(&weight.t()),
        None => x,
    }
}

/// The recurrent layer of Elman (1990): `h ← tanh(Wxh x + Whh h + b)`.
///
/// ```
/// use lazulite::nn::RNN;
/// use lazulite::prelude::*;
/// let layer = RNN::new(3, 5, &random::key(0));
/// assert_eq!(layer.forward(&Array::ones([2, 7, 3], Dtype::F32), None).shape(), [2, 7, 5]);
/// let names: Vec<String> = layer.parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["Wxh", "Whh", "bias"]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct RNN {
    /// `(hidden_size, input_size)`, `Wxh` in files.
    #[module(name = "Wxh")]
    pub wxh: Array,
    /// `(hidden_size, hidden_size)`, `Whh` in files.
    #[module(name = "Whh")]
    pub whh: Array,
    /// `(hidden_size,)`, if there is one.
    pub bias: Option<Array>,
    #[module(static)]
    nonlinearity: fn(&Array) -> Array,
}

impl RNN {
    /// From `input_size` features to `hidden_size`, with a bias and `tanh`.
    ///
    /// ```
    /// use lazulite::nn::RNN;
    /// use lazulite::prelude::*;
    /// assert_eq!(RNN::new(3, 5, &random::key(0)).num_parameters(), 5 * 3 + 5 * 5 + 5);
    /// ```
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize, key: &Array) -> RNN {
        let [a, b, c] = keys(key);
        RNN {
            wxh: init::by_root(hidden_size, [hidden_size, input_size], &a),
            whh: init::by_root(hidden_size, [hidden_size, hidden_size], &b),
            bias: Some(init::by_root(hidden_size, [hidden_size], &c)),
            nonlinearity: |x| x.tanh(),
        }
    }

    /// The same layer without its bias.
    ///
    /// ```
    /// use lazulite::nn::RNN;
    /// use lazulite::prelude::*;
    /// assert_eq!(RNN::new(3, 5, &random::key(0)).without_bias().parameters().len(), 2);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> RNN {
        RNN { bias: None, ..self }
    }

    /// With another function in place of `tanh`.
    ///
    /// ```
    /// use lazulite::nn::{self, RNN};
    /// use lazulite::prelude::*;
    /// let layer = RNN::new(3, 5, &random::key(0)).nonlinearity(nn::relu);
    /// let y = layer.forward(&Array::ones([7, 3], Dtype::F32), None);
    /// assert!(y.ge(0).all(..).item::<bool>().unwrap());
    /// ```
    #[must_use]
    pub fn nonlinearity(self, f: fn(&Array) -> Array) -> RNN {
        RNN { nonlinearity: f, ..self }
    }

    /// The states after each step: `(..., length, input_size)` to `(..., length, hidden_size)`. The first step follows the state `hidden`,
    /// `(..., hidden_size)`, or zeros.
    ///
    /// ```
    /// use lazulite::nn::RNN;
    /// use lazulite::prelude::*;
    /// let (layer, x) = (RNN::new(3, 5, &random::key(0)), random::normal([4, 3], &random::key(1)));
    /// let whole = layer.forward(&x, None);
    /// let first = layer.forward(&x.index(..3), None);
    /// let last = layer.forward(&x.index(3..), Some(&first.index(2)));
    /// assert!((last - whole.index(3..)).abs().max(..).item::<f32>().unwrap() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// For fewer than two axes, no steps, another number of features, or a state that does not fit.
    #[track_caller]
    pub fn forward(&self, x: &Array, hidden: Option<&Array>) -> Array {
        check("RNN", "state", hidden, self.whh.shape()[1]);
        let mut states: Vec<Array> = Vec::new();
        for step in steps("RNN", x, &self.wxh, self.bias.as_ref()) {
            let state = (self.nonlinearity)(&recall(step, states.last().or(hidden), &self.whh));
            states.push(state);
        }
        stack(&states, -2)
    }
}

/// The gated recurrent unit (Cho et al. 2014).
///
/// `r = σ(Wxr x + Whr h + br)`, `z = σ(Wxz x + Whz h + bz)`, `n = tanh(Wxn x + bn + r (Whn h + bhn))`, `h ← (1 - z) n + z h`.
///
/// ```
/// use lazulite::nn::GRU;
/// use lazulite::prelude::*;
/// let layer = GRU::new(3, 5, &random::key(0));
/// assert_eq!(layer.forward(&Array::ones([2, 7, 3], Dtype::F32), None).shape(), [2, 7, 5]);
/// let names: Vec<String> = layer.parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["Wx", "Wh", "b", "bhn"]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct GRU {
    /// `(3 hidden_size, input_size)`, for r, z and n one below the other; `Wx` in files.
    #[module(name = "Wx")]
    pub wx: Array,
    /// `(3 hidden_size, hidden_size)`, likewise; `Wh` in files.
    #[module(name = "Wh")]
    pub wh: Array,
    /// `(3 hidden_size,)`, if there is one.
    pub b: Option<Array>,
    /// `(hidden_size,)`, if there is one.
    pub bhn: Option<Array>,
}

impl GRU {
    /// From `input_size` features to `hidden_size`, with biases.
    ///
    /// ```
    /// use lazulite::nn::GRU;
    /// use lazulite::prelude::*;
    /// assert_eq!(GRU::new(3, 5, &random::key(0)).num_parameters(), 15 * 3 + 15 * 5 + 15 + 5);
    /// ```
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize, key: &Array) -> GRU {
        let [a, b, c, d] = keys(key);
        GRU {
            wx: init::by_root(hidden_size, [3 * hidden_size, input_size], &a),
            wh: init::by_root(hidden_size, [3 * hidden_size, hidden_size], &b),
            b: Some(init::by_root(hidden_size, [3 * hidden_size], &c)),
            bhn: Some(init::by_root(hidden_size, [hidden_size], &d)),
        }
    }

    /// The same layer without its biases.
    ///
    /// ```
    /// use lazulite::nn::GRU;
    /// use lazulite::prelude::*;
    /// assert_eq!(GRU::new(3, 5, &random::key(0)).without_bias().parameters().len(), 2);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> GRU {
        GRU { b: None, bhn: None, ..self }
    }

    /// The states after each step: `(..., length, input_size)` to `(..., length, hidden_size)`. The first step follows the state `hidden`,
    /// `(..., hidden_size)`, or zeros.
    ///
    /// ```
    /// use lazulite::nn::GRU;
    /// use lazulite::prelude::*;
    /// let layer = GRU::new(3, 5, &random::key(0));
    /// let state = Array::zeros([5], Dtype::F32);
    /// assert_eq!(layer.forward(&Array::ones([7, 3], Dtype::F32), Some(&state)).shape(), [7, 5]);
    /// ```
    ///
    /// # Panics
    /// As [`RNN::forward`] does.
    #[track_caller]
    pub fn forward(&self, x: &Array, hidden: Option<&Array>) -> Array {
        check("GRU", "state", hidden, self.wh.shape()[1]);
        let parts = |x: &Array| -> [Array; 3] { split(x, 3, -1).try_into().expect("three parts") };
        let mut states: Vec<Array> = Vec::new();
        for step in steps("GRU", x, &self.wx, self.b.as_ref()) {
            let [mut r, mut z, mut n] = parts(&step);
            let state = states.last().or(hidden);
            let mut recalled = self.bhn.clone();
            if let Some(h) = state {
                let [hr, hz, hn] = parts(&h.matmul(&self.wh.t()));
                (r, z) = (r + hr, z + hz);
                recalled = Some(recalled.map_or_else(|| hn.clone(), |b| &hn + b));
            }
            if let Some(recalled) = recalled {
                n += r.sigmoid() * recalled;
            }
            let (z, n) = (z.sigmoid(), n.tanh());
            let fresh = (1 - &z) * n;
            states.push(match state {
                Some(h) => fresh + z * h,
                None => fresh,
            });
        }
        stack(&states, -2)
    }
}

/// Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gates of Gers et al. 2000).
///
/// `i = σ(Wxi x + Whi h + bi)`, `f` and `o` likewise, `g = tanh(Wxg x + Whg h + bg)`, `c ← f c + i g`, `h ← o tanh(c)`.
///
/// ```
/// use lazulite::nn::LSTM;
/// use lazulite::prelude::*;
/// let layer = LSTM::new(3, 5, &random::key(0));
/// let (hidden, cell) = layer.forward(&Array::ones([2, 7, 3], Dtype::F32), None, None);
/// assert_eq!((hidden.shape(), cell.shape()), (&[2, 7, 5][..], &[2, 7, 5][..]));
/// let names: Vec<String> = layer.parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["Wx", "Wh", "bias"]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct LSTM {
    /// `(4 hidden_size, input_size)`, for i, f, g and o one below the other; `Wx` in files.
    #[module(name = "Wx")]
    pub wx: Array,
    /// `(4 hidden_size, hidden_size)`, likewise; `Wh` in files.
    #[module(name = "Wh")]
    pub wh: Array,
    /// `(4 hidden_size,)`, if there is one.
    pub bias: Option<Array>,
}

impl LSTM {
    /// From `input_size` features to `hidden_size`, with a bias.
    ///
    /// ```
    /// use lazulite::nn::LSTM;
    /// use lazulite::prelude::*;
    /// assert_eq!(LSTM::new(3, 5, &random::key(0)).num_parameters(), 20 * 3 + 20 * 5 + 20);
    /// ```
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize, key: &Array) -> LSTM {
        let [a, b, c] = keys(key);
        LSTM {
            wx: init::by_root(hidden_size, [4 * hidden_size, input_size], &a),
            wh: init::by_root(hidden_size, [4 * hidden_size, hidden_size], &b),
            bias: Some(init::by_root(hidden_size, [4 * hidden_size], &c)),
        }
    }

    /// The same layer without its bias.
    ///
    /// ```
    /// use lazulite::nn::LSTM;
    /// use lazulite::prelude::*;
    /// assert_eq!(LSTM::new(3, 5, &random::key(0)).without_bias().parameters().len(), 2);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> LSTM {
        LSTM { bias: None, ..self }
    }

    /// The states and the cells after each step: `(..., length, input_size)` to two of `(..., length, hidden_size)`. The first step follows
    /// the state `hidden` and the cell `cell`, `(..., hidden_size)` each, or zeros.
    ///
    /// ```
    /// use lazulite::nn::LSTM;
    /// use lazulite::prelude::*;
    /// let (layer, zeros) = (LSTM::new(3, 5, &random::key(0)), Array::zeros([5], Dtype::F32));
    /// let (hidden, _) = layer.forward(&Array::ones([7, 3], Dtype::F32), Some(&zeros), Some(&zeros));
    /// assert_eq!(hidden.shape(), [7, 5]);
    /// ```
    ///
    /// # Panics
    /// As [`RNN::forward`] does; also for a cell that does not fit.
    #[track_caller]
    pub fn forward(&self, x: &Array, hidden: Option<&Array>, cell: Option<&Array>) -> (Array, Array) {
        check("LSTM", "state", hidden, self.wh.shape()[1]);
        check("LSTM", "cell", cell, self.wh.shape()[1]);
        let (mut states, mut cells): (Vec<Array>, Vec<Array>) = (Vec::new(), Vec::new());
        for step in steps("LSTM", x, &self.wx, self.bias.as_ref()) {
            let gates = split(&recall(step, states.last().or(hidden), &self.wh), 4, -1);
            let [i, f, g, o]: [Array; 4] = gates.try_into().expect("four gates");
            let fresh = i.sigmoid() * g.tanh();
            let cell = match cells.last().or(cell) {
                Some(c) => f.sigmoid() * c + fresh,
                None => fresh,
            };
            states.push(o.sigmoid() * cell.tanh());
            cells.push(cell);
        }
        (stack(&states, -2), stack(&cells, -2))
    }
}
