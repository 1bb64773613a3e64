//! Numbers with four infinitesimals, each of square zero: what a function of them holds at a set of infinitesimals is the mixed
//! derivative along these.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Infinitesimals that there are.
pub const ORDER: usize = 4;
const N: usize = 1 << ORDER;

/// A number; its coefficients by the set of infinitesimals, as bits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Jet([f64; N]);

/// A plain number.
pub fn jet(v: f64) -> Jet {
    let mut c = [0.0; N];
    c[0] = v;
    Jet(c)
}

impl Jet {
    /// The plain part.
    pub fn value(self) -> f64 {
        self.0[0]
    }

    /// This number plus `v` times infinitesimal `k`.
    #[must_use]
    pub fn perturbed(mut self, k: usize, v: f64) -> Jet {
        self.0[1 << k] += v;
        self
    }

    /// What infinitesimal `k` multiplies.
    #[must_use]
    pub fn derivative(self, k: usize) -> Jet {
        let mut c = [0.0; N];
        (0..N).filter(|s| s >> k & 1 == 0).for_each(|s| c[s] = self.0[s | 1 << k]);
        Jet(c)
    }

    /// A function of this number, given its derivatives of orders 0 to 4 at the plain part.
    fn through(self, d: [f64; ORDER + 1]) -> Jet {
        let mut rest = self;
        rest.0[0] = 0.0;
        let mut y = jet(0.0);
        let factorials = [1.0, 1.0, 2.0, 6.0, 24.0];
        for k in (0..=ORDER).rev() {
            y = y * rest + jet(d[k] / factorials[k]);
        }
        y
    }

    /// The exponential.
    #[must_use]
    pub fn exp(self) -> Jet {
        self.through([self.0[0].exp(); 5])
    }

    /// The natural logarithm.
    #[must_use]
    pub fn ln(self) -> Jet {
        let r = 1.0 / self.0[0];
        self.through([self.0[0].ln(), r, -r * r, 2.0 * r.powi(3), -6.0 * r.powi(4)])
    }

    /// A constant power of a positive number.
    #[must_use]
    pub fn powf(self, p: f64) -> Jet {
        let a = self.0[0];
        let mut d = [0.0; 5];
        let mut factor = 1.0;
        for (k, d) in d.iter_mut().enumerate() {
            *d = factor * a.powf(p - k as f64);
            factor *= p - k as f64;
        }
        self.through(d)
    }

    /// The sine.
    #[must_use]
    pub fn sin(self) -> Jet {
        let (s, c) = self.0[0].sin_cos();
        self.through([s, c, -s, -c, s])
    }

    /// The cosine.
    #[must_use]
    pub fn cos(self) -> Jet {
        let (s, c) = self.0[0].sin_cos();
        self.through([c, -s, -c, s, c])
    }

    /// The inverse tangent.
    #[must_use]
    pub fn atan(self) -> Jet {
        let x = self.0[0];
        let q = 1.0 / (1.0 + x * x);
        self.through([x.atan(), q, -2.0 * x * q * q, (6.0 * x * x - 2.0) * q.powi(3), 24.0 * x * (1.0 - x * x) * q.powi(4)])
    }

    /// The error function.
    #[must_use]
    pub fn erf(self) -> Jet {
        let x = self.0[0];
        let g = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
        let y = lazulite_base::meaning::special::erf(x);
        self.through([y, g, -2.0 * x * g, (4.0 * x * x - 2.0) * g, (12.0 * x - 8.0 * x.powi(3)) * g])
    }

    /// The hyperbolic tangent.
    #[must_use]
    pub fn tanh(self) -> Jet {
        let e = (self * 2.0).exp();
        (e - 1.0) / (e + 1.0)
    }

    /// The logistic function.
    #[must_use]
    pub fn sigmoid(self) -> Jet {
        ((-self).exp() + 1.0).powf(-1.0)
    }

    /// The inverse sine.
    #[must_use]
    pub fn asin(self) -> Jet {
        (self / (jet(1.0) - self * self).powf(0.5)).atan()
    }
}

impl Mul for Jet {
    type Output = Jet;
    fn mul(self, o: Jet) -> Jet {
        let mut c = [0.0; N];
        for (s, c) in c.iter_mut().enumerate() {
            // Every way to share the set between the two factors.
            let mut t = s;
            loop {
                *c += self.0[t] * o.0[s ^ t];
                if t == 0 {
                    break;
                }
                t = (t - 1) & s;
            }
        }
        Jet(c)
    }
}

impl Add for Jet {
    type Output = Jet;
    fn add(self, o: Jet) -> Jet {
        Jet(std::array::from_fn(|i| self.0[i] + o.0[i]))
    }
}

impl Sub for Jet {
    type Output = Jet;
    fn sub(self, o: Jet) -> Jet {
        Jet(std::array::from_fn(|i| self.0[i] - o.0[i]))
    }
}

impl Neg for Jet {
    type Output = Jet;
    fn neg(self) -> Jet {
        Jet(self.0.map(|v| -v))
    }
}

impl Div for Jet {
    type Output = Jet;
    fn div(self, o: Jet) -> Jet {
        let a = o.0[0];
        let r = 1.0 / a;
        self * o.through([r, -r * r, 2.0 * r.powi(3), -6.0 * r.powi(4), 24.0 * r.powi(5)])
    }
}

impl Mul<f64> for Jet {
    type Output = Jet;
    fn mul(self, o: f64) -> Jet {
        Jet(self.0.map(|v| v * o))
    }
}

impl Add<f64> for Jet {
    type Output = Jet;
    fn add(mut self, o: f64) -> Jet {
        self.0[0] += o;
        self
    }
}

impl Sub<f64> for Jet {
    type Output = Jet;
    fn sub(self, o: f64) -> Jet {
        self + -o
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fourth derivative of `f` by differences of its third, and so on down.
    #[test]
    fn each_order_is_the_difference_of_the_one_below() {
        type Named = (&'static str, fn(Jet) -> Jet);
        let functions: [Named; 11] = [
            ("exp", Jet::exp),
            ("ln", Jet::ln),
            ("powf", |x| x.powf(-0.5)),
            ("sin", Jet::sin),
            ("cos", Jet::cos),
            ("atan", Jet::atan),
            ("erf", Jet::erf),
            ("tanh", Jet::tanh),
            ("sigmoid", Jet::sigmoid),
            ("asin", Jet::asin),
            ("quotient", |x| x.sin() / (x * x + 1.0)),
        ];
        for (name, f) in functions {
            let at = |x: f64| f((0..ORDER).fold(jet(x), |x, k| x.perturbed(k, 1.0)));
            let (x, h) = (0.6, 1e-4);
            for order in 1..=ORDER {
                let set = (1 << order) - 1;
                let below = set >> 1;
                let difference = (at(x + h).0[below] - at(x - h).0[below]) / (2.0 * h);
                let exact = at(x).0[set];
                assert!((difference - exact).abs() < 1e-5 * (1.0 + exact.abs()), "{name}, order {order}: {difference} {exact}");
            }
        }
    }
}
