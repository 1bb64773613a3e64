// Attention in plain arithmetic, of any float in any layout. A warp has 4 queries; a lane has a key of 32, then features of the sums.
extern "C" __global__ void __launch_bounds__(128) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  typedef $TYPE$ T;
  typedef $WIDE$ W;
  extern __shared__ __align__(16) unsigned char room[];
  const int blocks = (int)p.w[BLOCKS_], queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_];
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_], fp = features + 1, vp = values + 1;
  W* sk = (W*)room; W* sv = sk + 32 * fp; W* sq = sv + 32 * vp;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int head = blockIdx.x / blocks, first = (blocks - 1 - (int)(blockIdx.x % blocks)) * 16;
  const int b = head / heads, h = head % heads, g = h / (int)p.w[EACH_];
  const W scale = bits<W>(p.w[SCALE2_]);
  const int after = keys - queries, rows = queries - first < 16 ? queries - first : 16;
  int end = keys;
  if ($CAUSAL$ && first + after >= 0 && first + rows + after < end) end = first + rows + after;
  for (int i = threadIdx.x; i < 16 * features; i += 128) {
    const int r = i / features, c = i % features;
    sq[i] = r < rows ? (W)get(((const T*)p.w[Q_])[at3(p.w + SQ_, b, h, first + r) + (i64)c * (i64)p.w[SQ_ + 3]]) : (W)0;
  }
  W o[4][8], most[4], total[4];
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const int i = first + warp * 4 + r;
    most[r] = minus_inf(scale);
    total[r] = 0;
    if ($SINKS$ && i < queries) {
      most[r] = (W)get(((const T*)p.w[SINKS_])[at3(p.w + SSINKS_, b, h, i)]) * (W)LOG2E;
      total[r] = lane == 0 && most[r] != minus_inf(scale) ? (W)1 : (W)0;
    }
#pragma unroll
    for (int c = 0; c < 8; c++) o[r][c] = 0;
  }
  for (int at = 0; at < end; at += 32) {
    __syncthreads();
    for (int i = threadIdx.x; i < 32 * features; i += 128) {
      const int j = i / features, c = i % features;
      sk[j * fp + c] = at + j < keys ? (W)get(((const T*)p.w[K_])[at3(p.w + SK_, b, g, at + j) + (i64)c * (i64)p.w[SK_ + 3]]) : (W)0;
    }
    for (int i = threadIdx.x; i < 32 * values; i += 128) {
      const int j = i / values, c = i % values;
      sv[j * vp + c] = at + j < keys ? (W)get(((const T*)p.w[V_])[at3(p.w + SV_, b, g, at + j) + (i64)c * (i64)p.w[SV_ + 3]]) : (W)0;
    }
    __syncthreads();
    W s[4] = {0, 0, 0, 0};
    for (int c = 0; c < features; c++) {
      const W k = sk[lane * fp + c];
#pragma unroll
      for (int r = 0; r < 4; r++) s[r] = fma_(sq[(warp * 4 + r) * features + c], k, s[r]);
    }
    const int j = at + lane;
#pragma unroll
    for (int r = 0; r < 4; r++) {
      const int i = first + warp * 4 + r;
      W x = s[r] * scale;
      if (i < queries && j < keys && hides<$MASK$, $CAUSAL$, $TYPE$>(p.w, b, h, i, j, after, x)) x = lowest<W>();
      x = j < keys ? x : minus_inf(x);
      W m = x > most[r] ? x : most[r];
#pragma unroll
      for (int w = 16; w > 0; w /= 2) { const W y = __shfl_xor_sync(0xffffffffu, m, w); m = y > m ? y : m; }
      const W base = m == minus_inf(m) ? (W)0 : m, factor = pow2(most[r] - base);
      most[r] = m;
      s[r] = pow2(x - base);
      total[r] = fma_(total[r], factor, s[r]);
#pragma unroll
      for (int c = 0; c < 8; c++) o[r][c] *= factor;
    }
    for (int t = 0; t < 32 && at + t < keys; t++) {
      W w[4];
#pragma unroll
      for (int r = 0; r < 4; r++) w[r] = __shfl_sync(0xffffffffu, s[r], t);
#pragma unroll
      for (int c = 0; c < 8; c++)
        if (c * 32 + lane < values) {
          const W v = sv[t * vp + c * 32 + lane];
#pragma unroll
          for (int r = 0; r < 4; r++) o[r][c] = fma_(w[r], v, o[r][c]);
        }
    }
  }
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const int i = first + warp * 4 + r;
#pragma unroll
    for (int w = 16; w > 0; w /= 2) total[r] += __shfl_xor_sync(0xffffffffu, total[r], w);
    if (i >= queries) continue;
#pragma unroll
    for (int c = 0; c < 8; c++)
      if (c * 32 + lane < values) put(((T*)p.w[OUT_])[at3(p.w + SOUT_, b, h, i) + c * 32 + lane], o[r][c] / total[r]);
    if (lane == 0) {
      ((W*)p.w[MOST_])[at3(p.w + SMOST_, b, h, i)] = most[r];
      ((W*)p.w[TOTAL_])[at3(p.w + STOTAL_, b, h, i)] = total[r];
    }
  }
}
