// Reductions: how two values combine, and the fold of a warp's lanes in the tape's order.
FN float red_add(float a, float b) { return a + b; }
FN double red_add(double a, double b) { return a + b; }
FN bool red_add(bool a, bool b) { return a || b; }
template <class T> FN T red_add(T a, T b) { return (T)((u64)a + (u64)b); }
FN float red_mul(float a, float b) { return a * b; }
FN double red_mul(double a, double b) { return a * b; }
FN bool red_mul(bool a, bool b) { return a && b; }
template <class T> FN T red_mul(T a, T b) { return (T)((u64)a * (u64)b); }
// Of zeros the positive one is the larger, so that f32 may be compared in any order; NaN if either is.
FN float red_max(float a, float b) { float c; asm("max.NaN.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b)); return c; }
FN float red_min(float a, float b) { float c; asm("min.NaN.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b)); return c; }
template <class T> FN T red_max(T a, T b) { return lz_max(a, b); }
template <class T> FN T red_min(T a, T b) { return lz_min(a, b); }

FN float lane_down(float x, u32 w) { return __shfl_down_sync(0xffffffffu, x, w); }
FN double lane_down(double x, u32 w) { return __shfl_down_sync(0xffffffffu, x, w); }
FN u64 lane_down(u64 x, u32 w) { return __shfl_down_sync(0xffffffffu, x, w); }
FN i64 lane_down(i64 x, u32 w) { return __shfl_down_sync(0xffffffffu, x, w); }
FN c64 lane_down(c64 x, u32 w) { c64 y = {lane_down(x.re, w), lane_down(x.im, w)}; return y; }
template <class T> FN T lane_down(T x, u32 w) { return (T)__shfl_down_sync(0xffffffffu, (i32)x, w); }

FN float lane_first(float x) { return __shfl_sync(0xffffffffu, x, 0); }
FN double lane_first(double x) { return __shfl_sync(0xffffffffu, x, 0); }
FN u64 lane_first(u64 x) { return __shfl_sync(0xffffffffu, x, 0); }
FN i64 lane_first(i64 x) { return __shfl_sync(0xffffffffu, x, 0); }
FN c64 lane_first(c64 x) { c64 y = {lane_first(x.re), lane_first(x.im)}; return y; }
template <class T> FN T lane_first(T x) { return (T)__shfl_sync(0xffffffffu, (i32)x, 0); }

// Lane l takes lane l + w for w in 16, 8, 4, 2, 1; lane 0 has the result.
#define LZ_FOLD(T, x, f) { T o_; \
  o_ = lane_down(x, 16); x = f(x, o_); o_ = lane_down(x, 8); x = f(x, o_); o_ = lane_down(x, 4); x = f(x, o_); \
  o_ = lane_down(x, 2); x = f(x, o_); o_ = lane_down(x, 1); x = f(x, o_); }

// A word that says that what was written before it can be read.
FN void publish(u32* flag) { __threadfence(); asm volatile("st.release.gpu.global.u32 [%0], %1;" :: "l"(flag), "r"(1u) : "memory"); }
FN bool published(const u32* flag) { u32 v; asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(flag) : "memory"); return v != 0; }
