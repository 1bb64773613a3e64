// The elementwise table's functions on complex64: sums in f32, everything else in f64 and rounded.
FN z64 wide(c64 a) { z64 z = {(double)a.re, (double)a.im}; return z; }
FN c64 narrow(z64 a) { c64 z = {(float)a.re, (float)a.im}; return z; }
FN c64 cx(float re, float im) { c64 z = {re, im}; return z; }
FN z64 zx(double re, double im) { z64 z = {re, im}; return z; }
FN z64 operator+(z64 a, z64 b) { return zx(a.re + b.re, a.im + b.im); }
FN z64 operator-(z64 a, z64 b) { return zx(a.re - b.re, a.im - b.im); }
FN z64 operator*(z64 a, z64 b) { return zx(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re); }
FN z64 operator*(double a, z64 b) { return zx(a * b.re, a * b.im); }
FN z64 operator/(z64 a, z64 b) {
  double n = b.re * b.re + b.im * b.im;
  return zx((a.re * b.re + a.im * b.im) / n, (a.im * b.re - a.re * b.im) / n);
}
FN z64 i_times(z64 a) { return zx(-a.im, a.re); }
FN z64 z_exp(z64 a) { double e = exp(a.re); return a.im == 0.0 ? zx(e, a.im) : zx(e * cos(a.im), e * sin(a.im)); }
FN z64 z_log(z64 a) { return zx(log(hypot(a.re, a.im)), atan2(a.im, a.re)); }
FN z64 z_sqrt(z64 a) {
  if (a.re == 0.0 && a.im == 0.0) return zx(0.0, a.im);
  double m = sqrt(0.5 * (hypot(a.re, a.im) + fabs(a.re)));
  double o = 0.5 * a.im / m;
  return a.re >= 0.0 ? zx(m, o) : zx(fabs(o), copysign(m, a.im));
}
FN bool z_nan(z64 a) { return a.re != a.re || a.im != a.im; }

FN c64 operator+(c64 a, c64 b) { return cx(a.re + b.re, a.im + b.im); }
FN c64 operator-(c64 a, c64 b) { return cx(a.re - b.re, a.im - b.im); }
FN c64 operator-(c64 a) { return cx(-a.re, -a.im); }
FN c64 operator*(c64 a, c64 b) { return narrow(wide(a) * wide(b)); }
FN c64 operator/(c64 a, c64 b) { return narrow(wide(a) / wide(b)); }
FN c64 operator/(int, c64 b) {
  z64 z = wide(b);
  double n = z.re * z.re + z.im * z.im;
  return narrow(zx(z.re / n, -z.im / n));
}
FN bool operator==(c64 a, c64 b) { return a.re == b.re && a.im == b.im; }
FN bool operator!=(c64 a, c64 b) { return !(a == b); }
FN bool operator<(c64 a, c64 b) { return a.re < b.re || (a.re == b.re && a.im < b.im); }
FN bool operator>(c64 a, c64 b) { return b < a; }
FN bool operator<=(c64 a, c64 b) { return a.re < b.re || (a.re == b.re && a.im <= b.im); }
FN bool operator>=(c64 a, c64 b) { return b <= a; }

FN c64 red_add(c64 a, c64 b) { return a + b; }
FN c64 red_mul(c64 a, c64 b) { return a * b; }
FN float lz_abs(c64 a) { return (float)hypot((double)a.re, (double)a.im); }
FN c64 lz_sign(c64 a) {
  double n = hypot((double)a.re, (double)a.im);
  return n == 0.0 ? a : narrow(zx(a.re / n, a.im / n));
}
FN c64 lz_rint(c64 a) { return cx(rintf(a.re), rintf(a.im)); }
FN c64 lz_conj(c64 a) { return cx(a.re, -a.im); }
FN float lz_real(c64 a) { return a.re; }
FN float lz_imag(c64 a) { return a.im; }
FN c64 lz_max(c64 a, c64 b) { return z_nan(wide(a)) ? a : z_nan(wide(b)) || b > a ? b : a; }
FN c64 lz_min(c64 a, c64 b) { return z_nan(wide(a)) ? a : z_nan(wide(b)) || b < a ? b : a; }

