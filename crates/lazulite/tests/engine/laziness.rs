//! Invariants 1 and 12: nothing runs before it must, what is held is ready after its graph ran, and explain runs nothing.

use lazulite::prelude::*;

#[test]
fn building_runs_no_kernel() {
    let before = counters();
    let x = Array::ones([1 << 20], Dtype::F32);
    let y = ((x.sin() + 1.0).exp() * 2.0).sum(0).sqrt();
    let after = counters();
    assert_eq!((after.kernels, after.evaluations, after.plans), (before.kernels, before.evaluations, before.plans));
    assert!(!y.is_ready());
    assert!(explain(&[&y]).contains("tape over"));
    assert_eq!(counters().kernels, before.kernels);
    assert!(!y.is_ready());
}

#[test]
fn an_unused_branch_runs_nothing() {
    let x = Array::from_slice(&[1.0f32; 100], [10, 10]).unwrap();
    let used = &x + 1.0;
    let unused = (&x * 3.0).sum(0);
    let before = counters();
    eval([&used]).unwrap();
    assert_eq!(counters().kernels, before.kernels + 1);
    assert!(!unused.is_ready());
}

#[test]
fn an_output_still_held_is_ready_after_its_graph_ran() {
    let a = array![1.0, 2.0];
    let c = &a + 1.0;
    let d = &c * 2.0;
    eval([&d]).unwrap();
    assert!(c.is_ready());
    let before = counters();
    assert_eq!(c.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    assert_eq!(counters().kernels, before.kernels);
}

#[test]
fn a_view_of_what_is_on_its_way_waits_for_it() {
    for n in [384, 256, 128] {
        let x = Array::full([n, n], 1.0 / n as f32, Dtype::F32);
        let y = (0..20).fold(x.clone(), |y, _| y.matmul(&x) + 0.5);
        async_eval([&y]).unwrap();
        let view = y.t();
        eval([&view]).unwrap();
        assert_eq!(view.to_vec::<f32>().unwrap(), vec![y.to_vec::<f32>().unwrap()[0]; n * n]);
    }
}

#[test]
fn what_nobody_holds_need_not_exist() {
    let a = array![1.0, 2.0];
    let d = (&a + 1.0) * 2.0;
    let before = counters();
    eval([&d]).unwrap();
    assert_eq!(counters().kernels, before.kernels + 1);
    assert_eq!(d.to_vec::<f32>().unwrap(), [4.0, 6.0]);
}

#[test]
fn an_unheld_value_that_another_graph_needs_survives() {
    let a = array![1.0, 2.0];
    let c = &a + 1.0;
    let d = &c * 2.0;
    let e = &c * 3.0;
    drop(c);
    eval([&d]).unwrap();
    drop(a);
    assert_eq!(e.to_vec::<f32>().unwrap(), [6.0, 9.0]);
}

#[test]
fn debug_never_evaluates_and_display_does() {
    let y = array![1.0, 2.0] + 1.0;
    assert!(format!("{y:?}").contains("pending"));
    assert!(!y.is_ready());
    assert_eq!(y.to_string(), "array([2, 3], dtype=float32)");
    assert!(y.is_ready());
}

#[test]
fn equal_work_is_done_once() {
    let x = Array::from_slice(&[0.5f32; 64], [64]).unwrap();
    let y = x.sin() + x.sin();
    let text = explain(&[&y]);
    assert_eq!(text.matches("sin").count(), 2, "once in the tape, once in the lines:\n{text}");
}

#[test]
fn a_scalar_of_another_value_meets_the_same_plan() {
    let x = array![1.0, 2.0];
    eval([&(&x * 3.5 + 1.25)]).unwrap();
    let before = counters();
    let y = &x * 4.5 + 2.25;
    assert_eq!(y.to_vec::<f32>().unwrap(), [6.75, 11.25]);
    assert_eq!(counters().plans, before.plans);
}

#[test]
fn evaluation_is_asynchronous_where_asked() {
    let x = Array::from_slice(&vec![0.5f32; 1 << 16], [1 << 16]).unwrap();
    let mut y = x.clone();
    for _ in 0..20 {
        y = (&y * 0.5).sin();
        async_eval([&y]).unwrap();
    }
    let again = (0..20).fold(x, |y, _| (&y * 0.5).sin());
    assert_eq!(y.to_vec::<f32>().unwrap(), again.to_vec::<f32>().unwrap());
}

#[test]
fn streams_order_what_depends() {
    let (s, t) = (Stream::new(Device::default()), Stream::new(Device::default()));
    let x = array![1.0, 2.0];
    let a = with_stream(s, || &x + 1.0);
    let b = with_stream(t, || &a * 2.0);
    let c = with_stream(s, || &b - &a);
    assert_eq!((a.stream(), b.stream()), (s, t));
    assert_eq!(c.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    assert_eq!(a.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    s.synchronize().unwrap();
}
