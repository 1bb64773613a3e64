//! Indexing, updates, gathers, sorting and rearranging: values (NumPy's), derivatives and batches.
// A range to a negative end counts from the back of an axis; it is no empty range.
#![allow(clippy::reversed_empty_ranges)]

mod checks;

use checks::{all_batches, batches, close, derivatives, numbers};
use lazulite::prelude::*;

fn table() -> Array {
    Array::arange(0, 24, 1, Dtype::I32).reshape([2, 3, 4])
}

#[track_caller]
fn is(x: &Array, shape: &[usize], values: &[i32]) {
    assert_eq!(x.shape(), shape);
    assert_eq!(x.to_vec::<i32>().unwrap(), values);
}

#[test]
fn what_an_index_selects_and_where_it_goes() {
    let x = table();
    let (a, b, c) = (array![1, 0], array![[2], [0]], array![3, -1]);
    is(&x.index(()), &[2, 3, 4], &x.to_vec::<i32>().unwrap());
    is(&x.index((0, .., 1)), &[3], &[1, 5, 9]);
    is(&x.index((.., -2, 1..3)), &[2, 2], &[5, 6, 17, 18]);
    is(&x.index((Ellipsis, 1)), &[2, 3], &[1, 5, 9, 13, 17, 21]);
    is(&x.index((1, Ellipsis, NewAxis, ..=-2)), &[3, 1, 3], &[12, 13, 14, 16, 17, 18, 20, 21, 22]);
    is(&x.index((NewAxis, .., NewAxis, slice(.., .., -2), 2)), &[1, 2, 1, 2], &[10, 2, 22, 14]);
    is(&x.index((&a, .., &c)), &[2, 3], &[15, 19, 23, 3, 7, 11]);
    is(&x.index((.., &b, &c)), &[2, 2, 2], &[11, 11, 3, 3, 23, 23, 15, 15]);
    is(&x.index((0, .., &c)), &[2, 3], &[3, 7, 11, 3, 7, 11]);
    is(&x.index((0, &b, 1..3)), &[2, 1, 2], &[9, 10, 1, 2]);
    is(&x.index((.., 1, &c)), &[2, 2], &[7, 7, 19, 19]);
    is(&x.index((.., &a)), &[2, 2, 4], &[4, 5, 6, 7, 0, 1, 2, 3, 16, 17, 18, 19, 12, 13, 14, 15]);
    is(&x.index((&array![[1], [0]], NewAxis, .., &c)), &[2, 2, 1, 3], &[15, 19, 23, 15, 19, 23, 3, 7, 11, 3, 7, 11]);
    is(&x.index((Ellipsis, &b)), &[2, 3, 2, 1], &[2, 0, 6, 4, 10, 8, 14, 12, 18, 16, 22, 20]);
    is(&x.index((&a, slice(2, .., -1), 1)), &[2, 3], &[21, 17, 13, 9, 5, 1]);
    is(&x.index((1.., .., &b)), &[1, 3, 2, 1], &[14, 12, 18, 16, 22, 20]);
    is(&x.index((5.., 0usize)), &[0, 4], &[]);
    is(&x.index((-1i64, 1..=1, 2..-1)), &[1, 1], &[18]);
    is(&array![1, 2, 3].index(array![0u8, 2]), &[2], &[1, 3]);
    is(&array![1, 2, 3].index(Array::from(1i32)), &[], &[2]);
    is(&array![1, 2, 3].index(array![7, -9]), &[2], &[3, 1]);
}

#[test]
fn numbers_and_ranges_are_views() {
    let x = table();
    eval([&x]).unwrap();
    let before = explain(&[&x.index((0, 1.., slice(.., .., -1)))]);
    assert!(!before.contains("gather"), "{before}");
    assert_eq!(before.matches("tape").count() + before.matches("kernel").count(), 1, "{before}");
}

