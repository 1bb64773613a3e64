//! `Tree`: nested containers of arrays, which transforms take and return.
//!
//! | MLX | here |
//! |---|---|
//! | `tree_flatten` | [`named`] with names, [`flatten`] without |
//! | `tree_unflatten` | [`unflatten`], into a tree of the same structure |
//! | `tree_map` | [`Tree::map_arrays`]; of two trees [`map2`] |
//! | `tree_map_with_path` | [`map_named`] |
//! | `tree_reduce` | an iterator's `fold`, `sum` or `reduce` over what [`flatten`] gives |
//! | `tree_merge` | [`map_named`] with the other's arrays by name |

use crate::Array;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use std::collections::{BTreeMap, HashMap};

/// A value made of arrays: an array, a tuple, a `Vec`, an `Option`, a map, or a struct or enum that derives it.
///
/// The arrays have a fixed order. What is not an array (lengths, keys, variants, static fields) is the tree's *structure*: it is part of
/// the signature under which `compile` keeps a trace.
///
/// ```
/// use lazulite::prelude::*;
/// let t = (array![1.0], vec![array![2.0], array![3.0]]);
/// let mut n = 0;
/// t.visit(&mut |_| n += 1);
/// assert_eq!(n, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of arrays",
    label = "transforms take and return trees of arrays",
    note = "use arrays, tuples, `Vec`, `Option`, maps, or derive `Tree` or `Module`"
)]
pub trait Tree: Sized {
    /// Visits every array, in order.
    fn visit(&self, f: &mut dyn FnMut(&Array));

    /// The same structure with every array replaced, in the order of [`Tree::visit`].
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self;

    /// Feeds the structure into a key.
    fn signature(&self, key: &mut KeyHasher);

    /// Visits every array with its path: field names and indices, joined by dots.
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array));

    /// Distributes axes, given as a tree's prefix, over the arrays.
    ///
    /// # Errors
    /// A value error if the prefix has another structure.
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()>;
}

/// The arrays of a tree, in order.
///
/// ```
/// use lazulite::prelude::*;
/// let t = (array![1], Some(array![2, 3]));
/// assert_eq!(lazulite::tree::flatten(&t).len(), 2);
/// ```
pub fn flatten<T: Tree>(tree: &T) -> Vec<Array> {
    let mut list = Vec::new();
    tree.visit(&mut |x| list.push(x.clone()));
    list
}

/// The arrays of a tree with their names, in order: field names and indices, joined by dots.
///
/// ```
/// use lazulite::prelude::*;
/// let t = (array![1], vec![array![2], array![3]]);
/// let names: Vec<String> = lazulite::tree::named(&t).into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0", "1.0", "1.1"]);
/// ```
pub fn named<T: Tree>(tree: &T) -> Vec<(String, Array)> {
    let mut list = Vec::new();
    tree.visit_named(&mut Path::default(), &mut |name, x| list.push((name.to_owned(), x.clone())));
    list
}

/// The tree with its arrays replaced, in order.
///
/// # Panics
/// If there are fewer arrays than the tree has.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::tree::{flatten, unflatten};
/// let t = (array![1], vec![array![2]]);
/// let twice: Vec<Array> = flatten(&t).iter().map(|x| x * 2).collect();
/// let t = unflatten(&t, &twice);
/// assert_eq!(t.1[0].item::<i32>().unwrap(), 4);
/// ```
pub fn unflatten<T: Tree>(tree: &T, arrays: &[Array]) -> T {
    let mut next = arrays.iter();
    tree.map_arrays(&mut |_| next.next().expect("one array a leaf").clone())
}

/// The tree with every array replaced by what `f` makes of its name and itself, in order.
///
/// Some arrays from elsewhere, the others as they are:
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::tree::map_named;
/// use std::collections::BTreeMap;
/// let model = (array![1.0], vec![array![2.0], array![3.0]]);
/// let found = BTreeMap::from([("1.0".to_string(), array![7.0])]);
/// let model = map_named(&model, |name, own| found.get(name).unwrap_or(own).clone());
/// assert_eq!([&model.0, &model.1[0], &model.1[1]].map(|x| x.item::<f32>().unwrap()), [1.0, 7.0, 3.0]);
/// ```
pub fn map_named<T: Tree>(tree: &T, mut f: impl FnMut(&str, &Array) -> Array) -> T {
    let next: Vec<Array> = named(tree).iter().map(|(name, x)| f(name, x)).collect();
    unflatten(tree, &next)
}

