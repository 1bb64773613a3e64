// The cotangents of queries ($OF_KEYS$ = 0), or of keys and values (1), in plain arithmetic, of any float in any layout. A warp has 4 of
// its own rows (queries, or keys); a lane has one of 32 others, then features of the sums.
extern "C" __global__ void __launch_bounds__(128) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  typedef $TYPE$ T;
  typedef $WIDE$ W;
  constexpr bool OF_KEYS = $OF_KEYS$;
  extern __shared__ __align__(16) unsigned char room[];
  const int blocks = (int)p.w[BLOCKS_], queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_], each = (int)p.w[EACH_];
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_], fp = features + 1, vp = values + 1;
  // Of the others: queries or keys, cotangents or values; then the same of the own rows.
  W* sx = (W*)room; W* sy = sx + 32 * fp; W* ox = sy + 32 * vp; W* oy = ox + 16 * features;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, own = OF_KEYS ? keys : queries, other = OF_KEYS ? queries : keys;
  const int count = OF_KEYS ? heads / each : heads, row = blockIdx.x / blocks, first = (int)(blockIdx.x % blocks) * 16;
  const int b = row / count, g = OF_KEYS ? row % count : row % count / each;
  const i64 all = (i64)p.w[ROWS_];
  const W scale = bits<W>(p.w[SCALE2_]), plain = bits<W>(p.w[SCALE_]);
  const int after = keys - queries;
  W o[4][8], v[4][8];
#pragma unroll
  for (int r = 0; r < 4; r++)
#pragma unroll
    for (int c = 0; c < 8; c++) o[r][c] = v[r][c] = 0;
  for (int h = OF_KEYS ? g * each : row % count; h < (OF_KEYS ? (g + 1) * each : row % count + 1); h++) {
    const W* numbers = (const W*)p.w[SCRATCH_] + ((i64)b * heads + h) * queries;
    __syncthreads();
    for (int i = threadIdx.x; i < 16 * features; i += 128) {
      const int r = first + i / features, c = i % features;
      const i64 place = OF_KEYS ? at3(p.w + SK_, b, g, r) + (i64)c * (i64)p.w[SK_ + 3] : at3(p.w + SQ_, b, h, r) + (i64)c * (i64)p.w[SQ_ + 3];
      ox[i] = r < own ? (W)get(((const T*)p.w[OF_KEYS ? K_ : Q_])[place]) : (W)0;
    }
    for (int i = threadIdx.x; i < 16 * values; i += 128) {
      const int r = first + i / values, c = i % values;
      const i64 place = OF_KEYS ? at3(p.w + SV_, b, g, r) + (i64)c * (i64)p.w[SV_ + 3] : at3(p.w + SCT_, b, h, r) + (i64)c * (i64)p.w[SCT_ + 3];
      oy[i] = r < own ? (W)get(((const T*)p.w[OF_KEYS ? V_ : CT_])[place]) : (W)0;
    }
    for (int at = 0; at < other; at += 32) {
      // Blocks that causality leaves out whole, unless a query sees no key.
      if ($CAUSAL$ && after >= 0 && (OF_KEYS ? first > at + 31 + after : at > first + 15 + after)) continue;
      __syncthreads();
      for (int i = threadIdx.x; i < 32 * features; i += 128) {
        const int j = at + i / features, c = i % features;
        const i64 place = OF_KEYS ? at3(p.w + SQ_, b, h, j) + (i64)c * (i64)p.w[SQ_ + 3] : at3(p.w + SK_, b, g, j) + (i64)c * (i64)p.w[SK_ + 3];
        sx[i / features * fp + c] = j < other ? (W)get(((const T*)p.w[OF_KEYS ? Q_ : K_])[place]) : (W)0;
      }
      for (int i = threadIdx.x; i < 32 * values; i += 128) {
        const int j = at + i / values, c = i % values;
        const i64 place = OF_KEYS ? at3(p.w + SCT_, b, h, j) + (i64)c * (i64)p.w[SCT_ + 3] : at3(p.w + SV_, b, g, j) + (i64)c * (i64)p.w[SV_ + 3];
        sy[i / values * vp + c] = j < other ? (W)get(((const T*)p.w[OF_KEYS ? CT_ : V_])[place]) : (W)0;
      }
      __syncthreads();
      W s[4] = {0, 0, 0, 0}, d[4] = {0, 0, 0, 0};
      for (int c = 0; c < features; c++) {
        const W x = sx[lane * fp + c];
#pragma unroll
        for (int r = 0; r < 4; r++) s[r] = fma_(ox[(warp * 4 + r) * features + c], x, s[r]);
      }
      for (int c = 0; c < values; c++) {
        const W y = sy[lane * vp + c];
#pragma unroll
        for (int r = 0; r < 4; r++) d[r] = fma_(oy[(warp * 4 + r) * values + c], y, d[r]);
      }
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const int mine = first + warp * 4 + r, i = OF_KEYS ? at + lane : mine, j = OF_KEYS ? mine : at + lane;
        W w = 0, slope = 0;
        if (i < queries && j < keys) {
          W x = s[r] * scale;
          const bool hidden = hides<$MASK$, $CAUSAL$, T>(p.w, b, h, i, j, after, x);
          w = pow2((hidden ? lowest<W>() : x) - numbers[i]) * numbers[all + i];
          slope = hidden ? (W)0 : w * (d[r] - numbers[2 * all + i]);
        }
        s[r] = w;
        d[r] = slope;
      }
      for (int t = 0; t < 32 && at + t < other; t++) {
        W w[4], slope[4];
#pragma unroll
        for (int r = 0; r < 4; r++) {
          w[r] = __shfl_sync(0xffffffffu, s[r], t);
          slope[r] = __shfl_sync(0xffffffffu, d[r], t);
        }
#pragma unroll
        for (int c = 0; c < 8; c++) {
          if (c * 32 + lane < features) {
            const W x = sx[t * fp + c * 32 + lane];
#pragma unroll
            for (int r = 0; r < 4; r++) o[r][c] = fma_(slope[r], x, o[r][c]);
          }
          if (OF_KEYS && c * 32 + lane < values) {
            const W y = sy[t * vp + c * 32 + lane];
#pragma unroll
            for (int r = 0; r < 4; r++) v[r][c] = fma_(w[r], y, v[r][c]);
          }
        }
      }
    }
  }
#pragma unroll
  for (int r = 0; r < 4; r++) {
    const int mine = first + warp * 4 + r;
    if (mine >= own) continue;
    const i64 place = ((i64)b * own + mine) * count + row % count;
#pragma unroll
    for (int c = 0; c < 8; c++) {
      if (c * 32 + lane < features) put(((T*)p.w[OF_KEYS ? DK_ : DQ_])[place * features + c * 32 + lane], o[r][c] * plain);
      if (OF_KEYS && c * 32 + lane < values) put(((T*)p.w[DV_])[place * values + c * 32 + lane], v[r][c]);
    }
  }
}