#[test]
fn updates_replace_and_combine() {
    let x = table();
    let v = |y: &Array| y.to_vec::<i32>().unwrap();
    let y = x.set((0, .., 1), array![-1, -2, -3]);
    assert_eq!(v(&y.index((0, .., 1))), [-1, -2, -3]);
    assert_eq!(v(&y.index(1)), v(&x.index(1)));
    assert_eq!(v(&x.set((.., slice(.., .., -2), 3), array![[7, 8]]).index((1, .., 3))), [8, 19, 7]);
    // Index arrays beside numbers, ranges and new axes: as the same selection of a table of places.
    let (a, b) = (array![1, 0], array![[2], [0]]);
    let places = Array::arange(0, 24, 1, Dtype::I32).reshape([2, 3, 4]);
    type Case<'a> = (Array, Box<dyn Fn(&Array, &Array) -> Array + 'a>);
    let cases: Vec<Case> = vec![
        (places.index((&a, .., 2)), Box::new(|x, u| x.add_at((&a, .., 2), u))),
        (places.index((.., &b, NewAxis, 1..3)), Box::new(|x, u| x.add_at((.., &b, NewAxis, 1..3), u))),
        (places.index((&a, slice(.., .., -1), &array![0, 3])), Box::new(|x, u| x.add_at((&a, slice(.., .., -1), &array![0, 3]), u))),
        (places.index((Ellipsis, &b)), Box::new(|x, u| x.add_at((Ellipsis, &b), u))),
        (places.index((.., &array![0, 0])), Box::new(|x, u| x.add_at((.., &array![0, 0]), u))),
        (places.index((1, 2, 3)), Box::new(|x, u| x.add_at((1, 2, 3), u))),
    ];
    for (places, add) in cases {
        let at = v(&places);
        let u: Vec<i32> = (0..at.len() as i32).map(|i| 100 + i).collect();
        let mut want = v(&x);
        at.iter().zip(&u).for_each(|(&p, u)| want[p as usize] += u);
        let u = Array::from_slice(&u, places.shape()).unwrap();
        assert_eq!(v(&add(&x, &u)), want);
    }
    is(&array![1, 2, 3].set(array![0, 0], array![7, 8]), &[3], &[8, 2, 3]);
    is(&array![1, 2, 3].set(array![5, -3], 9.7), &[3], &[9, 2, 3]);
    is(&array![1, 2, 3].add_at(0, 1.7), &[3], &[2, 2, 3]);
    is(&array![1, 2, 3].multiply_at(array![0, 0, 2], array![2, 5, -1]), &[3], &[10, 2, -3]);
    is(&array![1, 2, 3].maximum_at(array![0, 0, 2], array![2, 5, -1]), &[3], &[5, 2, 3]);
    is(&array![1, 2, 3].minimum_at(array![0, 0, 2], array![2, 5, -1]), &[3], &[1, 2, -1]);
    is(&array![1, 2, 3].set(.., 0), &[3], &[0, 0, 0]);
    assert_eq!(array![1u8, 2].add_at(array![0], array![300]).to_vec::<u8>().unwrap(), [45, 2]);
    assert_eq!(array![1.0, 2.0].set((), 3).to_vec::<f32>().unwrap(), [3.0, 3.0]);
}