/// The tree whose arrays `f` makes of those in the same places of two trees, in order.
///
/// # Errors
/// A value error if the trees differ in structure.
///
/// A running average of a model's weights:
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::prelude::*;
/// use lazulite::tree::map2;
/// let (mean, now) = (Linear::new(2, 1, &random::key(0)), Linear::new(2, 1, &random::key(1)));
/// let next = map2(&mean, &now, |m, w| m * 0.75 + w * 0.25).unwrap();
/// assert_eq!(next.weight.shape(), [1, 2]);
/// let e = map2(&mean, &now.without_bias(), |m, w| m + w).err().unwrap();
/// assert_eq!(e.message(), "the first tree has 2 arrays, the second 1");
/// ```
#[track_caller]
pub fn map2<T: Tree>(a: &T, b: &T, mut f: impl FnMut(&Array, &Array) -> Array) -> Result<T> {
    let structure = |tree: &T| {
        let mut key = KeyHasher::default();
        tree.signature(&mut key);
        key.finish()
    };
    if structure(a) != structure(b) {
        let (first, second) = (named(a), named(b));
        let text = match first.iter().zip(&second).find(|((x, _), (y, _))| x != y) {
            _ if first.len() != second.len() => format!("the first tree has {} arrays, the second {}", first.len(), second.len()),
            Some(((x, _), (y, _))) => format!("the first tree has `{x}` where the second has `{y}`"),
            None => "the trees differ in what is no array".to_owned(),
        };
        return Err(Error::value("map2", text));
    }
    let next: Vec<Array> = flatten(a).iter().zip(&flatten(b)).map(|(x, y)| f(x, y)).collect();
    Ok(unflatten(a, &next))
}

/// For each array of a tree, in order, whether an optimizer may change it: not what is frozen, nor what is no float.
///
/// ```
/// use lazulite::nn::Frozen;
/// use lazulite::prelude::*;
/// let t = (array![1.0], Frozen::new(array![2.0]), array![3]);
/// assert_eq!(lazulite::tree::trainable(&t), [true, false, false]);
/// ```
pub fn trainable<T: Tree>(tree: &T) -> Vec<bool> {
    let mut path = Path::default();
    let mut names: Vec<(String, bool)> = Vec::new();
    tree.visit_named(&mut path, &mut |name, x| names.push((name.to_owned(), x.dtype().is_inexact())));
    names.into_iter().map(|(name, float)| float && !path.frozen.contains(&name)).collect()
}

/// The path to an array within a tree.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::Path;
/// let mut path = Path::default();
/// path.within("layers", |p| p.within("0", |p| assert_eq!(p.as_str(), "layers.0")));
/// let mut names = Vec::new();
/// (array![1], vec![array![2]]).visit_named(&mut path, &mut |name, _| names.push(name.to_string()));
/// assert_eq!(names, ["0", "1.0"]);
/// path.freeze("1.0".into()); // what an optimizer then leaves alone
/// ```
#[derive(Default, Debug)]
pub struct Path {
    text: String,
    frozen: std::collections::HashSet<String>,
}

impl Path {
    /// Notes that the array at `name`, a whole path, is not trained.
    pub fn freeze(&mut self, name: String) {
        self.frozen.insert(name);
    }

