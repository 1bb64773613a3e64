//! Printing as MLX prints: `%g` with six digits, columns aligned, long axes summarised. `Display` evaluates, `Debug` never does.

use crate::Array;
use crate::runtime::host::HostData;
use lazulite_base::Dtype;
use lazulite_base::Result;
use lazulite_base::Scalar;
use std::fmt;

/// Axes longer than this show their first and last three elements.
const LONG: usize = 6;

impl Array {
    /// The text of the array as it prints: with `decimals`, every float in fixed notation with that many. Evaluates the array, and reads
    /// no more than it shows.
    ///
    /// # Errors
    /// What evaluation reports; a tracer error in `vmap` and `compile`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.125, 2.0].text(Some(2)).unwrap(), "array([0.12, 2.00], dtype=float32)");
    /// ```
    #[track_caller]
    pub fn text(&self, decimals: Option<usize>) -> Result<String> {
        let mut out = String::from("array(");
        let cells = Cells { host: self.host()?, dims: self.dims(), decimals };
        if self.dims().first() == Some(&0) {
            out.push_str("[]")
        } else {
            cells.nest(&mut out, 0, 0)
        }
        out.push_str(&format!(", dtype={})", self.dtype()));
        Ok(out)
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text(None) {
            Ok(text) => f.write_str(&text),
            Err(e) => write!(f, "array(<{e}>, shape={:?}, dtype={})", self.dims(), self.dtype()),
        }
    }
}

impl fmt::Debug for Array {
    /// Shape, dtype and state; never evaluates.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_ready() { "ready" } else { "pending" };
        write!(f, "Array({:?}, {}, {}, {state})", self.dims(), self.dtype(), self.node().prim.name())
    }
}

/// The elements to print.
struct Cells<'a> {
    host: HostData,
    dims: &'a [usize],
    decimals: Option<usize>,
}

impl Cells<'_> {
    /// What lies from axis `axis` on, `at` elements after the first.
    fn nest(&self, out: &mut String, axis: usize, at: isize) {
        let Some(&n) = self.dims.get(axis) else {
            out.push_str(&self.cell(self.host.scalar(at)));
            return;
        };
        let last = axis + 1 == self.dims.len();
        let step = self.host.strides()[axis];
        let separator = if last { ", ".to_string() } else { format!(",\n{}", " ".repeat(7 + axis)) };
        out.push('[');
        for i in (0..n).filter(|i| n <= LONG || !(3..n - 3).contains(i)) {
            if i > 0 {
                out.push_str(&separator);
            }
            if n > LONG && i == n - 3 {
                out.push_str("...");
                out.push_str(&separator);
            }
            self.nest(out, axis + 1, at + i as isize * step);
        }
        out.push(']');
    }

    fn cell(&self, s: Scalar) -> String {
        match s.dtype() {
            Dtype::Bool => if s.bits() != 0 { "True" } else { "False" }.into(),
            Dtype::C64 => {
                let c = s.as_complex();
                let sign = if c.im < 0.0 { "" } else { "+" };
                format!("{}{sign}{}j", self.number(c.re), self.number(c.im))
            }
            d if d.is_float() => self.number(s.as_f64()),
            _ => format!("{s:?}"),
        }
    }

    fn number(&self, v: f64) -> String {
        match self.decimals {
            Some(n) if v.is_finite() => format!("{v:.n$}"),
            _ => general(v),
        }
    }
}

/// C's `%g`: six significant digits, no trailing zeros.
fn general(v: f64) -> String {
    if v.is_nan() {
        return if v.is_sign_negative() { "-nan".into() } else { "nan".into() };
    }
    if v.is_infinite() {
        return if v > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if v == 0.0 {
        return if v.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    let scientific = format!("{v:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific form");
    let exponent: i32 = exponent.parse().expect("an exponent");
    let trim = |s: &str| if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_string() } else { s.to_string() };
    if !(-4..6).contains(&exponent) {
        return format!("{}e{}{:02}", trim(mantissa), if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    trim(&format!("{v:.*}", (5 - exponent) as usize))
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn numbers_print_as_c_prints_them() {
        for (v, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (1e-5, "1e-05"),
            (123456.0, "123456"),
            (1234567.0, "1.23457e+06"),
            (-0.5, "-0.5"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(general(v), text);
        }
    }
}
