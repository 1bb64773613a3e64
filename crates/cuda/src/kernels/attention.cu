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
    copies_wait<0>();
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
        masked<$MASK$, $CAUSAL$, T>(s[t], p.w, b, h, first + (warp * TILES + t) * 16 + lane / 4, at + lane % 4 * 2, scale);
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      float factor[2];
      weigh(s[t], by, most[t], total[t], factor);
      times(o[t], factor);
    }
    copies_wait<0>();
    __syncthreads();
    if (at + BLOCK < end) copy_rows<BLOCK, HEAD, THREADS>(sk, k + (i64)(at + BLOCK) * ks, ks, (i64)p.w[SK_ + 3], keys - at - BLOCK, features);
    copies_end();
    weighted<TILES, BLOCK / 8, HEAD / 8, T>(o, s, sv, lane);
  }
#pragma unroll
  for (int t = 0; t < TILES; t++) {
    const int mine = first + (warp * TILES + t) * 16 + lane / 4;
    if (!$SPLIT$) {
      finished(p.w, o[t], most[t], total[t], b, h, mine, lane);
      continue;
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      const float sum = row_sum(total[t][r]);
      if (mine + r * 8 >= queries) continue;
      float* to = (float*)p.w[SCRATCH_] + (((i64)head * queries + mine + r * 8) * (i64)p.w[SPLITS_] + blockIdx.y) * (values + 2);
#pragma unroll
      for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
        for (int e = 0; e < 2; e++) {
          const int c = n * 8 + lane % 4 * 2 + e;
          if (c < values) to[c] = o[t][n][2 * r + e];
        }
      if (lane % 4 == 0) {
        to[values] = most[t][r];
        to[values + 1] = sum;
      }
    }
  }
  if (!$SPLIT$) {
    __syncthreads();
    store_rows<TILES, HEAD, T>(o, (u16*)room, warp * TILES * 16, lane, (u16*)p.w[OUT_] + at3(p.w + SOUT_, b, h, first), (i64)p.w[SOUT_ + 2], rows, values);
  }
}
