//! The tour: each idea in turn, what it shows, and what it costs.

use crate::print::{best, heading, row, timed};
use lazulite::nn::{self, Linear};
use lazulite::optim::{Optimizer, SGD};
use lazulite::prelude::*;
use lazulite::tree::flatten;

pub fn run() -> Result<()> {
    println!("lazulite: lazy arrays and composable transforms");
    laziness()?;
    gradients()?;
    batches()?;
    fusion()?;
    regression()
}

/// Ten operations.
fn ten(x: &Array) -> Array {
    ((x * 2.0 + 1.0).sin().square() + x.cos()).abs().sqrt() * 0.5 - x
}

fn laziness() -> Result<()> {
    heading("lazy", "nothing runs until something reads it");
    let x = Array::ones([1 << 24], Dtype::F32) + 0.5;
    eval([&x])?;
    eval([&ten(&x)])?; // the allocator has seen the size
    let before = counters();
    let (y, build) = timed(|| ten(&x));
    let built = counters();
    row(
        "build 10 operations over 2^24 elements",
        build,
        &format!("{} nodes, {} kernels", built.nodes - before.nodes, built.kernels - before.kernels),
    );
    let (_unused, spare) = timed(|| x.exp().log1p().tanh());
    row("build a branch that nobody reads", spare, "never runs");
    let before = counters().kernels;
    let (done, time) = timed(|| eval([&y]));
    done?;
    row("evaluate the first", time, &format!("{} fused kernel, no temporary arrays", counters().kernels - before));
    assert_eq!(counters().kernels - before, 1);
    Ok(())
}

fn gradients() -> Result<()> {
    heading("grad", "derivatives are functions, and differentiate again");
    let square = |x: &Array| x.square();
    let three = Array::from(3.0f32);
    let ((y, d), time) = timed(|| (square(&three).item::<f32>(), grad(square)(&three).item::<f32>()));
    let (y, d) = (y?, d?);
    assert_eq!((y, d), (9.0, 6.0));
    row("x² and its derivative at 3", time, &format!("{y} and {d}"));

    let sin = |x: &Array| x.sin();
    let zero = Array::from(0.0f32);
    let ((d1, d2), time) = timed(|| (grad(sin)(&zero).item::<f32>(), grad(grad(sin))(&zero).item::<f32>()));
    let (d1, d2) = (d1?, d2?);
    assert!(d1 == 1.0 && d2 == 0.0);
    row("the first two derivatives of sin at 0", time, &format!("{d1} and {}", d2.abs()));

    let (w, x, y) = (Array::from(1.0f32), array![1.0, 2.0, 3.0], array![2.0, 4.0, 6.0]);
    let runs = std::cell::Cell::new(0);
    let before = counters();
    let ((loss, g), time) = timed(|| {
        let (loss, g) = value_and_grad(|w: &Array| {
            runs.set(runs.get() + 1);
            (w * &x - &y).square().mean(..)
        })(&w);
        (eval([&loss, &g]).and_then(|()| loss.item::<f32>()), g.item::<f32>())
    });
    let (loss, g) = (loss?, g?);
    let after = counters();
    assert!((loss - 4.6667).abs() < 1e-4 && (g + 9.3333).abs() < 1e-4);
    assert_eq!((runs.get(), after.evaluations - before.evaluations), (1, 1));
    let cost = format!("{loss:.4} and {g:.4}: {} forward, {} kernels", runs.get(), after.kernels - before.kernels);
    row("value_and_grad of mean((wx - y)²) at w = 1", time, &cost);
    Ok(())
}

