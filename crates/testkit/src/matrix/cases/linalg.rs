//! Linear algebra. Vectors of a spectrum are determined but for a factor, so what is compared is made of them such that it cancels.

use super::elimination::{M, batch, each, matrices};
use crate::matrix::{Case, Family, Input, Slope, data};
use crate::tensor::{C, Tensor, re};
use lazulite::ops::{self, Norm, linalg};
use lazulite::{Array, Dtype, Result};

fn inputs(list: &[&[usize]]) -> Vec<Input> {
    list.iter().map(|d| data(d, -1.0, 1.0)).collect()
}

fn real(d: Dtype) -> bool {
    matches!(d, Dtype::F32 | Dtype::F64)
}

fn spectral(d: Dtype) -> bool {
    real(d) || d == Dtype::C64
}

/// 4, 7, 10, .. on the diagonal: added to entries of at most one, they keep matrices regular and their spectra apart.
fn spread(t: &Tensor) -> Tensor {
    each(t, |m| m.map(|i, j, v| if i == j { v + 4.0 + 3.0 * i as f64 } else { v }))
}

/// The same for an array.
fn spread_array(x: &Array) -> Result<Array> {
    let (m, n) = (x.shape()[x.ndim() - 2], x.shape()[x.ndim() - 1]);
    let list: Vec<f32> = (0..m * n).map(|at| if at / n == at % n { 4.0 + 3.0 * (at / n) as f32 } else { 0.0 }).collect();
    ops::add(x, &ops::astype(&Array::from_slice(&list, [m, n])?, x.dtype())?)
}

/// A case on spread matrices of these shapes.
fn many(
    op: &'static str,
    shapes: [&[usize]; 2],
    call: impl Fn(&Array) -> Result<Vec<Array>> + Send + Sync + 'static,
    reference: impl Fn(&Tensor) -> Vec<Tensor> + Send + Sync + 'static,
) -> Case {
    Case::many(op, Family::Linalg, inputs(&shapes[..1]), move |x| call(&spread_array(&x[0])?), move |x| reference(&spread(&x[0])))
        .other(inputs(&shapes[1..]))
        .takes(real)
        .within(64.0, 512.0)
        .retraces()
}

fn one(
    op: &'static str,
    shapes: [&[usize]; 2],
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    reference: impl Fn(&M) -> M + Send + Sync + 'static,
) -> Case {
    many(op, shapes, move |x| Ok(vec![call(x)?]), move |x| vec![each(x, &reference)])
}

const SQUARE: [&[usize]; 2] = [&[2, 3, 3], &[3, 4, 4]];
const TALL: [&[usize]; 2] = [&[2, 4, 3], &[1, 5, 2]];
const WIDE: [&[usize]; 2] = [&[2, 3, 4], &[1, 2, 5]];

fn lower(m: &M) -> M {
    m.map(|i, j, v| if j > i { re(0.0) } else { v })
}

fn upper(m: &M) -> M {
    m.map(|i, j, v| if j < i { re(0.0) } else { v })
}

/// The Hermitian matrix of which the lower triangle is given.
fn hermitian(m: &M) -> M {
    m.map(|i, j, v| match i.cmp(&j) {
        std::cmp::Ordering::Greater => v,
        std::cmp::Ordering::Equal => re(v.re),
        std::cmp::Ordering::Less => m.at(j, i).conj(),
    })
}

/// The sum of the projections on columns, the first times 1, the second times 2, and so on, of the first `k`.
fn weighted(v: &M, k: usize) -> M {
    let v = M::new(v.sides.0, k, |i, j| v.at(i, j));
    v.scaled(|j| re(1.0 + j as f64)).times(&v.adjoint())
}

fn weighted_array(v: &Array, k: usize) -> Result<Array> {
    let v = ops::index(v, (ops::Ellipsis, ..k as i64))?;
    let weights = ops::astype(&Array::arange(1, k as f64 + 1.0, 1, Dtype::F32), v.dtype())?;
    ops::matmul(&ops::multiply(&v, &weights)?, &ops::conjugate(&ops::swapaxes(&v, -1, -2)?)?)
}

