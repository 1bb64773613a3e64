//! `Frozen`: part of a model that is not trained.

use crate::Module;
use crate::mode::known_as;
use lazulite_base::Result;
use lazulite_base::key::KeyHasher;
use lazulite_core::tree::Path;
use lazulite_core::{Array, AxisTree, Tree};

/// Part of a model that is not trained: no gradient reaches it, and optimizers leave it as it is, weight decay included. It is saved,
/// loaded and named like any other part.
///
/// ```
/// use lazulite::nn::{Frozen, Linear};
/// use lazulite::optim::{AdamW, Optimizer};
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Module)]
/// struct Tuned {
///     base: Frozen<Linear>,
///     head: Linear,
/// }
///
/// let (a, b) = random::split(&random::key(0));
/// let model = Tuned { base: Frozen::new(Linear::new(2, 2, &a)), head: Linear::new(2, 1, &b) };
/// let x = array![[1.0, 2.0]];
/// let g = grad(|m: &Tuned| m.head.forward(&m.base.get().forward(&x)).sum(..))(&model);
/// assert_eq!(g.base.get().weight.to_vec::<f32>().unwrap(), [0.0; 4]);
///
/// let opt = AdamW::new(0.1);
/// let (next, _) = opt.update(&model, &g, &opt.init(&model));
/// let weight = |m: &Tuned| m.base.get().weight.to_vec::<f32>().unwrap();
/// assert_eq!(weight(&next), weight(&model));
/// ```
#[derive(Clone, Debug)]
pub struct Frozen<T>(T);

impl<T: Tree> Frozen<T> {
    /// Freezes a part.
    ///
    /// ```
    /// use lazulite::nn::Frozen;
    /// use lazulite::prelude::*;
    /// assert_eq!(Frozen::new(array![1.0]).get().item::<f32>().unwrap(), 1.0);
    /// ```
    pub fn new(part: T) -> Frozen<T> {
        Frozen(part)
    }

    /// The part, cut off from gradients.
    ///
    /// ```
    /// use lazulite::nn::Frozen;
    /// use lazulite::prelude::*;
    /// let g = grad(|x: &Frozen<Array>| (x.get() * 2.0).sum(..))(&Frozen::new(array![1.0]));
    /// assert_eq!(g.get().item::<f32>().unwrap(), 0.0);
    /// ```
    pub fn get(&self) -> T {
        self.0.map_arrays(&mut |x| {
            let cut = x.stop_gradient();
            known_as(x, &cut);
            cut
        })
    }

    /// The part as it was, to be trained.
    ///
    /// ```
    /// use lazulite::nn::Frozen;
    /// use lazulite::prelude::*;
    /// assert_eq!(Frozen::new(array![1.0]).thaw().item::<f32>().unwrap(), 1.0);
    /// ```
    pub fn thaw(self) -> T {
        self.0
    }
}

impl<T: Tree> Tree for Frozen<T> {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.0.visit(f);
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        Frozen(self.0.map_arrays(f))
    }
    fn signature(&self, key: &mut KeyHasher) {
        self.0.signature(key);
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        let mut names = Vec::new();
        self.0.visit_named(path, &mut |name, x| {
            names.push(name.to_owned());
            f(name, x);
        });
        names.into_iter().for_each(|name| path.freeze(name));
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        self.0.axes(spec, out)
    }
}

impl<T: Module> Module for Frozen<T> {}
