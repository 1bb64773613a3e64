// The cotangents of keys and values with the products of warp groups (sm_90a): a block of keys, which all queries that see them pass by. Scores
// lie transposed, so that weights go from registers straight into the next product.
extern "C" __global__ void __launch_bounds__(384, 1) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int HEAD = $HEAD$, BLOCK = $BLOCK$, PLACES = $PLACES$, OWN = $OWN$, SIZE = tile(BLOCK, HEAD), OWN_SIZE = tile(HIGH, HEAD);
  typedef $TYPE$ T;
  typedef Products_@ P;
  extern __shared__ __align__(16) unsigned char room[];
  __shared__ u64 barriers[2 * PLACES + 2 * OWN];
  __shared__ __align__(16) float numbers[PLACES][3][BLOCK];
  const u32 sk = (shared_address(room) + 1023) / 1024 * 1024, sv = sk + OWN * OWN_SIZE, sq = sv + OWN * OWN_SIZE, sc = sq + PLACES * SIZE, at_barriers = shared_address(barriers);
  const Places<PLACES> others = {at_barriers};
  const Places<OWN> own = {at_barriers + PLACES * 16};
  const int warp = own_warp(), lane = threadIdx.x % 32, group = warp / 4, items = (int)p.w[ITEMS_];
  const int queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_], each = (int)p.w[EACH_], groups = heads / each;
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_], after = keys - queries;
  if (threadIdx.x == 0) {
    own.set();
    others.set();
  }
  __syncthreads();
  int row, first;
  // The keys of an item, those that the most queries see first; and the queries from which on one sees them, unless it sees no key at all.
  auto found = [&](int item) {
    whose(p.w, item, row, first);
    first = ((int)p.w[BLOCKS_] - 1) * HIGH - first;
    return $CAUSAL$ && after >= 0 && first > after ? (first - after) / BLOCK * BLOCK : 0;
  };
  if (group == GROUPS) {
    give_registers();
    const i64 qs = (i64)p.w[SQ_ + 2], cs = (i64)p.w[SCT_ + 2], all = (i64)p.w[ROWS_];
    for (int item = blockIdx.x, round = 0, i = 0; item < items; item += gridDim.x, round++) {
      const int from = found(item), b = row / groups, g = row % groups;
      if (warp % LOADERS == OWN_LOADER) {
        own.free(round);
        copy_tile<HIGH, HEAD>(sk + round % OWN * OWN_SIZE, rows_of(p.w, K_, SK_, b, g, first), (i64)p.w[SK_ + 2], (i64)p.w[SK_ + 3], keys - first, features, lane);
        copy_tile<HIGH, HEAD>(sv + round % OWN * OWN_SIZE, rows_of(p.w, V_, SV_, b, g, first), (i64)p.w[SV_ + 2], (i64)p.w[SV_ + 3], keys - first, values, lane);
        own.fill(round);
      }
      for (int h = g * each; h < (g + 1) * each; h++) {
        const float* of_rows = (const float*)p.w[SCRATCH_] + ((i64)b * heads + h) * queries;
        for (int at = from; at < queries; at += BLOCK, i++) {
          if (warp % LOADERS != i % PLACES % LOADERS) continue;
          others.free(i);
          copy_tile<BLOCK, HEAD>(sq + i % PLACES * SIZE, rows_of(p.w, Q_, SQ_, b, h, at), qs, (i64)p.w[SQ_ + 3], queries - at, features, lane);
#pragma unroll 1
          for (int j = lane; j < 3 * BLOCK; j += 32) {
            const bool some = at + j % BLOCK < queries;
            copy4(shared_address(&numbers[i % PLACES][0][j]), some ? of_rows + j / BLOCK * all + at + j % BLOCK : of_rows, some);
          }
          copy_tile<BLOCK, HEAD>(sc + i % PLACES * SIZE, rows_of(p.w, CT_, SCT_, b, h, at), cs, (i64)p.w[SCT_ + 3], queries - at, values, lane);
          others.fill(i);
        }
      }
    }
  } else {
    take_registers();
    const float scale = bits<float>(p.w[SCALE2_]);
    const u32 all_k = described<HIGH>(sk + group * 64 * 128), all_q = described<BLOCK>(sq);
    float dk[HEAD / 8][4], dv[HEAD / 8][4], s[BLOCK / 8][4], d[BLOCK / 8][4];
    u32 y[BLOCK / 16][4], z[BLOCK / 16][4];
    for (int item = blockIdx.x, round = 0, i = 0; item < items; item += gridDim.x, round++) {
      const int from = found(item), b = row / groups, g = row % groups, mine = first + warp * 16 + lane / 4;
      const u32 of_k = all_k + (round % OWN * OWN_SIZE >> 4), of_v = of_k + (OWN * OWN_SIZE >> 4);
      clear(dk);
      clear(dv);
      own.filled(round);
      for (int h = g * each; h < (g + 1) * each; h++)
        for (int at = from; at < queries; at += BLOCK, i++) {
          const u32 of_q = all_q + (i % PLACES * SIZE >> 4), of_c = of_q + (PLACES * SIZE >> 4);
          others.filled(i);
          products_begin();
          group_scores<P, HEAD, HIGH, BLOCK>(s, of_k, of_q);
          group_scores<P, HEAD, HIGH, BLOCK>(d, of_v, of_c);
          products_end();
          products_wait<0>();
          settled(s);
          settled(d);
          const bool edge = $MASK$ || first + HIGH > keys || ($CAUSAL$ && first + HIGH - 1 > at + after);
#pragma unroll
          for (int n = 0; n < BLOCK / 8; n++) {
            const float* number = &numbers[i % PLACES][0][n * 8 + lane % 4 * 2];
            const float2 most = *(const float2*)number, share = *(const float2*)(number + BLOCK), mean = *(const float2*)(number + 2 * BLOCK);
#pragma unroll
            for (int e = 0; e < 4; e++) {
              float x = s[n][e] * scale;
              bool hidden = false;
              if (edge) {
                const int j = mine + e / 2 * 8, q = at + n * 8 + lane % 4 * 2 + e % 2;
                hidden = q < queries && j < keys && hides<$MASK$, $CAUSAL$, T>(p.w, b, h, q, j, after, x);
                x = j >= keys ? -INF_F : hidden ? lowest<float>() : x;
              }
              const float w = pow2(x - (e % 2 ? most.y : most.x)) * (e % 2 ? share.y : share.x);
              s[n][e] = w;
              d[n][e] = hidden ? 0.0f : w * (d[n][e] - (e % 2 ? mean.y : mean.x));
            }
          }
          halves<T>(y, s);
          halves<T>(z, d);
          products_begin();
          group_weighted<P>(dv, y, of_c);
          group_weighted<P>(dk, z, of_q);
          products_end();
          products_wait<0>();
          settled(dv);
          settled(dk);
          others.emptied(i, lane);
        }
      const float plain[2] = {bits<float>(p.w[SCALE_]), bits<float>(p.w[SCALE_])};
      times(dk, plain);
      const i64 to = ((i64)b * keys + first) * groups + g;
      const u32 here = sk + round % OWN * OWN_SIZE;
      store_tile<HEAD, T>(dk, here, warp, lane, (u16*)p.w[DK_] + to * features, (i64)groups * features, keys - first, features);
      store_tile<HEAD, T>(dv, here + OWN * OWN_SIZE, warp, lane, (u16*)p.w[DV_] + to * values, (i64)groups * values, keys - first, values);
      own.emptied(round, lane);
    }
  }
}