    /// Runs `f` with `name` appended.
    pub fn within(&mut self, name: &str, f: impl FnOnce(&mut Path)) {
        let len = self.text.len();
        if len > 0 {
            self.text.push('.');
        }
        self.text.push_str(name);
        f(self);
        self.text.truncate(len);
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Axes for `vmap`: one for a whole tree, none (not batched), or one for each child.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::AxisTree;
/// let axes = AxisTree::Many(vec![AxisTree::Axis(0), AxisTree::None]);
/// assert_eq!(axes.child(1, 2).unwrap(), &AxisTree::None);
/// let f = vmap_axes(|(x, y): &(Array, Array)| x + y, axes, AxisTree::Axis(0));
/// assert_eq!(f(&(array![1.0, 2.0], array![3.0])).shape(), [2, 1]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AxisTree {
    /// Every array of this part, along this axis.
    Axis(i64),
    /// Not batched.
    None,
    /// One for each child.
    Many(Vec<AxisTree>),
}

impl AxisTree {
    /// The axes of child `i` of `n`.
    ///
    /// # Errors
    /// A value error if the number of children differs.
    pub fn child(&self, i: usize, n: usize) -> Result<&AxisTree> {
        match self {
            AxisTree::Many(list) if list.len() == n => Ok(&list[i]),
            AxisTree::Many(list) => Err(Error::value("vmap", format!("axes for {} parts, where the tree has {n}", list.len()))),
            one => Ok(one),
        }
    }
}

impl From<i64> for AxisTree {
    fn from(a: i64) -> AxisTree {
        AxisTree::Axis(a)
    }
}

impl From<()> for AxisTree {
    fn from((): ()) -> AxisTree {
        AxisTree::None
    }
}

impl From<Option<i64>> for AxisTree {
    fn from(a: Option<i64>) -> AxisTree {
        a.map_or(AxisTree::None, AxisTree::Axis)
    }
}

impl<T: Into<AxisTree>> From<Vec<T>> for AxisTree {
    fn from(list: Vec<T>) -> AxisTree {
        AxisTree::Many(list.into_iter().map(Into::into).collect())
    }
}

impl Tree for Array {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        f(self);
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        f(self)
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(1);
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        f(path.as_str(), self);
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        out.push(match spec {
            AxisTree::Axis(a) => Some(*a),
            AxisTree::None => None,
            AxisTree::Many(_) => return Err(Error::value("vmap", "a list of axes where the tree has one array")),
        });
        Ok(())
    }
}

impl<T: Tree> Tree for Vec<T> {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.iter().for_each(|t| t.visit(f));
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        self.iter().map(|t| t.map_arrays(f)).collect()
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(2 | (self.len() as u64) << 8);
        self.iter().for_each(|t| t.signature(key));
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        for (i, t) in self.iter().enumerate() {
            path.within(&i.to_string(), |p| t.visit_named(p, f));
        }
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        self.iter().enumerate().try_for_each(|(i, t)| t.axes(spec.child(i, self.len())?, out))
    }
}

impl<T: Tree> Tree for Option<T> {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.iter().for_each(|t| t.visit(f));
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        self.as_ref().map(|t| t.map_arrays(f))
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(3 | (self.is_some() as u64) << 8);
        self.iter().for_each(|t| t.signature(key));
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        self.iter().for_each(|t| t.visit_named(path, f));
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        self.iter().try_for_each(|t| t.axes(spec, out))
    }
}

impl<T: Tree> Tree for Box<T> {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        (**self).visit(f);
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        Box::new((**self).map_arrays(f))
    }
    fn signature(&self, key: &mut KeyHasher) {
        (**self).signature(key);
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        (**self).visit_named(path, f);
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        (**self).axes(spec, out)
    }
}

impl<T: Tree, const N: usize> Tree for [T; N] {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.iter().for_each(|t| t.visit(f));
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        std::array::from_fn(|i| self[i].map_arrays(f))
    }
    fn signature(&self, key: &mut KeyHasher) {
        key.word(4);
        self.iter().for_each(|t| t.signature(key));
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        for (i, t) in self.iter().enumerate() {
            path.within(&i.to_string(), |p| t.visit_named(p, f));
        }
    }
    fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
        self.iter().enumerate().try_for_each(|(i, t)| t.axes(spec.child(i, N)?, out))
    }
}

/// A map's entries in the order of their keys.
macro_rules! maps {
    ($($map:ident: $($bound:ident),*;)*) => {$(
        impl<K: $($bound +)* Ord + Clone + AsRef<str>, T: Tree> Tree for $map<K, T> {
            fn visit(&self, f: &mut dyn FnMut(&Array)) {
                sorted(self.iter()).into_iter().for_each(|(_, t)| t.visit(f));
            }
            fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
                sorted(self.iter()).into_iter().map(|(k, t)| (k.clone(), t.map_arrays(f))).collect()
            }
            fn signature(&self, key: &mut KeyHasher) {
                key.word(5 | (self.len() as u64) << 8);
                for (k, t) in sorted(self.iter()) {
                    key.text(k.as_ref());
                    t.signature(key);
                }
            }
            fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
                for (k, t) in sorted(self.iter()) {
                    path.within(k.as_ref(), |p| t.visit_named(p, f));
                }
            }
            fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
                sorted(self.iter()).into_iter().enumerate().try_for_each(|(i, (_, t))| t.axes(spec.child(i, self.len())?, out))
            }
        }
    )*};
}

