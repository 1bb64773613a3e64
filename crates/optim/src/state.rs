//! What a rule keeps of each parameter, by the parameter's name.

use lazulite_base::key::{Key, KeyHasher};
use lazulite_core::tree::Path;
use lazulite_core::{Array, AxisTree, Result, Tree};
use std::sync::Arc;

/// What an optimizer keeps from step to step: the number of steps done, and for each trained parameter a `K`.
///
/// It is a [`Tree`]: transforms take and return it, and files keep it. Its arrays are named as in MLX, `step` and the parameter's name
/// followed by the name of what is kept, `layers.0.weight.m`; so a state that MLX wrote is read by name, with
/// [`map_named`](lazulite_core::tree::map_named), where a cast takes its `step` from `uint64`. Frozen parameters have none.
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::optim::{Adam, Moments, Optimizer, State};
/// use lazulite::prelude::*;
/// let state: State<Moments> = Adam::new(0.1).init(&Linear::new(2, 1, &random::key(0)));
/// let names: Vec<String> = lazulite::tree::named(&state).into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["step", "weight.m", "weight.v", "bias.m", "bias.v"]);
/// assert_eq!(state.get("weight").unwrap().m.shape(), [1, 2]);
/// ```
///
/// When more parameters come to be trained, the old ones keep what was kept of them:
///
/// ```
/// use lazulite::nn::Frozen;
/// use lazulite::optim::{Lion, Optimizer};
/// use lazulite::prelude::*;
/// use lazulite::tree::{map_named, named};
/// use std::collections::BTreeMap;
/// let (opt, model) = (Lion::new(0.1), (array![1.0], Frozen::new(array![2.0])));
/// let (model, state) = opt.update(&model, &(array![1.0], Frozen::new(array![0.0])), &opt.init(&model));
///
/// let thawed = (model.0, model.1.thaw());
/// let old: BTreeMap<String, Array> = named(&state).into_iter().collect();
/// let state = map_named(&opt.init(&thawed), |name, new| old.get(name).unwrap_or(new).clone());
/// assert_eq!(state.step.item::<u32>().unwrap(), 1);
/// assert!(state.get("0").unwrap().m.item::<f32>().unwrap() > 0.0);
/// assert_eq!(state.get("1").unwrap().m.item::<f32>().unwrap(), 0.0);
/// ```
#[derive(Clone, Debug)]
pub struct State<K> {
    /// Steps done: 0-d, `uint32`.
    pub step: Array,
    names: Arc<Names>,
    kept: Vec<K>,
}

/// The names of the parameters, with their hash, which each call of a compiled step asks for.
#[derive(Debug)]
pub(crate) struct Names {
    list: Vec<String>,
    key: Key,
}

impl Names {
    pub fn new(list: Vec<String>) -> Arc<Names> {
        let mut key = KeyHasher::default();
        list.iter().for_each(|name| key.text(name));
        Arc::new(Names { key: key.finish(), list })
    }
}

impl<K> State<K> {
    /// A state of one `K` for each name.
    pub(crate) fn new(names: Arc<Names>, kept: Vec<K>, step: Array) -> State<K> {
        State { step, names, kept }
    }

    /// What is kept of the parameter of a name, as [`tree::named`](lazulite_core::tree::named) gives it; a lone array's is empty.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let state = Adam::new(0.1).init(&(array![1.0], array![3]));
    /// assert_eq!(state.get("0").unwrap().v.shape(), [1]);
    /// assert!(state.get("1").is_none()); // integers are not trained
    /// ```
    pub fn get(&self, name: &str) -> Option<&K> {
        self.iter().find(|(own, _)| *own == name).map(|(_, kept)| kept)
    }

    /// The names of the trained parameters and what is kept of each, in the model's order.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let state = Adam::new(0.1).init(&vec![array![1.0], array![2.0, 3.0]]);
    /// let sizes: Vec<(&str, usize)> = state.iter().map(|(name, kept)| (name, kept.m.size())).collect();
    /// assert_eq!(sizes, [("0", 1), ("1", 2)]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &K)> {
        self.names.list.iter().map(String::as_str).zip(&self.kept)
    }

    pub(crate) fn names(&self) -> &Arc<Names> {
        &self.names
    }
}

impl<K: Tree> Tree for State<K> {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        f(&self.step);
        self.kept.iter().for_each(|k| k.visit(f));
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        let step = f(&self.step);
        State { step, names: self.names.clone(), kept: self.kept.iter().map(|k| k.map_arrays(f)).collect() }
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(8 | (self.kept.len() as u64) << 8);
        key.word(self.names.key as u64);
        key.word((self.names.key >> 64) as u64);
        self.kept.iter().for_each(|k| k.signature(key));
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        path.within("step", |p| f(p.as_str(), &self.step));
        for (name, kept) in self.iter() {
            if name.is_empty() {
                kept.visit_named(path, f);
            } else {
                path.within(name, |p| kept.visit_named(p, f));
            }
        }
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        let n = self.kept.len() + 1;
        self.step.axes(spec.child(0, n)?, out)?;
        self.kept.iter().enumerate().try_for_each(|(i, k)| k.axes(spec.child(i + 1, n)?, out))
    }
}