#define LZ_COMPLEX(name, text) LZ_SLOW c64 name(c64 x) { z64 a = wide(x); return narrow(text); }
LZ_COMPLEX(lz_sqrt, z_sqrt(a))
LZ_COMPLEX(lz_rsqrt, zx(1.0, 0.0) / z_sqrt(a))
LZ_COMPLEX(lz_exp, z_exp(a))
LZ_COMPLEX(lz_log, z_log(a))
LZ_COMPLEX(lz_log2, 1.4426950408889634074 * z_log(a))
LZ_COMPLEX(lz_log10, 0.43429448190325182765 * z_log(a))
LZ_COMPLEX(lz_log1p, zx(0.5 * log1p(a.re * (2.0 + a.re) + a.im * a.im), atan2(a.im, 1.0 + a.re)))
LZ_COMPLEX(lz_sin, zx(sin(a.re) * cosh(a.im), cos(a.re) * sinh(a.im)))
LZ_COMPLEX(lz_cos, zx(cos(a.re) * cosh(a.im), -sin(a.re) * sinh(a.im)))
LZ_COMPLEX(lz_sinh, zx(sinh(a.re) * cos(a.im), cosh(a.re) * sin(a.im)))
LZ_COMPLEX(lz_cosh, zx(cosh(a.re) * cos(a.im), sinh(a.re) * sin(a.im)))
FN z64 z_tan(z64 a) {
  double d = cos(2.0 * a.re) + cosh(2.0 * a.im);
  return zx(sin(2.0 * a.re) / d, sinh(2.0 * a.im) / d);
}
LZ_COMPLEX(lz_tan, z_tan(a))
FN z64 z_tanh(z64 a) {
  double d = cosh(2.0 * a.re) + cos(2.0 * a.im);
  return zx(sinh(2.0 * a.re) / d, sin(2.0 * a.im) / d);
}
LZ_COMPLEX(lz_tanh, z_tanh(a))
FN z64 z_asin(z64 a) {
  z64 r = z_log(z_sqrt(zx(1.0, 0.0) - a * a) + i_times(a));
  return zx(r.im, -r.re);
}
LZ_COMPLEX(lz_asin, z_asin(a))
LZ_COMPLEX(lz_acos, zx(1.57079632679489661923, 0.0) - z_asin(a))
FN z64 z_atanh(z64 a) { return 0.5 * (z_log(zx(1.0, 0.0) + a) - z_log(zx(1.0, 0.0) - a)); }
LZ_COMPLEX(lz_atanh, z_atanh(a))
FN z64 z_atan(z64 a) {
  z64 r = z_atanh(i_times(a));
  return zx(r.im, -r.re);
}
LZ_COMPLEX(lz_atan, z_atan(a))
LZ_COMPLEX(lz_asinh, z_log(a + z_sqrt(a * a + zx(1.0, 0.0))))
LZ_COMPLEX(lz_acosh, 2.0 * z_log(z_sqrt(0.5 * (a + zx(1.0, 0.0))) + z_sqrt(0.5 * (a - zx(1.0, 0.0)))))
LZ_COMPLEX(lz_sigmoid, zx(1.0, 0.0) / (zx(1.0, 0.0) + z_exp(zx(-a.re, -a.im))))
FN z64 z_expm1(z64 a) {
  double h = sin(0.5 * a.im), m = expm1(a.re);
  return zx(m - (m + 1.0) * 2.0 * h * h, (m + 1.0) * sin(a.im));
}
LZ_COMPLEX(lz_expm1, z_expm1(a))
LZ_SLOW c64 lz_pow(c64 x, c64 y) {
  if (y == cx(0.0f, 0.0f)) return cx(1.0f, 0.0f);
  return x == cx(0.0f, 0.0f) ? x : narrow(z_exp(wide(y) * z_log(wide(x))));
}
LZ_SLOW c64 lz_logaddexp(c64 x, c64 y) {
  z64 hi = wide(x > y ? x : y), lo = wide(x > y ? y : x);
  return narrow(hi.re == -INF_D ? hi : hi + z_log(zx(1.0, 0.0) + z_exp(lo - hi)));
}
template <> struct Cast<c64> { template <class S> static __device__ __forceinline__ c64 of(S x) { return cx(Cast<float>::of(x), 0.0f); } };
