// The elementwise table's functions on real numbers. Halves are floats here; the caller rounds.
// Where CUDA's f32 function is off by more than the table's bound, the f64 one is rounded.

// Two roundings become one where a multiplication meets an addition, unless the compiler is told not to: it is (-fmad=false).
FN float lz_floor(float a) { return floorf(a); }
FN double lz_floor(double a) { return floor(a); }
template <class T> FN T lz_floor(T a) { return a; }
FN float lz_ceil(float a) { return ceilf(a); }
FN double lz_ceil(double a) { return ceil(a); }
template <class T> FN T lz_ceil(T a) { return a; }
FN float lz_rint(float a) { return rintf(a); }
FN double lz_rint(double a) { return rint(a); }
template <class T> FN T lz_rint(T a) { return a; }

FN bool lz_abs(bool a) { return a; }
FN u8 lz_abs(u8 a) { return a; }
FN u16 lz_abs(u16 a) { return a; }
FN u32 lz_abs(u32 a) { return a; }
FN u64 lz_abs(u64 a) { return a; }
FN i8 lz_abs(i8 a) { return (i8)(a < 0 ? -a : a); }
FN i16 lz_abs(i16 a) { return (i16)(a < 0 ? -a : a); }
FN i32 lz_abs(i32 a) { return a < 0 ? (i32)(0u - (u32)a) : a; }
FN i64 lz_abs(i64 a) { return a < 0 ? (i64)(0ull - (u64)a) : a; }
FN float lz_abs(float a) { return fabsf(a); }
FN double lz_abs(double a) { return fabs(a); }
template <class T> FN T lz_sign(T a) { return (T)((a > (T)0) - (a < (T)0)); }

FN float lz_sqrt(float a) { return sqrtf(a); }
FN double lz_sqrt(double a) { return sqrt(a); }
FN float lz_rsqrt(float a) { return 1.0f / sqrtf(a); }
FN double lz_rsqrt(double a) { return 1.0 / sqrt(a); }

// Division of many numbers by one: the reciprocal is made once. The steps are those of the correctly rounded division, which holds while
// neither the quotient nor what is left over leaves the normal numbers; elsewhere the number is divided as any other.
struct Divisor { float r, low, high, scale; };
FN Divisor divisor(float b) {
  const float m = fabsf(b), scale = m < 0x1p-126f ? 0x1p32f : m > 0x1p126f ? 0x1p-32f : 1.0f;
  return {__frcp_rn(b * scale), m >= 0x1p-90f && m <= 0x1p90f ? fmaxf(m, 1.0f) * 0x1p-96f : NAN_F, fminf(m, 1.0f) * 0x1p96f, scale};
}
FN float divide(float a, float b, Divisor d) {
  if (!(fabsf(a) >= d.low && fabsf(a) <= d.high)) return a / b;
  float q = a * d.r;
  q = __fmaf_rn(d.r, __fmaf_rn(q, -b, a), q);
  return __fmaf_rn(d.r, __fmaf_rn(q, -b, a), q);
}
// For bf16, and rounded to it: a quotient of two numbers of 8 bits is off the middle between two others by more than 1/2^17 of itself, or is
// such a middle among the subnormal numbers; with a correctly rounded reciprocal the product errs by less. The scale keeps it normal.
FN float divide_bf16(float a, Divisor d) { return (a * d.scale) * d.r; }
// For f16, whose quotients are normal numbers of f32: one step makes them exact, and gives no number where the first is not finite.
FN float divide_f16(float a, float b, Divisor d) {
  const float q = a * d.r, s = __fmaf_rn(__fmaf_rn(-q, b, a), d.r, q);
  return s == s ? s : q;
}

#define LZ_MATH(name, single, wide) \
  LZ_SLOW float name(float a) { return single; } \
  LZ_SLOW double name(double a) { return wide; }
LZ_MATH(lz_exp, expf(a), exp(a))
LZ_MATH(lz_expm1, expm1f(a), expm1(a))
LZ_MATH(lz_log, logf(a), log(a))
LZ_MATH(lz_log2, log2f(a), log2(a))
LZ_MATH(lz_log10, log10f(a), log10(a))
LZ_MATH(lz_log1p, log1pf(a), log1p(a))
LZ_MATH(lz_sin, sinf(a), sin(a))
LZ_MATH(lz_cos, cosf(a), cos(a))
LZ_MATH(lz_tan, tanf(a), tan(a))
LZ_MATH(lz_asin, asinf(a), asin(a))
LZ_MATH(lz_acos, acosf(a), acos(a))
LZ_MATH(lz_atan, atanf(a), atan(a))
LZ_MATH(lz_sinh, (float)sinh((double)a), sinh(a))
LZ_MATH(lz_cosh, coshf(a), cosh(a))
LZ_MATH(lz_tanh, tanhf(a), tanh(a))
LZ_MATH(lz_asinh, (float)asinh((double)a), asinh(a))
LZ_MATH(lz_acosh, (float)acosh((double)a), acosh(a))
LZ_MATH(lz_atanh, (float)atanh((double)a), atanh(a))
LZ_MATH(lz_erf, erff(a), erf(a))
LZ_MATH(lz_erfinv, erfinvf(a), erfinv(a))
LZ_MATH(lz_sigmoid, 1.0f / (1.0f + expf(-a)), 1.0 / (1.0 + exp(-a)))
LZ_SLOW float lz_atan2(float a, float b) { return (float)atan2((double)a, (double)b); }
LZ_SLOW double lz_atan2(double a, double b) { return atan2(a, b); }
LZ_SLOW double lz_logaddexp(double a, double b) {
  double hi = a > b ? a : b, lo = a > b ? b : a;
  if (a != a || b != b) return NAN_D;
  return isinf(hi) ? hi : hi + log1p(exp(lo - hi));
}
LZ_SLOW float lz_logaddexp(float a, float b) { return (float)lz_logaddexp((double)a, (double)b); }

