//! What the cases of linear algebra are checked against: textbook algorithms on small complex matrices, written apart from the library.

use crate::tensor::{C, Tensor, re};
use lazulite::Dtype;

/// A matrix, row by row.
#[derive(Clone, Debug)]
pub struct M {
    /// Rows and columns.
    pub sides: (usize, usize),
    /// The entries.
    pub values: Vec<C>,
}

impl M {
    /// The matrix of these entries.
    pub fn new(m: usize, n: usize, f: impl Fn(usize, usize) -> C) -> M {
        M { sides: (m, n), values: (0..m * n).map(|at| f(at / n, at % n)).collect() }
    }

    /// The identity.
    pub fn eye(n: usize) -> M {
        M::new(n, n, |i, j| re((i == j) as u8 as f64))
    }

    /// An entry.
    pub fn at(&self, i: usize, j: usize) -> C {
        self.values[i * self.sides.1 + j]
    }

    /// The entries through a function of their places.
    pub fn map(&self, f: impl Fn(usize, usize, C) -> C) -> M {
        M::new(self.sides.0, self.sides.1, |i, j| f(i, j, self.at(i, j)))
    }

    /// The product.
    pub fn times(&self, b: &M) -> M {
        M::new(self.sides.0, b.sides.1, |i, j| (0..self.sides.1).map(|k| self.at(i, k) * b.at(k, j)).sum())
    }

    /// The adjoint.
    pub fn adjoint(&self) -> M {
        M::new(self.sides.1, self.sides.0, |i, j| self.at(j, i).conj())
    }

    /// Columns `j` times a number.
    pub fn scaled(&self, f: impl Fn(usize) -> C) -> M {
        self.map(|_, j, v| v * f(j))
    }

    /// The rows in an order.
    fn rows(&self, order: &[usize]) -> M {
        M::new(order.len(), self.sides.1, |i, j| self.at(order[i], j))
    }

    /// Elimination with row exchanges: the triangles in one matrix, and the order of rows that it is of.
    pub fn eliminated(&self) -> (M, Vec<usize>, Vec<usize>) {
        let (m, n) = self.sides;
        let (mut a, mut order, mut pivots) = (self.clone(), (0..m).collect::<Vec<_>>(), vec![]);
        for c in 0..m.min(n) {
            let best = (c..m).rev().max_by(|&i, &j| a.at(i, c).norm().total_cmp(&a.at(j, c).norm())).unwrap_or(c);
            let mut swap: Vec<usize> = (0..m).collect();
            swap.swap(c, best);
            a = a.rows(&swap);
            order.swap(c, best);
            pivots.push(best);
            for i in c + 1..m {
                let f = a.at(i, c) / a.at(c, c);
                a.values[i * n + c] = f;
                (c + 1..n).for_each(|j| a.values[i * n + j] = a.at(i, j) - f * a.at(c, j));
            }
        }
        (a, order, pivots)
    }

    /// `x` of `self x = b`.
    pub fn solve(&self, b: &M) -> M {
        let n = self.sides.0;
        let (a, order, _) = self.eliminated();
        let mut x = b.rows(&order);
        let k = b.sides.1;
        for j in 0..k {
            for i in 0..n {
                let s: C = (0..i).map(|l| a.at(i, l) * x.at(l, j)).sum();
                x.values[i * k + j] = x.at(i, j) - s;
            }
            for i in (0..n).rev() {
                let s: C = (i + 1..n).map(|l| a.at(i, l) * x.at(l, j)).sum();
                x.values[i * k + j] = (x.at(i, j) - s) / a.at(i, i);
            }
        }
        x
    }

    /// The inverse.
    pub fn inverse(&self) -> M {
        self.solve(&M::eye(self.sides.0))
    }

    /// The determinant.
    pub fn det(&self) -> C {
        let (a, _, pivots) = self.eliminated();
        let odd = pivots.iter().enumerate().filter(|(i, p)| *i != **p).count() % 2 == 1;
        (0..self.sides.0).map(|i| a.at(i, i)).product::<C>() * if odd { -1.0 } else { 1.0 }
    }

    /// The lower Cholesky factor.
    pub fn cholesky(&self) -> M {
        let n = self.sides.0;
        let mut l = M::new(n, n, |_, _| re(0.0));
        for j in 0..n {
            for i in j..n {
                let s = self.at(i, j) - (0..j).map(|k| l.at(i, k) * l.at(j, k).conj()).sum::<C>();
                l.values[i * n + j] = if i == j { s.sqrt() } else { s / l.at(j, j) };
            }
        }
        l
    }

