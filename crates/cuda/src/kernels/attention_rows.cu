// Three numbers for each query: its largest score, what its weights are multiplied by, and the mean of their cotangents; and what it adds
// to the cotangent of its sink. Eight lanes a query, which take eight values each in turn.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  typedef $TYPE$ T;
  typedef $WIDE$ W;
  const i64 n = (i64)p.w[ROWS_], own = (i64)blockIdx.x * 32 + threadIdx.x / 8, row = own < n ? own : n - 1;
  const int lane = threadIdx.x % 8, values = (int)p.w[VALUES_];
  i64 b, h, i;
  query_of(row, n, p.w, b, h, i);
  const T* y = (const T*)p.w[OUT_] + at3(p.w + SOUT_, b, h, i);
  const T* ct = (const T*)p.w[CT_] + at3(p.w + SCT_, b, h, i);
  const i64 ys = (i64)p.w[SOUT_ + 3], cs = (i64)p.w[SCT_ + 3];
  const bool packed = sizeof(T) == 2 && ys == 1 && cs == 1 && values % 8 == 0 && ((u64)y | (u64)ct) % 16 == 0;
  W mean = 0;
  for (int c = 8 * lane; c < values; c += 64) {
    W a[8], d[8];
    if (packed) {
      const Vec<T, 8> of = *(const Vec<T, 8>*)(y + c), by = *(const Vec<T, 8>*)(ct + c);
#pragma unroll
      for (int e = 0; e < 8; e++) a[e] = (W)get(of.e[e]), d[e] = (W)get(by.e[e]);
    } else {
#pragma unroll
      for (int e = 0; e < 8; e++) {
        const bool some = c + e < values;
        a[e] = some ? (W)get(y[(c + e) * ys]) : (W)0;
        d[e] = some ? (W)get(ct[(c + e) * cs]) : (W)0;
      }
    }
#pragma unroll
    for (int e = 0; e < 8; e++) mean = fma_(a[e], d[e], mean);
  }
#pragma unroll
  for (int w = 4; w > 0; w /= 2) mean += __shfl_xor_sync(0xffffffffu, mean, w);
  if (lane == 0 && own < n) {
    W most = ((const W*)p.w[MOST_])[at3(p.w + SMOST_, b, h, i)];
    most = most == minus_inf(most) ? (W)0 : most;
    const W share = (W)1 / ((const W*)p.w[TOTAL_])[at3(p.w + STOTAL_, b, h, i)];
    W* to = (W*)p.w[SCRATCH_];
    to[row] = most;
    to[n + row] = share;
    to[2 * n + row] = mean;
    if ($SINKS$) {
      const W x = (W)get(((const T*)p.w[SINKS_])[at3(p.w + SSINKS_, b, h, i)]) * (W)LOG2E;
      ((W*)p.w[DSINKS_])[row] = -(pow2(x - most) * share * mean);
    }
  }
}
