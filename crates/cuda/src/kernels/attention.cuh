// What the kernels of attention share. Words of their arguments, by number; strides are in elements.
#ifndef LZ_ATTENTION
#define LZ_ATTENTION
namespace attention {
enum { Q_ = 0, K_, V_, MASK_, SINKS_, OUT_, MOST_, TOTAL_, CT_, DQ_, DK_, DV_, DSINKS_, SCRATCH_,
  HEADS_ = 14, EACH_, QUERIES_, KEYS_, FEATURES_, VALUES_,
  SQ_ = 20, SK_ = 24, SV_ = 28, SMASK_ = 32, SSINKS_ = 36, SOUT_ = 39, SMOST_ = 43, STOTAL_ = 46, SCT_ = 49,
  SCALE2_ = 53, SCALE_, BLOCKS_, SPLITS_, PART_, ROWS_, TOGETHER_, ITEMS_ };
constexpr double LOG2E = 1.4426950408889634;
template <class T> FN T lowest() { return sizeof(T) == 8 ? (T)-1.7976931348623157e308 : (T)-3.4028234663852886e38f; }
FN float minus_inf(float) { return -INF_F; }
FN double minus_inf(double) { return -INF_D; }
FN float pow2(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
FN double pow2(double x) { return exp2(x); }
FN float fma_(float a, float b, float c) { return __fmaf_rn(a, b, c); }
FN double fma_(double a, double b, double c) { return __fma_rn(a, b, c); }
FN i64 at3(const u64* s, i64 b, i64 h, i64 t) { return b * (i64)s[0] + h * (i64)s[1] + t * (i64)s[2]; }
// Batch, head and query of row `row` of `n`.
FN void query_of(i64 row, i64 n, const u64* w, i64& b, i64& h, i64& i) {
  if (n < ((i64)1 << 32)) {
    const u32 queries = (u32)w[QUERIES_], heads = (u32)w[HEADS_], above = (u32)row / queries, batch = above / heads;
    i = (u32)row - above * queries, h = above - batch * heads, b = batch;
  } else {
    const i64 queries = (i64)w[QUERIES_], heads = (i64)w[HEADS_], above = row / queries;
    i = row % queries, h = above % heads, b = above / heads;
  }
}
// x with what an added mask adds, in units of log 2.
template <class T> FN T with_mask(T x, T a) {
  const T y = fma_(a, (T)LOG2E, x);
  return a == minus_inf(a) ? a : y < lowest<T>() ? lowest<T>() : y;
}
// Whether the mask or causality hides the score x of query i and key j, which exist; an added mask is added. MASK: 0 none, 1 of booleans,
// 2 of numbers M that are added.
template <int MASK, bool CAUSAL, class M, class T> FN bool hides(const u64* w, i64 b, i64 h, int i, int j, int after, T& x) {
  const i64 place = MASK ? at3(w + SMASK_, b, h, i) + (i64)j * (i64)w[SMASK_ + 3] : 0;
  if (MASK == 2) x = with_mask(x, (T)get(((const M*)w[MASK_])[place]));
  return (CAUSAL && j > i + after) || (MASK == 1 && !((const bool*)w[MASK_])[place]);
}

// The scores of queries `mine` and `mine` + 8 and of the keys from `at` on that a lane has, scaled, with the mask.
template <int MASK, bool CAUSAL, class M, int N> FN void masked(float (&s)[N][4], const u64* w, i64 b, i64 h, int mine, int at, float scale) {
  const int queries = (int)w[QUERIES_], keys = (int)w[KEYS_];
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const int i = mine + e / 2 * 8, j = at + n * 8 + e % 2;
      float x = s[n][e] * scale;
      if (i < queries && j < keys && hides<MASK, CAUSAL, M>(w, b, h, i, j, keys - queries, x)) x = lowest<float>();
      s[n][e] = j < keys ? x : -INF_F;
    }
}
// Scores times `by` to weights; the largest and the sum so far, and what sums of before are to be multiplied by.
template <int N> FN void weigh(float (&s)[N][4], float by, float (&most)[2], float (&total)[2], float (&factor)[2]) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    float x = -INF_F;
#pragma unroll
    for (int n = 0; n < N; n++) x = fmaxf(x, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
    x = fmaxf(most[r], x * by);
    const float base = x == -INF_F ? 0.0f : x;
    factor[r] = pow2(most[r] - base);
    most[r] = x;
    float sum = 0;
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
      for (int e = 2 * r; e < 2 * r + 2; e++) {
        s[n][e] = pow2(__fmaf_rn(s[n][e], by, -base));
        sum += s[n][e];
      }
    total[r] = __fmaf_rn(total[r], factor[r], sum);
  }
}
// Rows times a number each.
template <int N> FN void times(float (&x)[N][4], const float (&by)[2]) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int e = 0; e < 4; e++) x[n][e] *= by[e / 2];
}
// Over the four lanes that have a row.
FN float row_sum(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}
// Sums over the sums of weights; both numbers of each query to memory.
template <int N> FN void finished(const u64* w, float (&o)[N][4], const float (&most)[2], const float (&total)[2], i64 b, i64 h, int mine, int lane) {
  float share[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const float sum = row_sum(total[r]);
    share[r] = 1.0f / sum;
    if (mine + r * 8 < (int)w[QUERIES_] && lane % 4 == 0) {
      ((float*)w[MOST_])[at3(w + SMOST_, b, h, mine + r * 8)] = most[r];
      ((float*)w[TOTAL_])[at3(w + STOTAL_, b, h, mine + r * 8)] = sum;
    }
  }
  times(o, share);
}