    /// `q` and `r` with a positive diagonal, by Gram and Schmidt.
    pub fn qr(&self) -> (M, M) {
        let (m, n) = self.sides;
        let k = m.min(n);
        let mut q = M::new(m, k, |_, _| re(0.0));
        for j in 0..k {
            let mut v: Vec<C> = (0..m).map(|i| self.at(i, j)).collect();
            for _ in 0..2 {
                for l in 0..j {
                    let s: C = (0..m).map(|i| q.at(i, l).conj() * v[i]).sum();
                    (0..m).for_each(|i| v[i] -= s * q.at(i, l));
                }
            }
            let length = v.iter().map(|x| x.norm_sqr()).sum::<f64>().sqrt();
            (0..m).for_each(|i| q.values[i * k + j] = v[i] / length);
        }
        let r = q.adjoint().times(self).map(|i, j, v| if j < i { re(0.0) } else { v });
        (q, r)
    }

    /// Rising eigenvalues and eigenvectors of a Hermitian matrix, by rotations.
    pub fn eigh(&self) -> (Vec<f64>, M) {
        let n = self.sides.0;
        let (mut a, mut v) = (self.clone(), M::eye(n));
        for _ in 0..60 {
            for p in 0..n {
                for q in p + 1..n {
                    let apq = a.at(p, q);
                    if apq.norm() < 1e-300 {
                        continue;
                    }
                    let (phase, size) = (apq / apq.norm(), apq.norm());
                    let theta = 0.5 * (2.0 * size).atan2(a.at(q, q).re - a.at(p, p).re);
                    let (c, s) = (theta.cos(), theta.sin());
                    let turn = M::eye(n).map(|i, j, e| match (i, j) {
                        _ if i == p && j == p || i == q && j == q => re(c),
                        _ if i == p && j == q => phase * s,
                        _ if i == q && j == p => -phase.conj() * s,
                        _ => e,
                    });
                    a = turn.adjoint().times(&a).times(&turn);
                    v = v.times(&turn);
                }
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| a.at(i, i).re.total_cmp(&a.at(j, j).re));
        (order.iter().map(|&i| a.at(i, i).re).collect(), M::new(n, n, |i, j| v.at(i, order[j])))
    }

    /// Falling singular values with their vectors: `u` of `m` by `k` and `v` of `n` by `k`.
    pub fn svd(&self) -> (M, Vec<f64>, M) {
        let (m, n) = self.sides;
        let k = m.min(n);
        let (squares, v) = self.adjoint().times(self).eigh();
        let v = M::new(n, k, |i, j| v.at(i, n - 1 - j));
        let s: Vec<f64> = (0..k).map(|j| squares[n - 1 - j].max(0.0).sqrt()).collect();
        let u = self.times(&v).scaled(|j| re(1.0 / s[j]));
        (u, s, v)
    }

    /// Eigenvalues of distinct sizes, falling by these, and eigenvectors of length one.
    pub fn eig(&self) -> (Vec<C>, M) {
        let n = self.sides.0;
        let mut a = self.clone();
        for _ in 0..400 {
            let (q, r) = a.qr();
            a = r.times(&q);
        }
        let values: Vec<C> = (0..n).map(|i| a.at(i, i)).collect();
        let mut vectors = M::eye(n);
        for (j, &w) in values.iter().enumerate() {
            let shifted = self.map(|r, c, v| if r == c { v - w * (1.0 + 1e-7) } else { v });
            let mut x = M::new(n, 1, |i, _| re(1.0 + i as f64 / 7.0));
            for _ in 0..4 {
                x = shifted.solve(&x);
                let length = x.values.iter().map(|v| v.norm_sqr()).sum::<f64>().sqrt();
                x = x.scaled(|_| re(1.0 / length));
            }
            (0..n).for_each(|i| vectors.values[i * n + j] = x.at(i, 0));
        }
        (values, vectors)
    }
}

/// The matrices of a batch.
pub fn matrices(t: &Tensor) -> Vec<M> {
    let (m, n) = (t.dims[t.dims.len() - 2], t.dims[t.dims.len() - 1]);
    t.values.chunks(m * n).map(|c| M { sides: (m, n), values: c.to_vec() }).collect()
}

/// Lists of numbers, one for each matrix of the batch that `t` is, as a tensor with axes `tail` in place of the matrices.
pub fn batch(t: &Tensor, tail: &[usize], dtype: Dtype, lists: impl IntoIterator<Item = Vec<C>>) -> Tensor {
    let dims = [&t.dims[..t.dims.len() - 2], tail].concat();
    Tensor { dims, dtype, values: lists.into_iter().flatten().collect() }
}

/// A function of each matrix of a batch.
pub fn each(t: &Tensor, f: impl Fn(&M) -> M) -> Tensor {
    let list: Vec<M> = matrices(t).iter().map(f).collect();
    let sides = list.first().map_or((0, 0), |m| m.sides);
    batch(t, &[sides.0, sides.1], t.dtype, list.into_iter().map(|m| m.values))
}
