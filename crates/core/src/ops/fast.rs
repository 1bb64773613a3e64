//! Operations that models spend their time in: normalisation, rotary positions, losses as compositions that the planner fuses, and
//! attention, the gated delta rule.

use crate::Array;
use crate::ops::attention::{Attention, attend};
use crate::ops::contract::float;
use crate::ops::delta::update;
use crate::ops::{IntoOperand, Rhs, create, free, keep, view};
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, Scalar};

/// The common dtype of an array and optional parameters, each as long as the array's last axis.
fn parameters(op: &str, x: &Array, list: &[Option<&Array>]) -> Result<Dtype> {
    let Some(&n) = x.shape().last() else { return Err(Error::value(op, "needs at least one axis, not a 0-d array")) };
    let mut d = x.dtype();
    for p in list.iter().flatten() {
        if p.shape() != [n] {
            return Err(Error::value(op, format!("a parameter of shape {:?} for a last axis of {n}", p.dims())));
        }
        d = promote(d, p.dtype());
    }
    if d.is_float() { Ok(d) } else { Err(Error::value(op, format!("takes floats, not {d}"))) }
}

/// `x * weight + bias`, as far as they are there.
fn affine(x: Array, weight: Option<&Array>, bias: Option<&Array>) -> Result<Array> {
    let y = weight.map_or_else(|| Ok(x.clone()), |w| crate::ops::multiply(&x, w))?;
    bias.map_or_else(|| Ok(y.clone()), |b| crate::ops::add(&y, b))
}

/// The angles of rotary positions, `(length, half)` or `(batch, 1, length, half)`.
fn angles(length: usize, offset: &Rhs, scale: f64, frequencies: &Array, ndim: usize) -> Result<Array> {
    let steps = create::index_along(&[length, 1], 0, Dtype::F32);
    let places = match offset {
        Rhs::Literal(s) => crate::ops::add(&steps, Scalar::new(s.as_f64(), Dtype::F32))?,
        Rhs::Array(a) => {
            let batch = a.size();
            let mut dims = Dims::from_elem(1, ndim.max(2));
            dims[0] = if ndim > 2 { batch } else { 1 };
            crate::ops::add(&steps, &view::reshape_to(&crate::ops::astype(a, Dtype::F32)?, if batch == 1 { Dims::new() } else { dims })?)?
        }
    };
    crate::ops::multiply(&crate::ops::multiply(&places, Scalar::new(scale, Dtype::F32))?, frequencies)
}

/// How rotary positions are applied.
#[derive(Clone, Debug)]
pub struct Rope<'a> {
    /// How many features of the last axis rotate.
    pub dims: usize,
    /// Whether neighbours rotate together, or features half the dims apart.
    pub traditional: bool,
    /// The base of the wavelengths; `None` if `wavelengths` are given.
    pub base: Option<f64>,
    /// What positions are multiplied by.
    pub scale: f64,
    /// The wavelengths, half as many as `dims`.
    pub wavelengths: Option<&'a Array>,
}

/// What attention leaves out, or adds to the scores.
#[derive(Clone, Copy, Debug)]
pub enum Mask<'a> {
    /// Nothing.
    None,
    /// Keys after the query, the last query being at the last key.
    Causal,
    /// Bool, `false` where a key is left out; or floats, which are added.
    Array(&'a Array),
}