FN u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }
FN void copy16(u32 to, const void* from, bool some) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(from), "r"(some ? 16 : 0) : "memory");
}
FN void copy4(u32 to, const void* from, bool some) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" :: "r"(to), "l"(from), "r"(some ? 4 : 0) : "memory");
}
FN void copies_end() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits for all but the last LEFT groups of copies.
template <int LEFT> FN void copies_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(LEFT) : "memory"); }
// Four matrices of 8 by 8 halves; as they are, and transposed.
FN void load_matrices(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
FN void load_turned(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
FN void mma(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, bf16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
FN void mma(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, f16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
FN u32 pair(float low, float high, bf16) { u32 y; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
FN u32 pair(float low, float high, f16) { u32 y; asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
// Rows of halves to shared memory, 8 numbers longer there, so that matrices of 8 rows lie in different banks. What does not exist is 0.
template <int ROWS, int HEAD, int THREADS> FN void copy_rows(u32 to, const u16* from, i64 step, i64 next, int rows, int features) {
  constexpr int C = HEAD / 8;
  if (next == 1 && features % 8 == 0 && step % 8 == 0 && (u64)from % 16 == 0) {
#pragma unroll
    for (int i = threadIdx.x; i < ROWS * C; i += THREADS) {
      const int r = i / C, c = i % C;
      const bool some = r < rows && c * 8 < features;
      copy16(to + (r * (HEAD + 8) + c * 8) * 2, some ? from + (i64)r * step + c * 8 : from, some);
    }
  } else {
#pragma unroll 1
    for (int i = threadIdx.x; i < ROWS * HEAD; i += THREADS) {
      const int r = i / HEAD, c = i % HEAD;
      const u16 x = r < rows && c < features ? from[(i64)r * step + (i64)c * next] : (u16)0;
      asm volatile("st.shared.u16 [%0], %1;" :: "r"(to + (r * (HEAD + 8) + c) * 2), "h"(x) : "memory");
    }
  }
}
// The right side of two products of 8 columns: rows of the operand are columns (`across`), or steps (`down`).
FN u32 across(u32 base, int pitch, int column, int step, int lane) { return base + ((column + lane % 8 + lane / 16 * 8) * pitch + step + lane / 8 % 2 * 8) * 2; }
FN u32 down(u32 base, int pitch, int step, int column, int lane) { return base + ((step + lane % 16) * pitch + column + lane / 16 * 8) * 2; }
// The left side: 16 rows by 16 steps.
FN u32 left(u32 base, int pitch, int row, int step, int lane) { return base + ((row + lane % 16) * pitch + step + lane / 16 * 8) * 2; }
// Zeros of a tile, and of a warp's tiles.
template <int N> FN void clear(float (&x)[N][4]) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int e = 0; e < 4; e++) x[n][e] = 0;
}
template <int TILES, int N> FN void clear(float (&x)[TILES][N][4]) {
#pragma unroll
  for (int t = 0; t < TILES; t++) clear(x[t]);
}
// A tile's weights as the left side of products of 16 steps.
template <class T, int N> FN void halves(u32 (&y)[N / 2][4], const float (&w)[N][4]) {
#pragma unroll
  for (int c = 0; c < N / 2; c++)
#pragma unroll
    for (int i = 0; i < 4; i++) y[c][i] = pair(w[2 * c + i / 2][i % 2 * 2], w[2 * c + i / 2][i % 2 * 2 + 1], T());
}
// s += rows of `a`, from `row`, times rows of `b`, over their features; both lie in shared memory.
template <int TILES, int N, int HEAD, class T> FN void scores(float (&s)[TILES][N][4], u32 a, int row, u32 b, int lane) {
#pragma unroll
  for (int c = 0; c < HEAD; c += 16) {
    u32 y[TILES][4];
#pragma unroll
    for (int t = 0; t < TILES; t++) load_matrices(y[t], left(a, HEAD + 8, row + t * 16, c, lane));
#pragma unroll
    for (int n = 0; n < N / 2; n++) {
      u32 x[4];
      load_matrices(x, across(b, HEAD + 8, n * 16, c, lane));
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        mma(s[t][2 * n], y[t], x[0], x[1], T());
        mma(s[t][2 * n + 1], y[t], x[2], x[3], T());
      }
    }
  }
}
// o += weights, rounded to halves, times rows of `b` in shared memory.
template <int TILES, int N, int FEATURES, class T> FN void weighted(float (&o)[TILES][FEATURES][4], const float (&w)[TILES][N][4], u32 b, int lane) {
  u32 y[TILES][N / 2][4];
#pragma unroll
  for (int t = 0; t < TILES; t++) halves<T>(y[t], w[t]);
#pragma unroll
  for (int c = 0; c < N / 2; c++) {
#pragma unroll
    for (int n = 0; n < FEATURES / 2; n++) {
      u32 x[4];
      load_turned(x, down(b, FEATURES * 8 + 8, c * 16, n * 16, lane));
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        mma(o[t][2 * n], y[t][c], x[0], x[1], T());
        mma(o[t][2 * n + 1], y[t][c], x[2], x[3], T());
      }
    }
  }
}
// Sums of a warp's tile and a block in two rows of shared memory, divided, to rows of the output.
template <int TILES, int HEAD, class T> FN void store_rows(const float (&o)[TILES][HEAD / 8][4], u16* room, int first, int lane, u16* out, i64 step, int rows, int features) {
  constexpr int P = HEAD + 8;
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
      for (int e = 0; e < 2; e++)
        *(u32*)(room + (first + t * 16 + lane / 4 + e * 8) * P + n * 8 + lane % 4 * 2) = pair(o[t][n][2 * e], o[t][n][2 * e + 1], T());
  __syncwarp();
  if (features % 8 == 0 && step % 8 == 0 && (u64)out % 16 == 0) {
    for (int i = lane; i < TILES * 16 * (HEAD / 8); i += 32) {
      const int r = first + i / (HEAD / 8), c = i % (HEAD / 8) * 8;
      if (r < rows && c < features) *(uint4*)(out + (i64)r * step + c) = *(const uint4*)(room + r * P + c);
    }
  } else {
    for (int i = lane; i < TILES * 16 * HEAD; i += 32) {
      const int r = first + i / HEAD, c = i % HEAD;
      if (r < rows && c < features) out[(i64)r * step + c] = room[r * P + c];
    }
  }
}
}
#endif