template <class T> FN T lz_conj(T a) { return a; }
template <class T> FN T lz_real(T a) { return a; }
template <class T> FN T lz_imag(T a) { return (T)0; }
FN bool lz_invert(bool a) { return !a; }
template <class T> FN T lz_invert(T a) { return (T)~a; }

// NaN if either is; the second of equal ones.
FN float lz_max(float a, float b) { return a != a || a > b ? a : b; }
FN double lz_max(double a, double b) { return a != a || a > b ? a : b; }
FN float lz_min(float a, float b) { return a != a || a < b ? a : b; }
FN double lz_min(double a, double b) { return a != a || a < b ? a : b; }
template <class T> FN T lz_max(T a, T b) { return b > a ? b : a; }
template <class T> FN T lz_min(T a, T b) { return b < a ? b : a; }

FN float lz_remainder(float a, float b) {
  float r = fmodf(a, b);
  return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}
FN double lz_remainder(double a, double b) {
  double r = fmod(a, b);
  return r != 0.0 && (r < 0.0) != (b < 0.0) ? r + b : r;
}
FN bool lz_remainder(bool a, bool b) { return a && !b; }
template <class T> FN T lz_remainder(T a, T b) {
  if (b == (T)0) return a;
  if (b == (T)-1 && (T)-1 < (T)0) return 0;
  T r = a % b;
  return r != (T)0 && (r < (T)0) != (b < (T)0) ? (T)(r + b) : r;
}
FN float lz_floordiv(float a, float b) { return (float)floor((double)a / (double)b); }
FN double lz_floordiv(double a, double b) { return floor(a / b); }
FN bool lz_floordiv(bool a, bool b) { return a && b; }
template <class T> FN T lz_floordiv(T a, T b) {
  if (b == (T)0) return 0;
  if (b == (T)-1 && (T)-1 < (T)0) return (T)(0ull - (u64)a);
  const T q = a / b, r = a % b;
  return r != (T)0 && (r < (T)0) != (b < (T)0) ? (T)(q - 1) : q;
}

LZ_SLOW float lz_pow(float a, float b) { return (float)pow((double)a, (double)b); }
LZ_SLOW double lz_pow(double a, double b) { return pow(a, b); }
FN bool lz_pow(bool a, bool b) { return a || !b; }
template <class T> FN T lz_pow(T a, T b) {
  if (b < (T)0) return 0;
  u64 base = (u64)a, e = (u64)b, r = 1;
  for (; e; e >>= 1, base *= base)
    if (e & 1) r *= base;
  return (T)r;
}
FN bool lz_shl(bool a, bool b) { return a; }
FN bool lz_shr(bool a, bool b) { return a && !b; }
template <class T> FN T lz_shl(T a, T b) { return (u64)b < 8 * sizeof(T) ? (T)((u64)a << (u64)b) : (T)0; }
template <class T> FN T lz_shr(T a, T b) { return (T)((u64)b < 8 * sizeof(T) ? a >> b : (a < (T)0 ? (T)-1 : (T)0)); }

// Conversions: floats truncate toward zero, saturate at the ends of i64 (u64 for u64), then wrap; NaN gives 0.
FN i64 lz_whole(float x) { return x != x ? 0 : __float2ll_rz(x); }
FN i64 lz_whole(double x) { return x != x ? 0 : x >= 9223372036854775808.0 ? 0x7fffffffffffffffll : x <= -9223372036854775808.0 ? (i64)0x8000000000000000ull : __double2ll_rz(x); }
FN u64 lz_unsigned(float x) { return x >= 0.0f ? __float2ull_rz(x) : (u64)lz_whole(x); }
FN u64 lz_unsigned(double x) { return x >= 0.0 ? (x >= 18446744073709551616.0 ? ~0ull : __double2ull_rz(x)) : (u64)lz_whole(x); }
template <class T> struct Cast { template <class S> static __device__ __forceinline__ T of(S x) { return (T)x; }
  static __device__ __forceinline__ T of(float x) { return (T)lz_whole(x); }
  static __device__ __forceinline__ T of(double x) { return (T)lz_whole(x); } };
template <> struct Cast<u64> { template <class S> static __device__ __forceinline__ u64 of(S x) { return (u64)x; }
  static __device__ __forceinline__ u64 of(float x) { return lz_unsigned(x); }
  static __device__ __forceinline__ u64 of(double x) { return lz_unsigned(x); } };
template <> struct Cast<bool> { template <class S> static __device__ __forceinline__ bool of(S x) { return x != (S)0; } };
template <> struct Cast<float> { template <class S> static __device__ __forceinline__ float of(S x) { return (float)x; }
  static __device__ __forceinline__ float of(u64 x) { return (float)(double)x; }
  static __device__ __forceinline__ float of(i64 x) { return (float)(double)x; } };
template <> struct Cast<double> { template <class S> static __device__ __forceinline__ double of(S x) { return (double)x; } };