#[test]
fn errors_say_what_is_wrong() {
    let x = table();
    let kind = |r: Result<Array>| r.unwrap_err().kind();
    assert_eq!(kind(ops::index(&x, 2)), ErrorKind::Index);
    assert_eq!(kind(ops::index(&x, (0, -4))), ErrorKind::Index);
    assert_eq!(kind(ops::index(&x, (0, 0, 0, 0))), ErrorKind::Value);
    assert_eq!(kind(ops::index(&x, (Ellipsis, Ellipsis))), ErrorKind::Value);
    assert_eq!(kind(ops::index(&x, slice(.., .., 0))), ErrorKind::Value);
    assert_eq!(kind(ops::index(&x, array![true, false])), ErrorKind::Value);
    assert_eq!(kind(ops::index(&x, array![0.0])), ErrorKind::Value);
    assert_eq!(kind(ops::index(&x, (&array![0, 1], &array![0, 1, 2]))), ErrorKind::Value);
    assert_eq!(kind(ops::set(&x, 0, array![1, 2, 3])), ErrorKind::Value);
    assert_eq!(kind(ops::set(&array![1u8], 0, 300)), ErrorKind::Value);
    assert_eq!(kind(ops::take(&Array::zeros([0], Dtype::F32), &array![0], 0)), ErrorKind::Value);
    assert_eq!(kind(ops::take(&x, &array![0], 3)), ErrorKind::Index);
    assert_eq!(kind(ops::take_along_axis(&x, &array![1], 1)), ErrorKind::Value);
    assert_eq!(kind(ops::argmax(&Array::zeros([0, 3], Dtype::F32), 1)), ErrorKind::Value);
    assert_eq!(kind(ops::argmax(&x, [0, 1])), ErrorKind::Value);
    assert_eq!(kind(ops::argmax(&x, 3)), ErrorKind::Index);
}

#[test]
fn elements_along_an_axis() {
    let x = array![[1, 2], [3, 4]];
    is(&x.take_along_axis(&array![[-1], [-2]], 1), &[2, 1], &[2, 3]);
    is(&x.take_along_axis(&array![[0, 1]], 0), &[1, 2], &[1, 4]);
    is(&x.put_along_axis(&array![[1], [0]], 9.7, 1), &[2, 2], &[1, 9, 9, 4]);
    is(&x.put_along_axis(&array![[0, 0], [1, 1]], array![[5, 6], [7, 8]], 1), &[2, 2], &[6, 2, 3, 8]);
    is(&x.take(&array![[0, 1]], 1), &[2, 1, 2], &[1, 2, 3, 4]);
}

#[test]
fn extrema_and_order() {
    let x = array![[1.0, 5.0, 5.0], [7.0, f32::NAN, 2.0]];
    let u = |y: Array| y.to_vec::<u32>().unwrap();
    assert_eq!((u(x.argmax(1)), u(x.argmin(1)), u(x.argmax(..)), u(x.argmin(-2))), (vec![1, 1], vec![0, 1], vec![4], vec![0, 1, 1]));
    assert_eq!((x.argmax(keep(..)).shape(), x.argmax(keep(0)).shape()), (&[1usize, 1][..], &[1usize, 3][..]));
    assert_eq!(u(x.argsort(1)), [0, 1, 2, 2, 0, 1]);
    let sorted: Vec<f32> = x.sort(0).to_vec().unwrap();
    assert_eq!(sorted[..4], [1.0, 5.0, 2.0, 7.0]);
    is(&array![[3, 1, 2]].topk(2, -1), &[1, 2], &[2, 3]);
}

#[test]
fn gathers_and_slices_differentiate() {
    let (i, j) = (array![1, 0, 1], array![[2], [-1]]);
    let x = [numbers(&[2, 3, 4], 1)];
    derivatives("slice", &x, |x| x[0].index((0, slice(.., .., -2), 1..)).sin());
    derivatives("gather", &x, |x| x[0].index(&i).sin());
    derivatives("gather of several", &x, |x| x[0].index((&i, .., &array![3, 3, 0])).sin());
    derivatives("gather outside", &x, |x| x[0].index((.., &array![0, 7, -9, 2])).sin());
    derivatives("take", &x, |x| x[0].take(&j, 2).sin());
    derivatives("take along", &x, |x| x[0].take_along_axis(&array![[[0], [1], [3]]], 2).sin());
    derivatives("sort", &x, |x| x[0].sort(1).sin());
    derivatives("topk", &x, |x| x[0].topk(2, 1).sin());
}

