// The cotangents of queries, of halves: a block of queries, whose keys pass by. A warp has 16 * $TILES$ queries.
extern "C" __global__ void __launch_bounds__($WARPS$ * 32, $LEAST$) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int PLACES = $PLACES$, TILES = $TILES$, WARPS = $WARPS$, HEAD = $HEAD$, BLOCK = $BLOCK$, P = HEAD + 8, HIGH = TILES * 16 * WARPS, THREADS = WARPS * 32;
  typedef $TYPE$ T;
  extern __shared__ __align__(16) unsigned char room[];
  const u32 sq = shared_address(room), sc = sq + HIGH * P * 2, sk = sc + HIGH * P * 2, sv = sk + PLACES * BLOCK * P * 2;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int blocks = (int)p.w[BLOCKS_], queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_];
  const int head = blockIdx.x / blocks, first = (blocks - 1 - (int)(blockIdx.x % blocks)) * HIGH;
  const int b = head / heads, h = head % heads, g = h / (int)p.w[EACH_], rows = queries - first < HIGH ? queries - first : HIGH;
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_];
  const u16* k = (const u16*)p.w[K_] + at3(p.w + SK_, b, g, 0);
  const u16* v = (const u16*)p.w[V_] + at3(p.w + SV_, b, g, 0);
  const i64 ks = (i64)p.w[SK_ + 2], vs = (i64)p.w[SV_ + 2], all = (i64)p.w[ROWS_];
  const float scale = bits<float>(p.w[SCALE2_]);
  const int after = keys - queries;
  int end = keys;
  if ($CAUSAL$ && first + after >= 0 && first + rows + after < end) end = first + rows + after;
  copy_rows<HIGH, HEAD, THREADS>(sq, (const u16*)p.w[Q_] + at3(p.w + SQ_, b, h, first), (i64)p.w[SQ_ + 2], (i64)p.w[SQ_ + 3], rows, features);
  copy_rows<HIGH, HEAD, THREADS>(sc, (const u16*)p.w[CT_] + at3(p.w + SCT_, b, h, first), (i64)p.w[SCT_ + 2], (i64)p.w[SCT_ + 3], rows, values);
  copies_end();
  float dq[TILES][HEAD / 8][4], most[TILES][2], share[TILES][2], mean[TILES][2];
  clear(dq);
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int r = 0; r < 2; r++) {
      const int i = first + warp * TILES * 16 + t * 16 + lane / 4 + r * 8;
      const float* numbers = (const float*)p.w[SCRATCH_] + (i64)head * queries + i;
      most[t][r] = i < queries ? numbers[0] : 0.0f;
      share[t][r] = i < queries ? numbers[all] : 0.0f;
      mean[t][r] = i < queries ? numbers[2 * all] : 0.0f;
    }
  // A block of keys and values to a place, of one or two: with two, it comes while the block before is worked on.
  auto load = [&](int at, int place) {
    copy_rows<BLOCK, HEAD, THREADS>(sk + place * BLOCK * P * 2, k + (i64)at * ks, ks, (i64)p.w[SK_ + 3], keys - at, features);
    copy_rows<BLOCK, HEAD, THREADS>(sv + place * BLOCK * P * 2, v + (i64)at * vs, vs, (i64)p.w[SV_ + 3], keys - at, values);
  };
  if (PLACES == 2) load(0, 0);
  copies_end();
  for (int at = 0, place = 0; at < end; at += BLOCK, place ^= PLACES - 1) {
    if (PLACES == 1) load(at, 0);
    else if (at + BLOCK < end) load(at + BLOCK, place ^ 1);
    copies_end();
    copies_wait<PLACES - 1>();
    __syncthreads();
    const u32 k_here = sk + place * BLOCK * P * 2, v_here = sv + place * BLOCK * P * 2;
    float s[TILES][BLOCK / 8][4], d[TILES][BLOCK / 8][4];
    clear(s);
    clear(d);
    scores<TILES, BLOCK / 8, HEAD, T>(s, sq, warp * TILES * 16, k_here, lane);
    scores<TILES, BLOCK / 8, HEAD, T>(d, sc, warp * TILES * 16, v_here, lane);
    const bool edge = $MASK$ || at + BLOCK > keys || ($CAUSAL$ && at + BLOCK - 1 > first + after);
#pragma unroll
    for (int t = 0; t < TILES; t++)
#pragma unroll
      for (int n = 0; n < BLOCK / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
          float x = s[t][n][e] * scale;
          bool hidden = false;
          if (edge) {
            const int i = first + warp * TILES * 16 + t * 16 + lane / 4 + e / 2 * 8, j = at + n * 8 + lane % 4 * 2 + e % 2;
            hidden = j >= keys || (i < queries && hides<$MASK$, $CAUSAL$, T>(p.w, b, h, i, j, after, x));
          }
          const float w = pow2(x - most[t][e / 2]) * share[t][e / 2];
          d[t][n][e] = hidden ? 0.0f : w * (d[t][n][e] - mean[t][e / 2]);
        }
    weighted<TILES, BLOCK / 8, HEAD / 8, T>(dq, d, k_here, lane);
    __syncthreads();
  }
  copies_wait<0>();
  __syncthreads();
  const float plain = bits<float>(p.w[SCALE_]);
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) dq[t][n][e] *= plain;
  u16* to = (u16*)p.w[DQ_] + (((i64)b * queries + first) * heads + h) * features;
  store_rows<TILES, HEAD, T>(dq, (u16*)room, warp * TILES * 16, lane, to, (i64)heads * features, rows, features);
}
