//! What the derives make of structs and enums.

use lazulite::nn::Linear;
use lazulite::prelude::*;
use lazulite::tree::flatten;

#[derive(Clone, Module)]
struct Pair<A, B> {
    first: A,
    second: Vec<B>,
}

#[derive(Clone, Tree)]
struct Tuple(Array, #[tree(static)] usize, Option<Array>);

#[derive(Clone, Tree)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Static)]
enum Mode {
    Plain,
    Power(i32),
    Named { name: String, scale: f32 },
}

#[derive(Clone, Module)]
enum Body {
    Flat(Linear),
    Deep { layers: Vec<Linear>, gain: Array },
    Empty,
}

#[derive(Clone, Module)]
struct Model {
    body: Body,
    #[module(static)]
    mode: Mode,
    #[module(static)]
    f: fn(&Array) -> Array,
    r#type: Array,
}

fn names<M: Module>(m: &M) -> Vec<String> {
    m.parameters().into_iter().map(|(name, _)| name).collect()
}

fn model(body: Body) -> Model {
    Model { body, mode: Mode::Plain, f: |x| x.exp(), r#type: array![1.0] }
}

#[test]
fn names_are_paths_in_order() {
    let key = random::key(0);
    let deep = Body::Deep { layers: vec![Linear::new(2, 2, &key), Linear::new(2, 1, &key).without_bias()], gain: array![1.0] };
    let expected = ["body.layers.0.weight", "body.layers.0.bias", "body.layers.1.weight", "body.gain", "type"];
    assert_eq!(names(&model(deep)), expected);
    assert_eq!(names(&model(Body::Flat(Linear::new(1, 1, &key)))), ["body.0.weight", "body.0.bias", "type"]);
    assert_eq!(names(&model(Body::Empty)), ["type"]);
    assert_eq!(names(&Pair { first: array![1], second: vec![array![2], array![3]] }), ["first", "second.0", "second.1"]);
}

#[test]
fn gradients_keep_structure_and_statics() {
    let m = Model { mode: Mode::Named { name: "n".into(), scale: 2.0 }, ..model(Body::Empty) };
    let g = grad(|m: &Model| match &m.mode {
        Mode::Named { scale, .. } => (&m.r#type * *scale).sum(..),
        _ => m.r#type.sum(..),
    })(&m);
    assert_eq!(g.mode, m.mode);
    assert_eq!(g.r#type.to_vec::<f32>().unwrap(), [2.0]);
    let t = Tuple(array![1.0, 2.0], 7, None);
    let g = grad(|t: &Tuple| t.0.square().sum(..))(&t);
    assert_eq!((g.0.to_vec::<f32>().unwrap(), g.1, g.2.is_none()), (vec![2.0, 4.0], 7, true));
}

#[test]
fn integer_leaves_get_zeros_of_their_dtype() {
    let p = Pair { first: array![1.0, 2.0], second: vec![array![3, 4]] };
    let g = grad(|p: &Pair<Array, Array>| (&p.first * &p.second[0]).sum(..))(&p);
    assert_eq!(g.first.to_vec::<f32>().unwrap(), [3.0, 4.0]);
    assert_eq!(g.second[0].to_vec::<i32>().unwrap(), [0, 0]);
}

/// How often `compile` traces over these inputs.
fn traces<T: Tree>(inputs: &[T]) -> u64 {
    let f = compile(|t: &T| flatten(t).iter().map(|x| x + 1).collect::<Vec<_>>());
    let before = counters().traces;
    inputs.iter().for_each(|t| drop(f(t)));
    counters().traces - before
}

#[test]
fn statics_and_variants_are_part_of_the_signature() {
    let t = |n| Tuple(array![1.0], n, None);
    assert_eq!(traces(&[t(1), t(1), t(2), t(1)]), 2);
    assert_eq!(traces(&[t(1), Tuple(array![1.0], 1, Some(array![1.0]))]), 2);
    let with = |mode| Model { mode, ..model(Body::Empty) };
    let named = |name: &str, scale| with(Mode::Named { name: name.into(), scale });
    let modes =
        [with(Mode::Plain), with(Mode::Power(1)), with(Mode::Power(2)), named("a", 1.0), named("b", 1.0), named("b", 1.5), named("a", 1.0)];
    assert_eq!(traces(&modes), 6);
    let key = random::key(0);
    let layer = || Linear::new(1, 1, &key).without_bias();
    let bodies = [
        model(Body::Empty),
        model(Body::Flat(layer())),
        model(Body::Deep { layers: vec![layer()], gain: array![1.0] }),
        model(Body::Deep { layers: vec![], gain: array![1.0] }),
    ];
    assert_eq!(traces(&bodies), 4);
    assert_eq!(traces(&[Unit, Unit]), 1);
}

#[test]
fn derived_trees_batch_over_axes() {
    let t = Tuple(array![[1.0, 2.0], [3.0, 4.0]], 0, Some(array![10.0, 20.0]));
    let f = vmap_axes(|t: &Tuple| t.0.sum(..) + t.2.as_ref().expect("given"), (1, 0), 0);
    assert_eq!(f(&t).to_vec::<f32>().unwrap(), [14.0, 26.0]);
}

#[test]
fn a_field_may_have_another_name_in_paths() {
    #[derive(Clone, Module)]
    struct Foreign {
        #[module(name = "Wx")]
        wx: Array,
        #[module(name = "self")]
        inner: Pair<Array, Array>,
    }
    let model = Foreign { wx: array![1], inner: Pair { first: array![2], second: vec![array![3]] } };
    assert_eq!(names(&model), ["Wx", "self.first", "self.second.0"]);
    assert_eq!(flatten(&model.map_arrays(&mut |x| x * 2))[0].item::<i32>().unwrap(), 2);
}

#[test]
fn two_trees_are_mapped_only_if_their_structures_agree() {
    use lazulite::tree::map2;
    use std::collections::BTreeMap;

    #[derive(Clone, Tree)]
    struct Part {
        x: Array,
        #[tree(static)]
        mode: &'static str,
    }
    let part = |mode| Part { x: array![2.0], mode };
    let sum = map2(&part("a"), &part("a"), |x, y| x + y).unwrap();
    assert_eq!((sum.x.item::<f32>().unwrap(), sum.mode), (4.0, "a"));
    let e = map2(&part("a"), &part("b"), |x, y| x + y).err().unwrap();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Value, "the trees differ in what is no array"));
    assert!(e.to_string().contains("derive.rs"), "{e}");
    let map = |key: &str| BTreeMap::from([(key.to_string(), array![1.0])]);
    let e = map2(&map("a"), &map("b"), |x, y| x + y).err().unwrap();
    assert_eq!(e.message(), "the first tree has `a` where the second has `b`");
}