use std::hash::Hash;
maps! {
    HashMap: Hash;
    BTreeMap: Ord;
}

fn sorted<'a, K: Ord + 'a, T: 'a>(entries: impl Iterator<Item = (&'a K, &'a T)>) -> Vec<(&'a K, &'a T)> {
    let mut list: Vec<_> = entries.collect();
    list.sort_by_key(|(k, _)| *k);
    list
}

macro_rules! tuples {
    ($($n:literal: $($t:ident $i:tt),*;)*) => {$(
        impl<$($t: Tree),*> Tree for ($($t,)*) {
            #[allow(unused_variables)]
            fn visit(&self, f: &mut dyn FnMut(&Array)) {
                $(self.$i.visit(f);)*
            }
            #[allow(unused_variables, clippy::unused_unit)]
            fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
                ($(self.$i.map_arrays(f),)*)
            }
            fn signature(&self, key: &mut KeyHasher) {
                key.word(6 | $n << 8);
                $(self.$i.signature(key);)*
            }
            #[allow(unused_variables)]
            fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
                $(path.within(stringify!($i), |p| self.$i.visit_named(p, f));)*
            }
            #[allow(unused_variables)]
            fn axes(&self, spec: &AxisTree, out: &mut Vec<Option<i64>>) -> Result<()> {
                $(self.$i.axes(spec.child($i, $n)?, out)?;)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    0: ;
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

macro_rules! axis_tuples {
    ($($($t:ident $i:tt),*;)*) => {$(
        impl<$($t: Into<AxisTree>),*> From<($($t,)*)> for AxisTree {
            fn from(t: ($($t,)*)) -> AxisTree {
                AxisTree::Many(vec![$(t.$i.into()),*])
            }
        }
    )*};
}

axis_tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}

/// What a transformed function may return: a tree, or a `Result` of one.
///
/// ```
/// use lazulite::prelude::*;
/// let plain = grad(|x: &Array| x * x); // a function of arrays
/// let careful = grad(|x: &Array| ops::multiply(x, x)); // one that may fail
/// let x = Array::from(3.0f32);
/// assert_eq!(plain(&x).item::<f32>().unwrap(), careful(&x).unwrap().item::<f32>().unwrap());
/// ```
pub trait Output {
    /// The tree.
    type Tree: Tree;
    /// The same, with another value in place of the tree.
    type With<X>;
    /// The tree, or the function's own error.
    ///
    /// # Errors
    /// The function's.
    fn into_tree(self) -> Result<Self::Tree>;
    /// A result in the function's manner: as it is, or, for functions that return plain trees, with a panic for an error.
    fn wrap<X>(r: Result<X>) -> Self::With<X>;
}

impl<T: Tree> Output for T {
    type Tree = T;
    type With<X> = X;
    fn into_tree(self) -> Result<T> {
        Ok(self)
    }
    #[track_caller]
    fn wrap<X>(r: Result<X>) -> X {
        match r {
            Ok(x) => x,
            Err(e) => e.raise(),
        }
    }
}

impl<T: Tree> Output for Result<T> {
    type Tree = T;
    type With<X> = Result<X>;
    fn into_tree(self) -> Result<T> {
        self
    }
    fn wrap<X>(r: Result<X>) -> Result<X> {
        r
    }
}

/// What can be differentiated: a scalar array, alone or as the first member of a tuple whose rest is an auxiliary output.
///
/// ```
/// use lazulite::prelude::*;
/// let f = value_and_grad(|x: &Array| (x * x, x + 1.0)); // a loss, and what goes with it
/// let ((loss, more), slope) = f(&Array::from(3.0f32));
/// assert_eq!([&loss, &more, &slope].map(|a| a.item::<f32>().unwrap()), [9.0, 4.0, 6.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be differentiated",
    label = "return a scalar `Array`, or `(Array, auxiliary)`",
    note = "only the first array is differentiated; a second member of a tuple is passed through"
)]
pub trait Loss: Tree {
    /// The array that is differentiated.
    fn loss(&self) -> &Array;
}

impl Loss for Array {
    fn loss(&self) -> &Array {
        self
    }
}

impl<X: Tree> Loss for (Array, X) {
    fn loss(&self) -> &Array {
        &self.0
    }
}