fn vector(t: &Tensor, n: usize, f: impl Fn(&M) -> Vec<C>) -> Tensor {
    batch(t, &[n], t.dtype, matrices(t).iter().map(f).collect::<Vec<_>>())
}

fn reals(list: Vec<f64>) -> Vec<C> {
    list.into_iter().map(re).collect()
}

fn least(t: &Tensor) -> usize {
    t.dims[t.dims.len() - 2].min(t.dims[t.dims.len() - 1])
}

fn f32s(dims: &'static [usize]) -> Array {
    Array::ones(dims, Dtype::F32)
}

/// Refusals that most functions share.
fn refusing<T: 'static>(case: Case, square: bool, f: fn(&Array) -> Result<T>) -> Case {
    let case = case.bad(&["[3]"], move || f(&f32s(&[3]))).bad(&["int32"], move || f(&Array::ones([2, 2], Dtype::I32)));
    if square { case.bad(&["square", "[2, 3]"], move || f(&f32s(&[2, 3]))) } else { case }
}

fn equations() -> Vec<Case> {
    let sides = |op, shapes: [&[usize]; 2], other: [&[usize]; 2], call: fn(&Array, &Array) -> Result<Array>, of: fn(&M) -> M| {
        Case::new(
            op,
            Family::Linalg,
            inputs(&shapes),
            move |x| call(&spread_array(&x[0])?, &x[1]),
            move |x| {
                let (a, b) = (matrices(&spread(&x[0])), &x[1]);
                let vector = b.dims.len() == 1;
                let b = if vector { Tensor { dims: vec![b.dims[0], 1], ..b.clone() } } else { b.clone() };
                let right = matrices(&b);
                let solved: Vec<Vec<C>> =
                    (0..a.len().max(right.len())).map(|i| of(&a[i % a.len()]).solve(&right[i % right.len()]).values).collect();
                let tail = &b.dims[b.dims.len() - 2..];
                let lead = if x[0].dims.len() > b.dims.len() { &x[0].dims[..x[0].dims.len() - 2] } else { &b.dims[..b.dims.len() - 2] };
                let dims = [lead, if vector { &tail[..1] } else { tail }].concat();
                Tensor { dims, dtype: b.dtype, values: solved.concat() }
            },
        )
        .other(inputs(&other))
        .takes(real)
        .within(64.0, 512.0)
        .retraces()
    };
    let whole: fn(&M) -> M = M::clone;
    vec![
        sides("linalg.solve", [&[2, 3, 3], &[2, 3, 2]], [&[1, 4, 4], &[1, 4, 3]], linalg::solve, whole)
            .bad(&["int32"], || linalg::solve(&Array::ones([2, 2], Dtype::I32), &Array::ones([2], Dtype::I32)))
            .bad(&["[2, 2]", "[3]"], || linalg::solve(&f32s(&[2, 2]), &f32s(&[3])))
            .bad(&["batches"], || linalg::solve(&f32s(&[2, 2, 2]), &f32s(&[3, 2, 2]))),
        sides("linalg.solve", [&[2, 3, 3], &[3]], [&[1, 4, 4], &[4]], linalg::solve, whole).form("vector"),
        sides("linalg.solve", [&[3, 3], &[2, 3, 2]], [&[4, 4], &[1, 4, 3]], linalg::solve, whole).form("shared matrix"),
        sides(
            "linalg.solve_triangular",
            [&[2, 3, 3], &[2, 3, 2]],
            [&[1, 4, 4], &[1, 4, 3]],
            |a, b| linalg::solve_triangular(a, b, false),
            lower,
        )
        .bad(&["square"], || linalg::solve_triangular(&f32s(&[2, 3]), &f32s(&[3]), false)),
        sides("linalg.solve_triangular", [&[2, 3, 3], &[3]], [&[1, 4, 4], &[4]], |a, b| linalg::solve_triangular(a, b, true), upper)
            .form("upper"),
    ]
}

