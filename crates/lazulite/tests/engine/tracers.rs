//! Tracing by identity: confusion of perturbations, captured and escaped tracers, reading a value while tracing.

use lazulite::prelude::*;

fn item(x: &Array) -> f32 {
    x.item().unwrap()
}

#[test]
fn grad_in_grad_over_a_captured_variable() {
    // d/dx [x * d/dy (x * y)] = d/dx [x * x] = 2x.
    let f = |x: &Array| x * grad(|y: &Array| x * y)(&Array::from(7.0f32));
    assert_eq!(item(&grad(f)(&Array::from(3.0f32))), 6.0);
    // d/dx [x * d/dy (x + y)] = 1.
    let f = |x: &Array| x * grad(|y: &Array| x + y)(&Array::from(7.0f32));
    assert_eq!(item(&grad(f)(&Array::from(3.0f32))), 1.0);
    // The inner one at the outer's own variable: d/dx (d/dy x*y^2 at y = x) = d/dx 2x^2 = 4x.
    let f = |x: &Array| grad(|y: &Array| x * y * y)(x);
    assert_eq!(item(&grad(f)(&Array::from(3.0f32))), 12.0);
}

#[test]
fn jvp_in_vjp_and_vjp_in_jvp() {
    let one = Array::from(1.0f32);
    let inner = |x: &Array| jvp(|y: &Array| x * y * y)(x, &Array::from(1.0f32)).1;
    let (_, pullback) = vjp(inner)(&Array::from(3.0f32));
    assert_eq!(item(&pullback(&one)), 12.0);
    let inner = |x: &Array| vjp(|y: &Array| x * y * y)(x).1(&Array::from(1.0f32));
    let (_, t) = jvp(inner)(&Array::from(3.0f32), &one);
    assert_eq!(item(&t), 12.0);
}

#[test]
fn derivatives_nest() {
    let x = Array::from(0.5f32);
    let fourth = grad(grad(grad(grad(|x: &Array| x.sin()))));
    assert!((item(&fourth(&x)) - 0.5f32.sin()).abs() < 1e-6);
    let mixed = jvp(grad(|x: &Array| x.exp()));
    assert!((item(&mixed(&x, &Array::from(1.0f32)).1) - 0.5f32.exp()).abs() < 1e-6);
}

#[test]
fn a_value_may_be_read_in_grad() {
    let f = |x: &Array| {
        let y = x * x;
        // A branch on the value: the graph of what was read is kept.
        if item(&y) > 1.0 { &y * 3.0 } else { y.clone() }
    };
    assert_eq!(item(&grad(f)(&Array::from(2.0f32))), 12.0);
    assert_eq!(item(&grad(f)(&Array::from(0.5f32))), 1.0);
    assert_eq!(item(&grad(grad(f))(&Array::from(2.0f32))), 6.0);
    let read_everything = |x: &Array| {
        let a = x.sin();
        let b = &a * x;
        let c = b.exp();
        for y in [&a, &b, &c] {
            let _ = item(y);
        }
        c + a
    };
    let x = 0.7f32;
    let expected = (x.sin() * x).exp() * (x.cos() * x + x.sin()) + x.cos();
    assert!((item(&grad(read_everything)(&Array::from(x))) - expected).abs() < 1e-5);
}

#[test]
fn a_value_cannot_be_read_in_vmap_or_compile() {
    let xs = array![1.0, 2.0];
    let e = vmap(|x: &Array| x.item::<f32>().map(|_| x.clone()))(&xs).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Tracer);
    assert!(e.to_string().contains("`vmap`") && e.to_string().contains("tracers.rs"), "{e}");
    let e = compile(|x: &Array| (x + 1.0).to_vec::<f32>().map(|_| x.clone()))(&xs).unwrap_err();
    assert!(e.kind() == ErrorKind::Tracer && e.to_string().contains("`compile`"), "{e}");
    let e = vmap(|x: &Array| {
        grad(|y: &Array| {
            (y * y).item::<f32>()?;
            Ok(y * y)
        })(x)
    })(&xs)
    .unwrap_err();
    assert!(e.kind() == ErrorKind::Tracer && e.to_string().contains("`vmap`"), "{e}");
    // The process goes on.
    assert_eq!(vmap(|x: &Array| x + 1.0)(&xs).to_vec::<f32>().unwrap(), [2.0, 3.0]);
}

#[test]
fn an_escaped_tracer_is_named() {
    let kept = std::sync::Mutex::new(None);
    let f = compile(|x: &Array| {
        *kept.lock().unwrap() = Some(x * 2.0);
        x + 1.0
    });
    let _ = f(&array![1.0]);
    let escaped = kept.lock().unwrap().take().unwrap();
    let e = (escaped + 1.0).to_vec::<f32>().unwrap_err();
    assert!(e.kind() == ErrorKind::Tracer && e.to_string().contains("escaped"), "{e}");
    let e = eval([&kept_of_vmap()]).unwrap_err();
    assert!(e.to_string().contains("`vmap`"), "{e}");
}

fn kept_of_vmap() -> Array {
    let kept = std::sync::Mutex::new(None);
    let _ = vmap(|x: &Array| {
        *kept.lock().unwrap() = Some(x.clone());
        x.clone()
    })(&array![1.0]);
    kept.into_inner().unwrap().unwrap()
}

#[test]
fn captured_tracers_carry_derivatives() {
    // A compiled function made and called inside grad, over a captured outer variable.
    let f = |x: &Array| compile(|y: &Array| x * y)(&Array::from(5.0f32));
    assert_eq!(item(&grad(f)(&Array::from(3.0f32))), 5.0);
    // vmap over a captured outer variable.
    let f = |x: &Array| vmap(|y: &Array| x * y)(&array![1.0, 2.0]).sum(..);
    assert_eq!(item(&grad(f)(&Array::from(3.0f32))), 3.0);
    // A gradient inside vmap, over the batch's own captured example.
    let f = |x: &Array| grad(|y: &Array| x * y * y)(&Array::from(2.0f32));
    assert_eq!(vmap(f)(&array![1.0, 3.0]).to_vec::<f32>().unwrap(), [4.0, 12.0]);
}

#[test]
fn a_panic_in_a_traced_function_leaves_nothing_behind() {
    let caught = std::panic::catch_unwind(|| grad(|_: &Array| -> Array { panic!("mine") })(&Array::from(1.0f32)));
    assert!(caught.is_err());
    let x = array![1.0, 2.0];
    let y = (&x + 1.0) * 2.0;
    eval([&y]).unwrap();
    let before = counters();
    let shapeless = compile_with(|x: &Array| -> Array { panic!("{:?}", x.shape()) }, Compile::default().shapeless(true));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| shapeless(&x))).is_err());
    assert_eq!(grad(|x: &Array| x.square())(&Array::from(3.0f32)).item::<f32>().unwrap(), 6.0);
    assert!(counters().kernels > before.kernels);
}
