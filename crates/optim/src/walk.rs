//! The walk over a model that all rules share: which arrays are trained, whether gradients and state fit them, and in which dtype the
//! arithmetic is done.

use lazulite_core::tree::{Path, flatten, trainable, unflatten};
use lazulite_core::{Array, Dtype, Error, Result, Tree};

/// A rule as the walk sees it.
pub(crate) struct Rule {
    /// The name in errors.
    pub name: &'static str,
    /// Whether it trains complex parameters.
    pub complex: bool,
}

/// One trained array with what belongs to it, all in the dtype of the arithmetic.
pub(crate) struct Leaf<const K: usize> {
    pub weight: Array,
    pub grad: Array,
    /// Its part of each tree of the state.
    pub kept: [Array; K],
}

/// What a rule makes of a leaf: what to subtract from the weight, and the next state.
pub(crate) struct Change<const K: usize> {
    pub descent: Array,
    pub kept: [Array; K],
}

impl Rule {
    /// A tree of the state before the first step.
    #[track_caller]
    pub fn zeros<M: Tree>(&self, model: &M) -> Result<M> {
        self.trained(model)?;
        Ok(model.map_arrays(&mut |x| Array::zeros(x.shape(), arithmetic(x.dtype()))))
    }

    /// The next model and the next trees of the state.
    #[track_caller]
    pub fn walk<M: Tree, const K: usize>(
        &self,
        model: &M,
        grads: &M,
        kept: [&M; K],
        change: impl Fn(Leaf<K>) -> Change<K>,
    ) -> Result<(M, [M; K])> {
        let trained = self.trained(model)?;
        let mut weights = flatten(model);
        let grads = flatten(grads);
        let mut states = kept.map(flatten);
        self.fits("gradient", model, &grads, &trained, |dtype| dtype)?;
        for state in &states {
            self.fits("state", model, state, &trained, arithmetic)?;
        }
        for i in (0..weights.len()).filter(|&i| trained[i]) {
            let own = weights[i].dtype();
            let wide = arithmetic(own);
            let weight = weights[i].astype(wide);
            let leaf = Leaf { weight: weight.clone(), grad: grads[i].astype(wide), kept: std::array::from_fn(|k| states[k][i].clone()) };
            let change = change(leaf);
            weights[i] = (weight - change.descent).astype(own);
            for (state, next) in states.iter_mut().zip(change.kept) {
                state[i] = next;
            }
        }
        Ok((unflatten(model, &weights), std::array::from_fn(|k| unflatten(kept[k], &states[k]))))
    }

    /// For each array of the model, whether it is trained.
    #[track_caller]
    fn trained<M: Tree>(&self, model: &M) -> Result<Vec<bool>> {
        let trained = trainable(model);
        if !self.complex {
            let weights = flatten(model);
            for i in (0..weights.len()).filter(|&i| trained[i]) {
                let dtype = weights[i].dtype();
                if !dtype.is_float() {
                    return Err(Error::dtype(self.name, format!("parameter `{}` is {dtype}, where a real one is needed", name(model, i))));
                }
            }
        }
        Ok(trained)
    }

    /// Checks the arrays of a tree against those of the model.
    #[track_caller]
    fn fits<M: Tree>(&self, what: &str, model: &M, given: &[Array], trained: &[bool], dtype: fn(Dtype) -> Dtype) -> Result<()> {
        let weights = flatten(model);
        if weights.len() != given.len() {
            return Err(Error::value(self.name, format!("the {what} has {} arrays, the model {}", given.len(), weights.len())));
        }
        for (i, (w, x)) in weights.iter().zip(given).enumerate().filter(|(i, _)| trained[*i]) {
            if x.shape() != w.shape() {
                let text = format!("parameter `{}` has shape {:?}, its {what} {:?}", name(model, i), w.shape(), x.shape());
                return Err(Error::value(self.name, text));
            }
            if x.dtype() != dtype(w.dtype()) {
                let (own, needed) = (w.dtype(), dtype(w.dtype()));
                let text = format!("parameter `{}` is {own}, its {what} {} instead of {needed}", name(model, i), x.dtype());
                return Err(Error::dtype(self.name, text));
            }
        }
        Ok(())
    }
}

/// The dtype of the arithmetic on arrays of a dtype, and of the state.
pub(crate) fn arithmetic(dtype: Dtype) -> Dtype {
    match dtype {
        Dtype::F16 | Dtype::BF16 => Dtype::F32,
        other => other,
    }
}

/// The name of array `i` of a model.
fn name<M: Tree>(model: &M, i: usize) -> String {
    let mut names = Vec::new();
    model.visit_named(&mut Path::default(), &mut |name, _| names.push(name.to_owned()));
    names.swap_remove(i)
}