fn triangles() -> Vec<Case> {
    let mut list = vec![
        refusing(one("linalg.cholesky", SQUARE, |x| linalg::cholesky(x, false), |m| hermitian(m).cholesky()), true, |x| {
            linalg::cholesky(x, false)
        }),
        one("linalg.cholesky", SQUARE, |x| linalg::cholesky(x, true), |m| hermitian(&m.adjoint()).cholesky().adjoint()).form("upper"),
        refusing(
            one("linalg.cholesky_inv", SQUARE, |x| linalg::cholesky_inv(x, false), |m| lower(m).times(&lower(m).adjoint()).inverse()),
            true,
            |x| linalg::cholesky_inv(x, false),
        ),
        one("linalg.cholesky_inv", SQUARE, |x| linalg::cholesky_inv(x, true), |m| upper(m).adjoint().times(&upper(m)).inverse())
            .form("upper"),
        refusing(one("linalg.inv", SQUARE, linalg::inv, M::inverse), true, linalg::inv),
        refusing(one("linalg.tri_inv", SQUARE, |x| linalg::tri_inv(x, false), |m| lower(m).inverse()), true, |x| linalg::tri_inv(x, false)),
        one("linalg.tri_inv", SQUARE, |x| linalg::tri_inv(x, true), |m| upper(m).inverse()).form("upper"),
    ];
    for (form, shapes) in [("square", SQUARE), ("tall", TALL), ("wide", WIDE)] {
        let order = |m: &M| {
            let mut order: Vec<C> = vec![re(0.0); m.sides.0];
            m.eliminated().1.iter().enumerate().for_each(|(i, &r)| order[r] = re(i as f64));
            order
        };
        let packed = |m: &M| m.eliminated().0;
        let l = move |m: &M| {
            let a = packed(m);
            M::new(a.sides.0, a.sides.0.min(a.sides.1), |i, j| if i == j { re(1.0) } else { lower(&a).at(i, j) })
        };
        let u = move |m: &M| {
            let a = upper(&packed(m));
            M::new(a.sides.0.min(a.sides.1), a.sides.1, |i, j| a.at(i, j))
        };
        // The larger diagonal entries come last, so that rows are exchanged.
        let turned = |x: &Array| ops::flip(x, -2i64);
        let turned_tensor = |t: &Tensor| each(t, |m| M::new(m.sides.0, m.sides.1, |i, j| m.at(m.sides.0 - 1 - i, j)));
        list.push(
            many(
                "linalg.lu",
                shapes,
                move |x| linalg::lu(&turned(x)?).map(|(_, l, u)| vec![l, u]),
                move |x| vec![each(&turned_tensor(x), l), each(&turned_tensor(x), u)],
            )
            .form(form),
        );
        list.push(
            many(
                "linalg.lu",
                shapes,
                move |x| linalg::lu(&turned(x)?).map(|(p, _, _)| vec![p]),
                move |x| vec![Tensor { dtype: Dtype::U32, ..vector(&turned_tensor(x), x.dims[x.dims.len() - 2], order) }],
            )
            .form(format!("order, {form}"))
            .gives(|_| Dtype::U32)
            .slope(Slope::None("integer or boolean output")),
        );
        list.push(
            many(
                "linalg.lu_factor",
                shapes,
                move |x| linalg::lu_factor(&turned(x)?).map(|(a, _)| vec![a]),
                move |x| vec![each(&turned_tensor(x), packed)],
            )
            .form(form),
        );
        list.push(
            many(
                "linalg.lu_factor",
                shapes,
                move |x| linalg::lu_factor(&turned(x)?).map(|(_, p)| vec![p]),
                move |x| {
                    let pivots = |m: &M| m.eliminated().2.into_iter().map(|p| re(p as f64)).collect();
                    vec![Tensor { dtype: Dtype::U32, ..vector(&turned_tensor(x), least(x), pivots) }]
                },
            )
            .form(format!("pivots, {form}"))
            .gives(|_| Dtype::U32)
            .slope(Slope::None("integer or boolean output")),
        );
        list.push(
            many(
                "linalg.qr",
                shapes,
                |x| {
                    let (q, r) = linalg::qr(x)?;
                    let sign = ops::sign(&ops::diagonal(&r, 0)?)?;
                    Ok(vec![ops::multiply(&q, &ops::expand_dims(&sign, -2)?)?, ops::multiply(&r, &ops::expand_dims(&sign, -1)?)?])
                },
                |x| vec![each(x, |m| m.qr().0), each(x, |m| m.qr().1)],
            )
            .form(form),
        );
        list.push(
            one("linalg.pinv", shapes, linalg::pinv, |m| {
                let h = m.adjoint();
                if m.sides.0 < m.sides.1 { h.times(&m.times(&h).inverse()) } else { h.times(m).inverse().times(&h) }
            })
            .form(form),
        );
    }
    list
}

