// What every generated kernel starts with: types, loads and stores, launch arguments. No includes: they cost seconds.
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
typedef signed char i8; typedef short i16; typedef int i32; typedef long long i64;
#define FN static __device__ __forceinline__
// Functions with slow paths are called, not inlined, in programs that use many of them.
#ifndef LZ_SLOW
#define LZ_SLOW static __device__ __forceinline__
#endif
#define INF_F __int_as_float(0x7f800000)
#define INF_D __longlong_as_double(0x7ff0000000000000ll)
#define NAN_F __int_as_float(0x7fffffff)
#define NAN_D __longlong_as_double(0x7fffffffffffffffll)

struct f16 { u16 bits; };
struct bf16 { u16 bits; };
struct __align__(8) c64 { float re, im; };
struct z64 { double re, im; };

// Every kernel takes one struct of words: addresses, sizes, strides, scalars.
template <int N> struct Args { u64 w[N]; };

// From memory to a register.
FN float get(f16 x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits)); return y; }
FN float get(bf16 x) { return __uint_as_float((u32)x.bits << 16); }
template <class T> FN T get(T x) { return x; }

// Halves round to nearest, ties to even. Two at a time is the fast form of the conversion, and the first is then in the upper half, where
// it is the rounded number itself in the case of bf16.
FN u32 upper_f16(float x) { u32 y; asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(x), "f"(0.0f)); return y; }
FN u32 upper_bf16(float x) { u32 y; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(x), "f"(0.0f)); return y; }
FN float round_f16(float x) { f16 y; y.bits = (u16)(upper_f16(x) >> 16); return get(y); }
FN float round_bf16(float x) { return __uint_as_float(upper_bf16(x)); }

// From a register to memory.
FN void put(f16& y, float x) { y.bits = (u16)(upper_f16(x) >> 16); }
FN void put(bf16& y, float x) { y.bits = (u16)(upper_bf16(x) >> 16); }
template <class T> FN void put(T& y, T x) { y = x; }
// The same for a number that is already rounded.
FN void put_rounded(bf16& y, float x) { y.bits = (u16)(__float_as_uint(x) >> 16); }
template <class T, class R> FN void put_rounded(T& y, R x) { put(y, x); }

// A scalar argument's bits.
template <class T> __device__ __forceinline__ T bits(u64 w) { return (T)w; }
template <> __device__ __forceinline__ float bits<float>(u64 w) { return __uint_as_float((u32)w); }
template <> __device__ __forceinline__ double bits<double>(u64 w) { return __longlong_as_double((i64)w); }
template <> __device__ __forceinline__ c64 bits<c64>(u64 w) { c64 z = {__uint_as_float((u32)w), __uint_as_float((u32)(w >> 32))}; return z; }
template <> __device__ __forceinline__ f16 bits<f16>(u64 w) { f16 h; h.bits = (u16)w; return h; }
template <> __device__ __forceinline__ bf16 bits<bf16>(u64 w) { bf16 h; h.bits = (u16)w; return h; }
template <> __device__ __forceinline__ bool bits<bool>(u64 w) { return (w & 255) != 0; }

// V elements in one access of up to 16 bytes.
template <class T, int V> struct __align__(sizeof(T) * V < 16 ? sizeof(T) * V : 16) Vec { T e[V]; };

// Division by a size known at launch: word 0 is the divisor, word 1 the multiplier and, 32 bits up, the shift; for dividends below 2^31.
FN u32 quotient(u32 n, const u64* d) { return (__umulhi(n, (u32)d[1]) + n) >> (u32)(d[1] >> 32); }
FN u64 quotient(u64 n, const u64* d) { return n / d[0]; }
