//! Buffers, small enough to run under valgrind (`scripts/valgrind.sh`): views, donation, strided reads and writes, borrowed memory,
//! every kernel family once on odd sizes.

use lazulite::prelude::*;
use std::sync::Arc;

fn ramp(shape: &[usize]) -> Array {
    let n: usize = shape.iter().product();
    Array::arange(0, n as u64, 1, Dtype::F32).reshape(shape.iter().map(|&d| d as i64).collect::<Vec<_>>())
}

#[test]
fn views_read_within_their_base() {
    let x = ramp(&[5, 7]) + 0.0;
    let views = [x.t(), x.flip(1), x.index((1..4, slice(.., .., -2))), x.diagonal(1), x.reshape([7, 5]).t().reshape([-1])];
    for v in &views {
        let doubled = (v * 2.0).to_vec::<f32>().unwrap();
        let plain = v.to_vec::<f32>().unwrap();
        assert!(doubled.iter().zip(&plain).all(|(d, p)| *d == 2.0 * p));
    }
}

#[test]
fn donated_memory_is_written_once() {
    let mut x = ramp(&[13]);
    for i in 0..20 {
        x = x.flip(0) + i as f32;
        eval([&x]).unwrap();
    }
    assert_eq!(x.to_vec::<f32>().unwrap().len(), 13);
}

#[test]
fn rows_and_columns_of_odd_sizes_reduce() {
    for n in [1, 3, 31, 33, 65] {
        let x = ramp(&[3, n]);
        assert_eq!(x.sum(1).to_vec::<f32>().unwrap().len(), 3);
        assert_eq!(x.t().sum(1).to_vec::<f32>().unwrap().len(), n);
        let rows = x.softmax(-1).sum(-1).to_vec::<f32>().unwrap();
        assert!(rows.iter().all(|s| (s - 1.0).abs() < 1e-5));
    }
}

#[test]
fn kernels_stay_within_their_buffers() {
    let (a, b) = (ramp(&[3, 5]), ramp(&[5, 2]));
    assert_eq!(a.matmul(&b).shape(), [3, 2]);
    eval([&a.matmul(&b), &b.t().matmul(&a.t())]).unwrap();
    let picks = array![4, 0, -1];
    eval([&a.take(&picks, 1), &a.add_at((.., &picks), 1.0), &a.argmax(-1), &a.argsort(-1)]).unwrap();
    eval([&concatenate(&[&a, &a], 0), &a.pad(&[(1, 2), (0, 1)], 9.0), &a.set((1, ..), 3.0)]).unwrap();
    eval([&random::uniform([7], &random::key(3)), &random::normal([3, 3], &random::key(4))]).unwrap();
    for d in Dtype::ALL {
        eval([&a.astype(d).t().astype(Dtype::F32)]).unwrap();
    }
    eval([&Array::zeros([0, 3], Dtype::F32).sum(0), &Array::zeros([3, 0], Dtype::F32).exp()]).unwrap();
}

#[test]
fn borrowed_memory_is_read_in_place_and_never_written() {
    let owner: Arc<Vec<f32>> = Arc::new((0..9).map(|i| i as f32).collect());
    // SAFETY: the vector lives in the `Arc` that the array keeps, and is never written.
    let x = unsafe { Array::borrow(owner.as_ptr().cast(), &[3, 3], Dtype::F32, owner.clone()) };
    let y = x.t() + 1.0;
    drop(x);
    eval([&y]).unwrap();
    assert_eq!(y.to_vec::<f32>().unwrap()[1], 4.0);
    assert_eq!(owner[1], 1.0);
    drop(y);
    assert_eq!(Arc::strong_count(&owner), 1);
}

#[test]
fn what_an_evaluation_held_is_free_when_it_returns() {
    // Threads share the stream, so that many a task runs on another thread than the one that waits for it.
    let work = || {
        for _ in 0..200 {
            let owner: Arc<Vec<f32>> = Arc::new(vec![1.0; 4]);
            // SAFETY: the vector lives in the `Arc` that the array keeps, and is never written.
            let x = unsafe { Array::borrow(owner.as_ptr().cast(), &[4], Dtype::F32, owner.clone()) };
            let y = x.sin() + x.cos();
            drop(x);
            eval([&y]).unwrap();
            assert_eq!(Arc::strong_count(&owner), 1);
        }
    };
    std::thread::scope(|s| (0..4).for_each(|_| drop(s.spawn(work))));
}

#[test]
fn gradients_free_their_graphs() {
    let x = ramp(&[4, 4]);
    for _ in 0..3 {
        let g = grad(|x: &Array| (x.matmul(x).sin() * x).sum(..))(&x);
        eval([&g]).unwrap();
    }
    let f = compile(vmap(grad(|x: &Array| x.sin().sum(..))));
    assert_eq!(f(&x).shape(), [4, 4]);
    eval([&f(&x)]).unwrap();
}
