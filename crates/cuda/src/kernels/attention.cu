// Attention of halves: a block of queries, whose keys pass by in shared memory ("flash"). A warp has 16 * $TILES$ queries.
extern "C" __global__ void __launch_bounds__($WARPS$ * 32, $LEAST$) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int TILES = $TILES$, WARPS = $WARPS$, HEAD = $HEAD$, BLOCK = $BLOCK$, P = HEAD + 8, HIGH = TILES * 16 * WARPS, THREADS = WARPS * 32;
  typedef $TYPE$ T;
  extern __shared__ __align__(16) unsigned char room[];
  const u32 sq = shared_address(room), sk = sq + HIGH * P * 2, sv = sk + BLOCK * P * 2;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int blocks = (int)p.w[BLOCKS_], queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_];
  const int head = blockIdx.x / blocks, first = (blocks - 1 - (int)(blockIdx.x % blocks)) * HIGH;
  const int b = head / heads, h = head % heads, g = h / (int)p.w[EACH_], rows = queries - first < HIGH ? queries - first : HIGH;
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_];
  const u16* q = (const u16*)p.w[Q_] + at3(p.w + SQ_, b, h, first);
  const u16* k = (const u16*)p.w[K_] + at3(p.w + SK_, b, g, 0);
  const u16* v = (const u16*)p.w[V_] + at3(p.w + SV_, b, g, 0);
  const i64 qs = (i64)p.w[SQ_ + 2], ks = (i64)p.w[SK_ + 2], vs = (i64)p.w[SV_ + 2];
  const float scale = bits<float>(p.w[SCALE2_]);
  const int after = keys - queries;
  int start = 0, end = keys;
  if ($CAUSAL$ && first + after >= 0 && first + rows + after < end) end = first + rows + after;
  if ($SPLIT$) {
    start = blockIdx.y * (int)p.w[PART_];
    end = end < start + (int)p.w[PART_] ? end : start + (int)p.w[PART_];
  }
  float o[TILES][HEAD / 8][4], most[TILES][2], total[TILES][2];
  clear(o);
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int r = 0; r < 2; r++) {
      most[t][r] = -INF_F;
      total[t][r] = 0;
      if ($SINKS$ && blockIdx.y == 0) {
        const int i = first + warp * TILES * 16 + t * 16 + lane / 4 + r * 8;
        most[t][r] = get(((const T*)p.w[SINKS_])[at3(p.w + SSINKS_, b, h, i < queries ? i : 0)]) * (float)LOG2E;
        total[t][r] = lane % 4 == 0 && most[t][r] != -INF_F ? 1.0f : 0.0f;
      }
    }
  if (start < end) {
    copy_rows<HIGH, HEAD, THREADS>(sq, q, qs, (i64)p.w[SQ_ + 3], rows, features);
    copy_rows<BLOCK, HEAD, THREADS>(sk, k + (i64)start * ks, ks, (i64)p.w[SK_ + 3], keys - start, features);
    copies_end();
  }
  for (int at = start; at < end; at += BLOCK) {
    copies_wait();
    __syncthreads();
    copy_rows<BLOCK, HEAD, THREADS>(sv, v + (i64)at * vs, vs, (i64)p.w[SV_ + 3], keys - at, values);
    copies_end();
    float s[TILES][BLOCK / 8][4];
    clear(s);
    scores<TILES, BLOCK / 8, HEAD, T>(s, sq, warp * TILES * 16, sk, lane);
    float by = scale;
    if ($MASK$ || at + BLOCK > keys || ($CAUSAL$ && at + BLOCK - 1 > first + after)) {
      by = 1.0f;
#pragma unroll
      for (int t = 0; t < TILES; t++)
#pragma unroll
        for (int n = 0; n < BLOCK / 8; n++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            const int i = first + warp * TILES * 16 + t * 16 + lane / 4 + e / 2 * 8, j = at + n * 8 + lane % 4 * 2 + e % 2;
            float x = s[t][n][e] * scale;
            if (i < queries && j < keys && hides<$MASK$, $CAUSAL$, T>(p.w, b, h, i, j, after, x)) x = lowest<float>();
            s[t][n][e] = j < keys ? x : -INF_F;
          }
    }
#pragma unroll
    for (int t = 0; t < TILES; t++)
#pragma unroll
      for (int r = 0; r < 2; r++) {
        float x = -INF_F;
#pragma unroll
        for (int n = 0; n < BLOCK / 8; n++) x = fmaxf(x, fmaxf(s[t][n][2 * r], s[t][n][2 * r + 1]));
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
        x = fmaxf(most[t][r], x * by);
        const float base = x == -INF_F ? 0.0f : x, factor = pow2(most[t][r] - base);
        most[t][r] = x;
        float sum = 0;
#pragma unroll
        for (int n = 0; n < BLOCK / 8; n++)
#pragma unroll
          for (int e = 2 * r; e < 2 * r + 2; e++) {
            s[t][n][e] = pow2(__fmaf_rn(s[t][n][e], by, -base));
            sum += s[t][n][e];
          }
        total[t][r] = __fmaf_rn(total[t][r], factor, sum);
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++) {
          o[t][n][2 * r] *= factor;
          o[t][n][2 * r + 1] *= factor;
        }
      }
    copies_wait();
    __syncthreads();
    if (at + BLOCK < end) copy_rows<BLOCK, HEAD, THREADS>(sk, k + (i64)(at + BLOCK) * ks, ks, (i64)p.w[SK_ + 3], keys - at - BLOCK, features);
    copies_end();
    weighted<TILES, BLOCK / 8, HEAD / 8, T>(o, s, sv, lane);
  }
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int r = 0; r < 2; r++) {
      total[t][r] += __shfl_xor_sync(0xffffffffu, total[t][r], 1);
      total[t][r] += __shfl_xor_sync(0xffffffffu, total[t][r], 2);
      const int i = first + warp * TILES * 16 + t * 16 + lane / 4 + r * 8;
      if ($SPLIT$) {
        if (i < queries) {
          float* to = (float*)p.w[SCRATCH_] + (((i64)head * queries + i) * (i64)p.w[SPLITS_] + blockIdx.y) * (values + 2);
#pragma unroll
          for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
            for (int e = 0; e < 2; e++) {
              const int c = n * 8 + lane % 4 * 2 + e;
              if (c < values) to[c] = o[t][n][2 * r + e];
            }
          if (lane % 4 == 0) {
            to[values] = most[t][r];
            to[values + 1] = total[t][r];
          }
        }
      } else {
        const float share = 1.0f / total[t][r];
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++) {
          o[t][n][2 * r] *= share;
          o[t][n][2 * r + 1] *= share;
        }
        if (i < queries && lane % 4 == 0) {
          ((float*)p.w[MOST_])[at3(p.w + SMOST_, b, h, i)] = most[t][r];
          ((float*)p.w[TOTAL_])[at3(p.w + STOTAL_, b, h, i)] = total[t][r];
        }
      }
    }
  if (!$SPLIT$) {
    __syncthreads();
    store_rows<TILES, HEAD, T>(o, (u16*)room, warp * TILES * 16, lane, (u16*)p.w[OUT_] + at3(p.w + SOUT_, b, h, first), (i64)p.w[SOUT_ + 2], rows, values);
  }
}
