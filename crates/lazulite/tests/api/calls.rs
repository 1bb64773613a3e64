//! Arrays: creation, operators, methods, indexing, reading.

use lazulite::prelude::*;

pub fn all() {
    let a = array![[1, 2], [3, 4]];
    let x = array![[1.0, 2.0], [3.0, 4.0]];
    assert_eq!((a.dtype(), x.dtype()), (Dtype::I32, Dtype::F32));

    // Operators take arrays, references and literals on both sides.
    let _ = &x + &x;
    let _ = x.clone() * x.clone() - &x;
    let _ = (2.0 * &x + 1).sin();
    let _ = 1 - &a;
    let _ = -&x / 2.0;
    let _ = &a % 2;
    let _ = x.gt(1.0).logical_and(x.lt(3));
    let mut acc = Array::zeros([2, 2], Dtype::F32);
    acc += &x;
    acc *= 0.5;

    // Reductions over one axis, several, all, keeping them or not.
    let _ = (x.sum(0), x.sum([0, -1]), x.sum(..), x.mean(keep(-1)), x.var(keep(..), 1), x.argmax(-1));

    // Views, indexing, updates.
    let _ = x.reshape([-1]).expand_dims(0).transpose([1, 0]).t();
    let _ = x.index((0, ..));
    let _ = x.index((.., 1..));
    let _ = x.index((Ellipsis, NewAxis, slice(.., .., -1)));
    let picks = array![1, 0];
    let _ = x.index((&picks, 0));
    let _ = x.take(&picks, 0);
    let _ = x.set((0, ..), 5.0);
    let _ = x.add_at((&picks, ..), 1.0);
    let _ = concatenate(&[&x, &x], 0);
    let _ = stack(&[&x, &x], -1);
    let _ = select(&x.gt(2.0), &x, 0.0);
    let _ = x.matmul(&x);
    let _ = x.astype(Dtype::BF16).softmax(-1);

    // Random numbers come from keys.
    let key = random::key(0);
    let (k1, k2) = random::split(&key);
    let _ = random::normal([2, 2], &k1) + random::uniform([2, 2], &k2);

    // Evaluation is implicit on a read, and explicit where wanted.
    eval([&x, &acc]).unwrap();
    async_eval([&x]).unwrap();
    let v: f32 = x.sum(..).item().unwrap();
    let all: Vec<f32> = x.to_vec().unwrap();
    assert_eq!((v, all.len()), (10.0, 4));
    let _ = (x.to_string(), format!("{x:?}"), explain(&[&x]));

    // A stream is a plain handle.
    let s = Stream::new(Device::default());
    let _ = with_stream(s, || x.exp());
}

/// Of integers too, and a division by zero gives zero.
#[test]
fn floor_division_rounds_down() {
    let (x, y) = (array![7, -7, 7, -7, -8, 5], array![2, 2, -2, -2, 2, 0]);
    assert_eq!(x.floor_divide(&y).to_vec::<i32>().unwrap(), [3, -4, -4, 3, -4, 0]);
    assert_eq!((x.floor_divide(&y) * &y + x.remainder(&y)).to_vec::<i32>().unwrap(), x.to_vec::<i32>().unwrap());
    assert_eq!(array![-128i8].floor_divide(-1).to_vec::<i8>().unwrap(), [-128]);
}