fn batches() -> Result<()> {
    heading("vmap", "a function of one example becomes one of a batch");
    let rows = random::normal([100, 256], &random::key(1));
    let of_row = |x: &Array| (x.sin() * x).sum(..);
    let one_by_one = || -> Result<Vec<f32>> {
        let row = |i: usize| ops::split_at(&rows, &[i, i + 1], 0).map(|parts| parts[1].squeeze(0));
        (0..100).map(|i| of_row(&row(i)?).item::<f32>()).collect()
    };
    let (looped, slow) = best(3, one_by_one);
    let (batched, fast) = best(3, || vmap(of_row)(&rows).to_vec::<f32>());
    let (looped, batched) = (looped?, batched?);
    assert!(looped.iter().zip(&batched).all(|(a, b)| (a - b).abs() <= 1e-4 * a.abs().max(1.0)));
    row("100 rows one by one", slow, "100 evaluations");
    row("vmap over the 100 rows", fast, &format!("1 evaluation, {:.0}× as fast", slow.as_secs_f64() / fast.as_secs_f64()));

    let (a, b) = (random::normal([8, 3], &random::key(2)), random::normal([3, 8], &random::key(3)));
    let sum = |(a, b): &(Array, Array)| a + b;
    let (c, time) = timed(|| {
        let c = vmap_axes(sum, (0, 1), 0)(&(a.clone(), b.clone()));
        c.to_vec::<f32>().map(|v| (v, c.shape().to_vec()))
    });
    let (c, shape) = c?;
    assert_eq!(c, (&a + b.t()).to_vec::<f32>()?);
    row("vmap over axes (0, 1) of [8, 3] and [3, 8]", time, &format!("{shape:?}"));

    let f = compile(vmap(grad(|x: &Array| (x.sin() * x).sum(..))));
    let before = counters().traces;
    let (g, time) = best(20, || {
        let g = f(&rows);
        eval([&g]).map(|()| g)
    });
    let g = g?;
    let expected = rows.cos() * &rows + rows.sin();
    assert!((&g - expected).abs().max(..).item::<f32>()? < 1e-5);
    row("compile(vmap(grad(f)))", time, &format!("{:?}, {} trace for 21 calls", g.shape(), counters().traces - before));
    Ok(())
}

fn fusion() -> Result<()> {
    heading("fusion", "gelu over 2^24 elements, the same bits each time");
    let x = random::normal([1 << 24], &random::key(4));
    eval([&x])?;
    let evaluated = |y: Array| eval([&y]).map(|()| y);
    let steps = |f: &dyn Fn() -> Result<Array>| {
        let before = counters().kernels;
        let (y, time) = best(3, f);
        y.map(|y| (y, time, (counters().kernels - before) / 4))
    };
    let was = lazulite::set_fusion(false);
    let unfused = steps(&|| evaluated(nn::gelu(&x)));
    lazulite::set_fusion(was);
    let (a, time, kernels) = unfused?;
    row("fusion off", time, &format!("{kernels} kernels"));
    let (b, time, kernels) = steps(&|| evaluated(nn::gelu(&x)))?;
    row("plain", time, &format!("{kernels} kernel"));
    let compiled = compile(nn::gelu);
    let (c, time, kernels) = steps(&|| evaluated(compiled(&x)))?;
    row("compiled", time, &format!("{kernels} kernel, no planning"));
    assert!(a.eq(&b).logical_and(b.eq(&c)).all(..).item::<bool>()?);
    Ok(())
}

fn regression() -> Result<()> {
    heading("train", "a layer is a struct, and so is its gradient");
    let (k1, k2) = random::split(&random::key(5));
    let x = random::normal([256, 10], &k1);
    let y = x.matmul(&Array::arange(0, 10, 1, Dtype::F32).expand_dims(-1)) + 3.0;
    let opt = SGD::new(0.1);
    let mut model = Linear::new(10, 1, &k2);
    let mut state = opt.init(&model);
    let loss = |m: &Linear| nn::losses::mse_loss(&m.forward(&x), &y);
    let first = loss(&model).item::<f32>()?;
    let (done, time) = timed(|| -> Result<()> {
        for _ in 0..100 {
            let g = grad(loss)(&model);
            (model, state) = opt.update(&model, &g, &state);
            async_eval(&flatten(&model))?;
        }
        eval(&flatten(&model))
    });
    done?;
    let last = loss(&model).item::<f32>()?;
    assert!(last < 1e-3 * first);
    row("Linear(10, 1), 100 steps of SGD", time, &format!("loss {first:.1} → {last:.1e}"));
    Ok(())
}