#[test]
fn updates_differentiate() {
    let xs = |u: &[usize]| [numbers(&[3, 4], 1), numbers(u, 2)];
    derivatives("set slice", &xs(&[3]), |x| x[0].sin().set((.., 1), x[1].exp()));
    derivatives("multiply slice", &xs(&[2, 1]), |x| x[0].multiply_at((1.., ..), x[1].exp()).sin());
    // Duplicates, an update outside, and index arrays of both kinds.
    let i = array![2, 0, 2, 5, -1];
    let (p, q) = (array![1, 0, 1, 1, 9], array![3, 0, 3, 2, 0]);
    type Update = fn(&Array, (&Array, Option<&Array>), &Array) -> Array;
    let updates: [(&str, Update); 5] = [
        ("set", |x, ix, u| if let Some(q) = ix.1 { x.set((ix.0, q), u) } else { x.set(ix.0, u) }),
        ("add", |x, ix, u| if let Some(q) = ix.1 { x.add_at((ix.0, q), u) } else { x.add_at(ix.0, u) }),
        ("multiply", |x, ix, u| if let Some(q) = ix.1 { x.multiply_at((ix.0, q), u) } else { x.multiply_at(ix.0, u) }),
        ("maximum", |x, ix, u| if let Some(q) = ix.1 { x.maximum_at((ix.0, q), u) } else { x.maximum_at(ix.0, u) }),
        ("minimum", |x, ix, u| if let Some(q) = ix.1 { x.minimum_at((ix.0, q), u) } else { x.minimum_at(ix.0, u) }),
    ];
    for (name, f) in updates {
        derivatives(&format!("{name} rows"), &xs(&[5, 4]), |x| f(&x[0].sin(), (&i, None), &x[1]).sin());
        derivatives(&format!("{name} elements"), &xs(&[5]), |x| f(&x[0].sin(), (&p, Some(&q)), &x[1]).sin());
        derivatives(&format!("{name} of one"), &xs(&[4]), |x| f(&x[0], (&array![1], None), &x[1]).sin());
        let batch = [numbers(&[2, 3, 4], 3), numbers(&[2, 5], 4), array![[1, 0, 1, 1, 9], [2, 2, 2, 0, -1]]];
        all_batches(name, &batch, |x| f(&x[0], (&x[2], Some(&q)), &x[1]));
        all_batches(&format!("gradient of {name}"), &batch, |x| {
            let ix = x[2].clone();
            grad(|(x, u): &(Array, Array)| f(x, (&ix, Some(&q)), u).sin().sum(..))(&(x[0].clone(), x[1].clone())).1
        });
    }
    derivatives("put along", &xs(&[3, 3]), |x| x[0].put_along_axis(&array![[0, 2, 0], [1, 1, 1], [3, 9, -1]], &x[1], 1).sin());
}

#[test]
fn products_differentiate_where_elements_are_zero() {
    let zeros = Array::from_slice(&[0.0f64, 2.0, 0.0, 3.0], [4]).unwrap();
    for (name, u) in [("one", vec![0.0f64, 2.0, 3.0]), ("two", vec![0.0, 0.0, 3.0]), ("none", vec![1.5, 2.0, 3.0])] {
        let u = Array::from_slice(&u, [3]).unwrap();
        derivatives(name, &[zeros.clone(), u], |x| x[0].multiply_at(array![1, 1, 1], &x[1]).sin());
    }
}

#[test]
fn ties_share_the_derivative() {
    let (x, u) = (array![3.0, 2.0], array![3.0, 1.0, 3.0]);
    let f = |(x, u): &(Array, Array)| x.maximum_at(array![0, 0, 0], u).sum(..);
    let (gx, gu) = grad(f)(&(x, u));
    close(&gx, &array![1.0 / 3.0, 1.0], 1e-7, "start");
    close(&gu, &array![1.0 / 3.0, 0.0, 1.0 / 3.0], 1e-7, "updates");
}

