// Three numbers for each query: its largest score, what its weights are multiplied by, and the mean of their cotangents; and what it adds
// to the cotangent of its sink. A warp a query.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  typedef $TYPE$ T;
  typedef $WIDE$ W;
  const i64 row = (i64)blockIdx.x * 8 + threadIdx.x / 32;
  if (row >= (i64)p.w[ROWS_]) return;
  const int lane = threadIdx.x % 32, values = (int)p.w[VALUES_];
  const i64 queries = (i64)p.w[QUERIES_], heads = (i64)p.w[HEADS_], b = row / queries / heads, h = row / queries % heads, i = row % queries;
  const T* y = (const T*)p.w[OUT_] + at3(p.w + SOUT_, b, h, i);
  const T* ct = (const T*)p.w[CT_] + at3(p.w + SCT_, b, h, i);
  const i64 ys = (i64)p.w[SOUT_ + 3], cs = (i64)p.w[SCT_ + 3];
  W mean = 0;
  for (int c = lane; c < values; c += 32) mean = fma_((W)get(y[c * ys]), (W)get(ct[c * cs]), mean);
#pragma unroll
  for (int w = 16; w > 0; w /= 2) mean += __shfl_xor_sync(0xffffffffu, mean, w);
  if (lane == 0) {
    W most = ((const W*)p.w[MOST_])[at3(p.w + SMOST_, b, h, i)];
    most = most == minus_inf(most) ? (W)0 : most;
    const W share = (W)1 / ((const W*)p.w[TOTAL_])[at3(p.w + STOTAL_, b, h, i)];
    W* to = (W*)p.w[SCRATCH_];
    const i64 n = (i64)p.w[ROWS_];
    to[row] = most;
    to[n + row] = share;
    to[2 * n + row] = mean;
    if ($SINKS$) {
      const W x = (W)get(((const T*)p.w[SINKS_])[at3(p.w + SSINKS_, b, h, i)]) * (W)LOG2E;
      ((W*)p.w[DSINKS_])[row] = -(pow2(x - most) * share * mean);
    }
  }
}
