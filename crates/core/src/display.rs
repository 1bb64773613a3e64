//! Printing as MLX prints: `%g` with six digits, columns aligned, long axes summarised. `Display` evaluates, `Debug` never does.

use crate::Array;
use lazulite_base::Dtype;
use lazulite_base::Scalar;
use std::fmt;

/// Axes longer than this show their first and last three elements.
const LONG: usize = 6;

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scalars() {
            Ok(values) => {
                let cells: Vec<String> = values.iter().map(|s| cell(*s)).collect();
                let mut out = String::new();
                nest(&mut out, self.dims(), &cells, 1);
                write!(f, "array({out}, dtype={})", self.dtype())
            }
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

fn nest(out: &mut String, dims: &[usize], cells: &[String], depth: usize) {
    let Some((&n, rest)) = dims.split_first() else {
        out.push_str(cells.first().map_or("", |c| c));
        return;
    };
    let step: usize = rest.iter().product();
    out.push('[');
    let mut first = true;
    for i in 0..n {
        if n > LONG && i == 3 {
            out.push_str(if rest.is_empty() { ", ..." } else { "," });
            if !rest.is_empty() {
                out.push('\n');
                out.push_str(&" ".repeat(6 + depth));
                out.push_str("...");
            }
        }
        if n > LONG && (3..n - 3).contains(&i) {
            continue;
        }
        if !first {
            out.push(',');
            match rest.is_empty() {
                true => out.push(' '),
                false => {
                    out.push('\n');
                    out.push_str(&" ".repeat(6 + depth));
                }
            }
        }
        first = false;
        nest(out, rest, &cells[i * step..(i + 1) * step], depth + 1);
    }
    out.push(']');
}

fn cell(s: Scalar) -> String {
    match s.dtype() {
        Dtype::Bool => {
            if s.bits() != 0 {
                "True".into()
            } else {
                "False".into()
            }
        }
        Dtype::C64 => {
            let c = s.as_complex();
            let im = general(c.im);
            format!("{}{}{im}j", general(c.re), if im.starts_with('-') { "" } else { "+" })
        }
        d if d.is_float() => general(s.as_f64()),
        _ => format!("{s:?}"),
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