fn spectra() -> Vec<Case> {
    let mut list = vec![];
    for (form, shapes) in [("square", SQUARE), ("tall", TALL), ("wide", WIDE)] {
        list.push(
            many(
                "linalg.svd",
                shapes,
                |x| {
                    let (u, s, vt) = linalg::svd(x)?;
                    let k = s.shape()[s.ndim() - 1];
                    let v = ops::conjugate(&ops::swapaxes(&vt, -1, -2)?)?;
                    Ok(vec![weighted_array(&u, k)?, ops::astype(&s, x.dtype())?, weighted_array(&v, k)?])
                },
                |x| {
                    let k = least(x);
                    vec![each(x, |m| weighted(&m.svd().0, k)), vector(x, k, |m| reals(m.svd().1)), each(x, |m| weighted(&m.svd().2, k))]
                },
            )
            .takes(spectral)
            .form(form),
        );
        list.push(
            many(
                "linalg.svdvals",
                shapes,
                |x| Ok(vec![ops::astype(&linalg::svdvals(x)?, x.dtype())?]),
                |x| vec![vector(x, least(x), |m| reals(m.svd().1))],
            )
            .takes(spectral)
            .form(form),
        );
    }
    for low in [true, false] {
        let form = if low { "lower" } else { "upper" };
        let given = move |m: &M| if low { hermitian(m) } else { hermitian(&m.adjoint()) };
        list.push(
            many(
                "linalg.eigh",
                SQUARE,
                move |x| {
                    let (w, v) = linalg::eigh(x, low)?;
                    Ok(vec![ops::astype(&w, x.dtype())?, weighted_array(&v, w.shape()[w.ndim() - 1])?])
                },
                move |x| {
                    let n = least(x);
                    vec![vector(x, n, |m| reals(given(m).eigh().0)), each(x, |m| weighted(&given(m).eigh().1, n))]
                },
            )
            .takes(spectral)
            .form(form),
        );
        list.push(
            many(
                "linalg.eigvalsh",
                SQUARE,
                move |x| Ok(vec![ops::astype(&linalg::eigvalsh(x, low)?, x.dtype())?]),
                move |x| vec![vector(x, least(x), |m| reals(given(m).eigh().0))],
            )
            .takes(spectral)
            .form(form),
        );
    }
    // The sum of f(w) v v' over all pairs, in whatever order they come.
    list.push(
        many(
            "linalg.eig",
            SQUARE,
            |x| {
                let (w, v) = linalg::eig(x)?;
                let scaled = ops::multiply(&v, &ops::expand_dims(&ops::log(&w)?, -2)?)?;
                Ok(vec![ops::matmul(&scaled, &ops::conjugate(&ops::swapaxes(&v, -1, -2)?)?)?])
            },
            |x| {
                let of = |m: &M| {
                    let (w, v) = m.eig();
                    v.scaled(|j| w[j].ln()).times(&v.adjoint())
                };
                vec![Tensor { dtype: Dtype::C64, ..each(x, of) }]
            },
        )
        .takes(spectral)
        .gives(|_| Dtype::C64),
    );
    list.push(
        many(
            "linalg.eigvals",
            SQUARE,
            |x| Ok(vec![ops::sum(&ops::log(&linalg::eigvals(x)?)?, -1)?]),
            |x| {
                vec![Tensor {
                    dtype: Dtype::C64,
                    ..batch(x, &[], x.dtype, matrices(x).iter().map(|m| vec![m.eig().0.iter().map(|w| w.ln()).sum()]))
                }]
            },
        )
        .takes(spectral)
        .gives(|_| Dtype::C64),
    );
    for case in &mut list {
        case.ulp = 64.0;
        case.noise = 2048.0;
    }
    // The reference finds eigenvalues of different sizes only: no pairs of conjugates.
    for case in list.iter_mut().filter(|c| matches!(c.op, "linalg.eig" | "linalg.eigvals")) {
        case.inputs.iter_mut().chain(&mut case.other).for_each(|i| i.domain = (-0.4, 0.4));
    }
    let refused = [
        ("linalg.svd", (|x| linalg::svd(x).map(|_| ())) as fn(&Array) -> Result<()>, false),
        ("linalg.svdvals", |x| linalg::svdvals(x).map(|_| ()), false),
        ("linalg.eigh", |x| linalg::eigh(x, true).map(|_| ()), true),
        ("linalg.eigvalsh", |x| linalg::eigvalsh(x, true).map(|_| ()), true),
        ("linalg.eig", |x| linalg::eig(x).map(|_| ()), true),
        ("linalg.eigvals", |x| linalg::eigvals(x).map(|_| ()), true),
    ];
    for (op, f, square) in refused {
        let at = list.iter().position(|c| c.op == op).expect("declared above");
        list[at] = refusing(list[at].clone(), square, f);
    }
    list
}

