// The cotangents of keys and values, of halves: a block of keys, which all queries that see them pass by. A warp has 16 * $TILES$ keys;
// scores lie transposed, so that weights go from registers straight into the next product.
extern "C" __global__ void __launch_bounds__($WARPS$ * 32, $LEAST$) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int PLACES = $PLACES$, TILES = $TILES$, WARPS = $WARPS$, HEAD = $HEAD$, BLOCK = $BLOCK$, P = HEAD + 8, HIGH = TILES * 16 * WARPS, THREADS = WARPS * 32;
  typedef $TYPE$ T;
  extern __shared__ __align__(16) unsigned char room[];
  const u32 sk = shared_address(room), sv = sk + HIGH * P * 2, sq = sv + HIGH * P * 2, sc = sq + PLACES * BLOCK * P * 2;
  float* all_numbers = (float*)(room + (2 * HIGH + 2 * PLACES * BLOCK) * P * 2);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int blocks = (int)p.w[BLOCKS_], queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_], each = (int)p.w[EACH_];
  const int groups = heads / each, group = blockIdx.x / blocks, first = (int)(blockIdx.x % blocks) * HIGH;
  const int b = group / groups, g = group % groups, rows = keys - first < HIGH ? keys - first : HIGH;
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_];
  const i64 qs = (i64)p.w[SQ_ + 2], cs = (i64)p.w[SCT_ + 2], all = (i64)p.w[ROWS_];
  const float scale = bits<float>(p.w[SCALE2_]);
  const int after = keys - queries;
  copy_rows<HIGH, HEAD, THREADS>(sk, (const u16*)p.w[K_] + at3(p.w + SK_, b, g, first), (i64)p.w[SK_ + 2], (i64)p.w[SK_ + 3], rows, features);
  copy_rows<HIGH, HEAD, THREADS>(sv, (const u16*)p.w[V_] + at3(p.w + SV_, b, g, first), (i64)p.w[SV_ + 2], (i64)p.w[SV_ + 3], rows, values);
  float dk[TILES][HEAD / 8][4], dv[TILES][HEAD / 8][4];
  clear(dk);
  clear(dv);
  // Queries before `from` see none of these keys, unless they see no key at all.
  int from = 0;
  if ($CAUSAL$ && after >= 0) from = first - after > 0 ? (first - after) / BLOCK * BLOCK : 0;
  // A block of queries and what belongs to them, to a place, of one or two: with two, it comes while the block before is worked on.
  auto load = [&](int h, int at, int place) {
    const u16* q = (const u16*)p.w[Q_] + at3(p.w + SQ_, b, h, at);
    const u16* ct = (const u16*)p.w[CT_] + at3(p.w + SCT_, b, h, at);
    const float* of_rows = (const float*)p.w[SCRATCH_] + ((i64)b * heads + h) * queries + at;
    copy_rows<BLOCK, HEAD, THREADS>(sq + place * BLOCK * P * 2, q, qs, (i64)p.w[SQ_ + 3], queries - at, features);
    copy_rows<BLOCK, HEAD, THREADS>(sc + place * BLOCK * P * 2, ct, cs, (i64)p.w[SCT_ + 3], queries - at, values);
    for (int i = threadIdx.x; i < 3 * BLOCK; i += THREADS) {
      const bool some = at + i % BLOCK < queries;
      copy4(shared_address(all_numbers + place * 3 * BLOCK + i), some ? of_rows + i / BLOCK * all + i % BLOCK : of_rows, some);
    }
  };
  int place = 0;
  if (PLACES == 2 && from < queries) load(g * each, from, 0);
  copies_end();
  for (int h = g * each; h < (g + 1) * each; h++) {
    for (int at = from; at < queries; at += BLOCK, place ^= PLACES - 1) {
      const bool last = at + BLOCK >= queries;
      if (PLACES == 1) load(h, at, 0);
      else if (!last || h + 1 < (g + 1) * each) load(h + last, last ? from : at + BLOCK, place ^ 1);
      copies_end();
      copies_wait<PLACES - 1>();
      __syncthreads();
      const u32 q_here = sq + place * BLOCK * P * 2, c_here = sc + place * BLOCK * P * 2;
      const float* numbers = all_numbers + place * 3 * BLOCK;
      float s[TILES][BLOCK / 8][4], d[TILES][BLOCK / 8][4];
      clear(s);
      clear(d);
      scores<TILES, BLOCK / 8, HEAD, T>(s, sk, warp * TILES * 16, q_here, lane);
      scores<TILES, BLOCK / 8, HEAD, T>(d, sv, warp * TILES * 16, c_here, lane);
      const bool edge = $MASK$ || first + HIGH > keys || ($CAUSAL$ && first + HIGH - 1 > at + after);
#pragma unroll
      for (int n = 0; n < BLOCK / 8; n++) {
        const int c = n * 8 + lane % 4 * 2;
        const float2 most = *(const float2*)(numbers + c), share = *(const float2*)(numbers + BLOCK + c), mean = *(const float2*)(numbers + 2 * BLOCK + c);
#pragma unroll
        for (int t = 0; t < TILES; t++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            const float m = e % 2 ? most.y : most.x, r = e % 2 ? share.y : share.x, mu = e % 2 ? mean.y : mean.x;
            float x = s[t][n][e] * scale;
            bool hidden = false;
            if (edge) {
              const int j = first + warp * TILES * 16 + t * 16 + lane / 4 + e / 2 * 8, i = at + c + e % 2;
              hidden = i < queries && j < keys && hides<$MASK$, $CAUSAL$, T>(p.w, b, h, i, j, after, x);
              x = j >= keys ? -INF_F : hidden ? lowest<float>() : x;
            }
            const float w = pow2(x - m) * r;
            s[t][n][e] = w;
            d[t][n][e] = hidden ? 0.0f : w * (d[t][n][e] - mu);
          }
      }
      weighted<TILES, BLOCK / 8, HEAD / 8, T>(dv, s, c_here, lane);
      weighted<TILES, BLOCK / 8, HEAD / 8, T>(dk, d, q_here, lane);
      __syncthreads();
    }
  }
  copies_wait<0>();
  __syncthreads();
  const float plain = bits<float>(p.w[SCALE_]);
#pragma unroll
  for (int t = 0; t < TILES; t++)
#pragma unroll
    for (int n = 0; n < HEAD / 8; n++)
#pragma unroll
      for (int e = 0; e < 4; e++) dk[t][n][e] *= plain;
  const i64 to = ((i64)b * keys + first) * groups + g;
  store_rows<TILES, HEAD, T>(dk, (u16*)room, warp * TILES * 16, lane, (u16*)p.w[DK_] + to * features, (i64)groups * features, rows, features);
  __syncwarp();
  store_rows<TILES, HEAD, T>(dv, (u16*)room, warp * TILES * 16, lane, (u16*)p.w[DV_] + to * values, (i64)groups * values, rows, values);
}