#[test]
fn gathers_batch() {
    let batch = [numbers(&[2, 3, 4], 1), array![[1, 0, 1], [2, 2, 7]]];
    all_batches("rows", &batch, |x| x[0].index(&x[1]));
    all_batches("columns", &batch, |x| x[0].take(&x[1], 1));
    all_batches("elements", &batch, |x| x[0].index((&x[1], &array![0, 3, 1])));
    all_batches("broadcast", &batch, |x| x[0].index((.., &x[1].expand_dims(1))));
    all_batches("along", &batch, |x| x[0].take_along_axis(&x[1].expand_dims(1), 1));
    all_batches("put along", &batch, |x| x[0].put_along_axis(&x[1].expand_dims(1), 2.0, 1));
    all_batches("mixed", &batch, |x| x[0].index((0, &x[1])));
    batches("sort", &batch[..1], &[true], |x| x[0].sort(0));
    batches("argsort", &batch[..1], &[true], |x| x[0].argsort(-1));
    batches("argmax", &batch[..1], &[true], |x| x[0].argmax(0));
    batches("argmin of all", &batch[..1], &[true], |x| x[0].argmin(..));
    batches("multiply with shared places", &batch[..1], &[true], |x| x[0].multiply_at(array![0, 0], x[0].index((..2, ..))));
    batches("gradient", &batch, &[true, true], |x| {
        let ix = x[1].clone();
        grad(|y: &Array| y.index(&ix).sin().sum(..))(&x[0])
    });
    let nested = [numbers(&[2, 2, 3, 4], 1), array![[[1, 0], [2, 2]], [[0, 0], [1, 2]]]];
    all_batches("nested", &nested, |x| vmap(|(x, i): &(Array, Array)| x.index(i))(&(x[0].clone(), x[1].clone())));
}

#[test]
fn compiled_and_shapeless_indexing() {
    let f = compile(|x: &Array| x.index((&array![1, 0], 1..)).sum(..));
    assert_eq!(f(&table()).item::<i32>().unwrap(), table().index((.., 1..)).sum(..).item::<i32>().unwrap());
    let last = compile_with(|x: &Array| x.index((-1, slice(.., .., -1))), Compile::default().shapeless(true));
    is(&last(&array![[1, 2]]), &[2], &[2, 1]);
    is(&last(&array![[1, 2, 3], [4, 5, 6]]), &[3], &[6, 5, 4]);
}

#[test]
fn arrangements() {
    let x = array![[1, 2], [3, 4]];
    is(&x.tile(&[2]), &[2, 4], &[1, 2, 1, 2, 3, 4, 3, 4]);
    is(&x.tile(&[2, 1, 1]), &[2, 2, 2], &[1, 2, 3, 4, 1, 2, 3, 4]);
    is(&x.repeat(2, 1), &[2, 4], &[1, 1, 2, 2, 3, 3, 4, 4]);
    is(&x.roll(-1, 1), &[2, 2], &[2, 1, 4, 3]);
    is(&array![1, 2].diag(-1), &[3, 3], &[0, 0, 0, 1, 0, 0, 0, 2, 0]);
    is(&x.tril(-1), &[2, 2], &[0, 0, 3, 0]);
    is(&x.triu(1), &[2, 2], &[0, 2, 0, 0]);
    is(&x.trace(0), &[], &[5]);
    let x = [numbers(&[3, 3], 1)];
    derivatives("arrangements", &x, |x| x[0].tile(&[2, 1]).roll(2, 0).repeat(2, 1).sin().tril(1));
    derivatives("diagonals", &x, |x| x[0].diag(0).sin().diag(1).matmul(&x[0].triu(0).pad(&[(0, 1), (0, 0)], 0)));
    batches("arrangements", &[numbers(&[2, 3, 3], 1)], &[true], |x| x[0].tile(&[2, 1]).roll(2, 0).repeat(2, 1).tril(1).diag(1));
}