fn numbers() -> Vec<Case> {
    let square = |op, call: fn(&Array) -> Result<Vec<Array>>, reference: fn(&M) -> Vec<C>| {
        many(op, SQUARE, call, move |x| {
            let list: Vec<Vec<C>> = matrices(x).iter().map(reference).collect();
            (0..list[0].len()).map(|k| batch(x, &[], x.dtype, list.iter().map(|v| vec![v[k]]))).collect()
        })
    };
    let norm = |form: &str, order: Norm, reference: fn(Vec<f64>) -> f64| {
        many(
            "norm",
            WIDE,
            move |x| Ok(vec![ops::norm(x, order, [-2, -1])?]),
            move |x| vec![batch(x, &[], x.dtype, matrices(x).iter().map(|m| vec![re(reference(m.svd().1))]))],
        )
        .form(form)
    };
    vec![
        square("linalg.det", |x| Ok(vec![linalg::det(x)?]), |m| vec![m.det()])
            .bad(&["square"], || linalg::det(&f32s(&[2, 3])))
            .bad(&["complex"], || linalg::det(&Array::ones([2, 2], Dtype::C64))),
        square(
            "linalg.slogdet",
            |x| linalg::slogdet(x).map(|(s, l)| vec![s, l]),
            |m| vec![re(m.det().re.signum()), re(m.det().norm().ln())],
        )
        .bad(&["square"], || linalg::slogdet(&f32s(&[2, 3]))),
        norm("order 2 of matrices", Norm::Order(2.0), |s| s[0]),
        norm("order -2 of matrices", Norm::Order(-2.0), |s| s[s.len() - 1]),
        norm("nuclear", Norm::Nuclear, |s| s.iter().sum()),
    ]
}

fn hadamard() -> Vec<Case> {
    // Powers of two are checked by the definition; the other matrices in the tests of the Python package, against real MLX.
    let case = |n: usize| {
        Case::new(
            "hadamard_transform",
            Family::Products,
            vec![data(&[2, n], -2.0, 2.0)],
            |x| ops::hadamard_transform(&x[0], None),
            |x| {
                let n = x[0].dims[1];
                let out = if x[0].dtype.is_half() { x[0].dtype } else { Dtype::F32 };
                Tensor::from_fn(&x[0].dims, out, |at| {
                    let sign = |j: usize| if (at[1] & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
                    re((0..n).map(|j| x[0].at(&[at[0], j]).re * sign(j)).sum::<f64>() / (n as f64).sqrt())
                })
            },
        )
        .form(format!("{n}"))
        .other(vec![data(&[3, 2 * n], -2.0, 2.0)])
        .takes(|d| d != Dtype::F64)
        .gives(|d| if d.is_half() { d } else { Dtype::F32 })
        .within(8.0, 64.0)
        .retraces()
    };
    vec![
        case(8)
            .more(vec![data(&[1, 256], -1.0, 1.0)])
            .bad(&["m * 2^k", "6"], || ops::hadamard_transform(&f32s(&[6]), None))
            .bad(&["[2, 0]"], || ops::hadamard_transform(&f32s(&[2, 0]), None)),
        case(1),
    ]
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    [equations(), triangles(), spectra(), numbers(), hadamard()].concat()
}