free! {
    /// Each vector along the last axis with mean zero and variance one, times `weight` plus `bias`. Halves are normalised in `float32`.
    ///
    /// # Errors
    /// A value error if the dtype that `x` and the parameters have in common is no float, for a 0-d array, or parameters of another length
    /// than the last axis.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = ops::fast::layer_norm(&array![[1.0, 3.0]], None, None, 0.0).unwrap();
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [-1.0, 1.0]);
    /// ```
    pub fn layer_norm(x: &Array, weight: Option<&Array>, bias: Option<&Array>, eps: f64) -> Array {
        let d = parameters("fast.layer_norm", x, &[weight, bias])?;
        let wide = crate::ops::astype(x, d.accumulator())?;
        let centred = crate::ops::subtract(&wide, &crate::ops::mean(&wide, keep(-1))?)?;
        let variance = crate::ops::mean(&crate::ops::square(&centred)?, keep(-1))?;
        let y = crate::ops::multiply(&centred, &crate::ops::rsqrt(&crate::ops::add(&variance, eps)?)?)?;
        affine(crate::ops::astype(&y, d)?, weight, bias)
    }

    /// Each vector along the last axis over the root of its mean square, times `weight`. Halves are normalised in `float32`.
    ///
    /// # Errors
    /// As for [`layer_norm`].
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = ops::fast::rms_norm(&array![[3.0, -3.0]], None, 0.0).unwrap();
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, -1.0]);
    /// ```
    pub fn rms_norm(x: &Array, weight: Option<&Array>, eps: f64) -> Array {
        let d = parameters("fast.rms_norm", x, &[weight])?;
        let wide = crate::ops::astype(x, d.accumulator())?;
        let power = crate::ops::mean(&crate::ops::square(&wide)?, keep(-1))?;
        let y = crate::ops::multiply(&wide, &crate::ops::rsqrt(&crate::ops::add(&power, eps)?)?)?;
        affine(crate::ops::astype(&y, d)?, weight, None)
    }

    /// Rotary positions: pairs of features of `(.., length, features)` turned by an angle that grows with the place in the sequence, which
    /// starts at `offset` (a number, or an array with one for each sequence of the batch).
    ///
    /// # Errors
    /// A value error for a dtype that is no float, fewer than three axes, an odd or too large `dims`, or other than one of base and
    /// wavelengths.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let how = ops::fast::Rope { dims: 4, traditional: false, base: Some(10000.0), scale: 1.0, wavelengths: None };
    /// let x = Array::ones([1, 2, 4], Dtype::F32);
    /// assert_eq!(ops::fast::rope(&x, &how, 0).unwrap().shape(), [1, 2, 4]);
    /// ```
    pub fn rope(x: &Array, how: &Rope<'_>, offset: impl IntoOperand) -> Array {
        let d = float("fast.rope", x)?;
        let (n, dims) = (x.ndim(), how.dims);
        if n < 3 || dims % 2 == 1 || dims > x.shape()[n - 1] {
            return Err(Error::value("fast.rope", format!("cannot rotate {dims} features of the shape {:?}", x.dims())));
        }
        let half = dims / 2;
        let frequencies = match (how.base, how.wavelengths) {
            (Some(base), None) => {
                let index = create::index_along(&[half], 0, Dtype::F32);
                crate::ops::exp(&crate::ops::multiply(&index, Scalar::new(-base.ln() / half as f64, Dtype::F32))?)?
            }
            (None, Some(w)) if w.shape() == [half] => crate::ops::reciprocal(&crate::ops::astype(w, Dtype::F32)?)?,
            _ => return Err(Error::value("fast.rope", format!("needs a base or {half} wavelengths"))),
        };
        let angle = angles(x.shape()[n - 2], &offset.into_operand(), how.scale, &frequencies, n)?;
        let (cos, sin) = (crate::ops::cos(&angle)?, crate::ops::sin(&angle)?);
        let ends = [dims];
        let mut parts = if dims == x.shape()[n - 1] { vec![x.clone()] } else { crate::ops::split_at(x, &ends, -1)? };
        let turning = crate::ops::astype(&parts[0], Dtype::F32)?;
        let (a, b) = if how.traditional {
            let pairs = crate::ops::unflatten(&turning, -1, &[half as i64, 2])?;
            (view::pick(&pairs, n, 0)?, view::pick(&pairs, n, 1)?)
        } else {
            let mut list = crate::ops::split(&turning, 2, -1)?;
            let b = list.remove(1);
            (list.remove(0), b)
        };
        let turn = |p: &Array, s: &Array, q: &Array, t: &Array| -> Result<(Array, Array)> {
            Ok((crate::ops::multiply(p, s)?, crate::ops::multiply(q, t)?))
        };
        let ((ac, bs), (as_, bc)) = (turn(&a, &cos, &b, &sin)?, turn(&a, &sin, &b, &cos)?);
        let (first, second) = (crate::ops::subtract(&ac, &bs)?, crate::ops::add(&as_, &bc)?);
        let turned = if how.traditional {
            crate::ops::flatten(&crate::ops::stack(&[&first, &second], -1)?, -2, -1)?
        } else {
            crate::ops::concatenate(&[&first, &second], -1)?
        };
        parts[0] = crate::ops::astype(&turned, d)?;
        if parts.len() == 1 { Ok(parts.remove(0)) } else { crate::ops::concatenate(&[&parts[0], &parts[1]], -1) }
    }

    /// Attention: `softmax(scale * q k' + mask) v` of `(batch, heads, length, features)`. Queries may have a multiple of the keys' heads:
    /// they share keys and values in groups. `sinks`, one for each head, take part in the softmax without a value. A query that sees no
    /// key gets the mean of all values. No matrix of queries by keys is ever in memory, but for the derivative of an added mask.
    ///
    /// # Errors
    /// A value error for other than four axes, shapes that do not match, or a mask that does not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::fast::{Mask, attention};
    /// let x = Array::ones([1, 1, 2, 4], Dtype::F32);
    /// assert_eq!(attention(&x, &x, &x, 0.5, Mask::Causal, None).unwrap().shape(), [1, 1, 2, 4]);
    /// ```
    pub fn attention(q: &Array, k: &Array, v: &Array, scale: f64, mask: Mask<'_>, sinks: Option<&Array>) -> Array {
        let op = "fast.attention";
        let d = [k, v].iter().try_fold(float(op, q)?, |d, a| float(op, a).map(|e| promote(d, e)))?;
        if [q, k, v].iter().any(|a| a.ndim() != 4) {
            return Err(Error::value(op, format!("needs four axes of each, not {}", crate::ops::describe(&[q, k, v]))));
        }
        let [batch, heads, queries, _] = [q.shape()[0], q.shape()[1], q.shape()[2], q.shape()[3]];
        let (groups, keys) = (k.shape()[1], k.shape()[2]);
        let matches = k.shape()[0] == batch && v.shape()[..3] == k.shape()[..3] && k.shape()[3] == q.shape()[3];
        if !matches || groups == 0 || heads % groups != 0 {
            return Err(Error::value(op, format!("shapes do not match: {}", crate::ops::describe(&[q, k, v]))));
        }
        let (mut inputs, mut how) = (vec![], Attention { scale, causal: matches!(mask, Mask::Causal), mask: false, sinks: sinks.is_some() });
        for a in [q, k, v] {
            inputs.push(crate::ops::astype(a, d)?);
        }
        if let Mask::Array(m) = mask {
            let all = [batch, heads, queries, keys];
            if lazulite_base::shape::broadcast(m.shape(), &all).is_none_or(|s| s[..] != all) {
                return Err(Error::value(op, format!("the mask of {} does not broadcast to {all:?}", crate::ops::describe(&[m]))));
            }
            if m.dtype() != Dtype::Bool && promote(m.dtype(), d) != d {
                return Err(Error::value(op, format!("a mask of {} does not add to {d}", m.dtype())));
            }
            let m = if m.dtype() == Dtype::Bool { m.clone() } else { crate::ops::astype(m, d)? };
            how.mask = true;
            inputs.push((m.ndim()..4).try_fold(m, |m, _| crate::ops::expand_dims(&m, 0))?);
        }
        if let Some(s) = sinks {
            if s.shape() != [heads] || promote(s.dtype(), d) != d {
                let text = format!("sinks of {} for {heads} heads of {d}", crate::ops::describe(&[s]));
                return Err(Error::value(op, text));
            }
            inputs.push(crate::ops::expand_dims(&crate::ops::astype(s, d)?, 0)?);
        }
        attend(how, &inputs)
    }

    /// The gated delta rule (Yang et al. 2024), step after step: each head of the values keeps a matrix `S`, which at every step fades,
    /// `S = S gamma`, learns the value for the key, `S = S + beta (v - S k) k'`, and answers the query, `S q`. Queries and keys are
    /// `(batch, steps, groups, n)`, values `(batch, steps, heads, m)`, heads that are neighbours sharing a group; `beta` is
    /// `(batch, steps, heads)`, and so is `gamma`, or it has a factor for each of the keys' features, `(batch, steps, heads, n)`. Batches
    /// of one broadcast. Gives the answers, `(batch, steps, heads, m)`, of the dtype of queries and keys, and the last state,
    /// `(batch, heads, m, n)`, in which everything is summed: of `float32` for halves. The first one is `state`, or zeros. Where `mask`,
    /// `(batch, steps)`, is false, the answer is zero and the state stays.
    ///
    /// # Errors
    /// A value error for shapes that do not match.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::fast::gated_delta_update;
    /// let (x, one) = (Array::ones([1, 2, 1, 4], Dtype::F32), Array::ones([1, 2, 1], Dtype::F32));
    /// let [y, state] = gated_delta_update(&x, &(&x * 0.25), &x, &one, &one, None, None).unwrap();
    /// assert_eq!((y.shape(), state.shape()), (&[1, 2, 1, 4][..], &[1, 1, 4, 4][..]));
    /// ```
    pub fn gated_delta_update(
        q: &Array, k: &Array, v: &Array, gamma: &Array, beta: &Array, state: Option<&Array>, mask: Option<&Array>,
    ) -> [Array; 2] {
        let op = "fast.gated_delta_update";
        let d = promote(q.dtype(), k.dtype()).to_inexact();
        let fail = || {
            let mut all = vec![q, k, v, gamma, beta];
            all.extend(state.into_iter().chain(mask));
            Error::value(op, format!("shapes do not match: {}", crate::ops::describe(&all)))
        };
        if [q, k, v].iter().any(|a| a.ndim() != 4) || !matches!(gamma.ndim(), 3 | 4) || beta.ndim() != 3 {
            return Err(fail());
        }
        let (steps, heads) = (v.shape()[1], v.shape()[2]);
        let batch = [q, k, v, gamma, beta].iter().map(|a| a.shape()[0]).find(|&n| n != 1).unwrap_or(1);
        let spread = |a: &Array, dims: &[usize]| -> Result<Array> {
            let fits = lazulite_base::shape::broadcast(a.shape(), dims).is_some_and(|s| s[..] == *dims);
            if fits { crate::ops::broadcast_to(a, dims) } else { Err(fail()) }
        };
        let mut inputs = Vec::new();
        let gamma = if gamma.ndim() == 3 { crate::ops::expand_dims(gamma, -1)? } else { gamma.clone() };
        for a in [q, k, v, &gamma, beta] {
            let dims: Dims = std::iter::once(batch).chain(a.shape()[1..].iter().copied()).collect();
            inputs.push(crate::ops::astype(&spread(a, &dims)?, d)?);
        }
        let dims = [batch, heads, v.shape()[3], q.shape()[3]];
        inputs.push(match state {
            Some(s) => crate::ops::astype(&spread(s, &dims)?, d.accumulator())?,
            None => Array::zeros(dims, d.accumulator()),
        });
        let seen = match mask {
            Some(m) if m.ndim() == 2 => Some(crate::ops::astype(&spread(m, &[batch, steps])?, Dtype::Bool)?),
            Some(_) => return Err(fail()),
            None => None,
        };
        // What is not seen changes nothing, whatever its numbers are.
        if let Some(seen) = &seen {
            for (a, idle) in inputs[1..5].iter_mut().zip([0.0, 0.0, 1.0, 0.0]) {
                let mask = (2..a.ndim()).try_fold(seen.clone(), |m, _| crate::ops::expand_dims(&m, -1))?;
                *a = crate::ops::try_select(&mask, &*a, Scalar::new(idle, d))?;
            }
        }
        let list = update(&inputs).map_err(|_| fail())?;
        let [y, state]: [Array; 2] = list.try_into().expect("two outputs");
        let Some(seen) = seen else { return Ok([y, state]) };
        let seen = crate::ops::expand_dims(&crate::ops::expand_dims(&seen, -1)?, -1)?;
        Ok([crate::ops::try_select(&seen, &y, Scalar::new(0.0, d))?, state])
    }

    /// `logsumexp` of the logits along the last axis, less the logit of the target class. Halves are computed in `float32`.
    ///
    /// # Errors
    /// A value error for logits that are no floats, or targets that are no integers of the logits' shape without the last axis.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let y = ops::fast::cross_entropy(&array![[0.0, 0.0]], &array![1]).unwrap();
    /// assert!((y.item::<f32>().unwrap() - 0.6931472).abs() < 1e-6);
    /// ```
    pub fn cross_entropy(logits: &Array, targets: &Array) -> Array {
        let d = float("fast.cross_entropy", logits)?;
        if logits.ndim() == 0 || targets.shape() != &logits.shape()[..logits.ndim() - 1] || !targets.dtype().is_integer() {
            let text = format!("targets do not fit the logits: {}", crate::ops::describe(&[targets, logits]));
            return Err(Error::value("fast.cross_entropy", text));
        }
        let wide = crate::ops::astype(logits, d.accumulator())?;
        let chosen = crate::ops::take_along_axis(&wide, &crate::ops::expand_dims(targets, -1)?, -1)?;
        let loss = crate::ops::subtract(&crate::ops::logsumexp(&wide, -1)?, &crate::ops::squeeze(&chosen, -1)?)?;
        crate::ops::astype(&loss, d)
    }
}
