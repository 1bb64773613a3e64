// The parts of each query's keys put together, in their order. A warp a query.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  const i64 row = (i64)blockIdx.x * 8 + threadIdx.x / 32;
  if (row >= (i64)p.w[ROWS_]) return;
  const int lane = threadIdx.x % 32, values = (int)p.w[VALUES_], parts = (int)p.w[SPLITS_];
  i64 b, h, i;
  query_of(row, (i64)p.w[ROWS_], p.w, b, h, i);
  const float* from = (const float*)p.w[SCRATCH_] + row * parts * (values + 2);
  float most = -INF_F, total = 0;
  for (int s = 0; s < parts; s++) most = fmaxf(most, from[(i64)s * (values + 2) + values]);
  const float base = most == -INF_F ? 0.0f : most;
  for (int s = 0; s < parts; s++) {
    const float* part = from + (i64)s * (values + 2);
    total += part[values + 1] * pow2(part[values] - base);
  }
  for (int c = lane; c < values; c += 32) {
    float sum = 0;
    for (int s = 0; s < parts; s++) {
      const float* part = from + (i64)s * (values + 2);
      sum += part[c] * pow2(part[values] - base);
    }
    put((($TYPE$ *)p.w[OUT_])[at3(p.w + SOUT_, b, h, i) + c], sum / total);
  }
  if (lane == 0) {
    ((float*)p.w[MOST_])[at3(p.w + SMOST_, b, h, i)] = most;
    ((float*)p.w[TOTAL_])[at3(p.w + STOTAL_, b, h, i)] = total;
  }
}
