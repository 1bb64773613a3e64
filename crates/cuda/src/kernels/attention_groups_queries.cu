// The cotangents of queries with the products of warp groups (sm_90a): a block of queries, whose keys pass by.
extern "C" __global__ void __launch_bounds__(384, 1) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int HEAD = $HEAD$, BLOCK = $BLOCK$, PLACES = $PLACES$, OWN = $OWN$, SIZE = tile(BLOCK, HEAD), OWN_SIZE = tile(HIGH, HEAD);
  typedef $TYPE$ T;
  typedef Products_@ P;
  extern __shared__ __align__(16) unsigned char room[];
  __shared__ u64 barriers[2 * PLACES + 2 * OWN];
  const u32 sq = (shared_address(room) + 1023) / 1024 * 1024, sc = sq + OWN * OWN_SIZE, sk = sc + OWN * OWN_SIZE, sv = sk + PLACES * SIZE, at_barriers = shared_address(barriers);
  const Places<PLACES> others = {at_barriers};
  const Places<OWN> own = {at_barriers + PLACES * 16};
  const int warp = own_warp(), lane = threadIdx.x % 32, group = warp / 4, items = (int)p.w[ITEMS_];
  const int queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_];
  const int features = (int)p.w[FEATURES_], values = (int)p.w[VALUES_], after = keys - queries;
  if (threadIdx.x == 0) {
    own.set();
    others.set();
  }
  __syncthreads();
  int head, first;
  if (group == GROUPS) {
    give_registers();
    const i64 ks = (i64)p.w[SK_ + 2], vs = (i64)p.w[SV_ + 2];
    for (int item = blockIdx.x, round = 0, i = 0; item < items; item += gridDim.x, round++) {
      whose(p.w, item, head, first);
      const int b = head / heads, h = head % heads, g = h / (int)p.w[EACH_], end = seen<$CAUSAL$>(p.w, first);
      if (warp % LOADERS == OWN_LOADER) {
        own.free(round);
        copy_tile<HIGH, HEAD>(sq + round % OWN * OWN_SIZE, rows_of(p.w, Q_, SQ_, b, h, first), (i64)p.w[SQ_ + 2], (i64)p.w[SQ_ + 3], queries - first, features, lane);
        copy_tile<HIGH, HEAD>(sc + round % OWN * OWN_SIZE, rows_of(p.w, CT_, SCT_, b, h, first), (i64)p.w[SCT_ + 2], (i64)p.w[SCT_ + 3], queries - first, values, lane);
        own.fill(round);
      }
      for (int at = 0; at < end; at += BLOCK, i++) {
        if (warp % LOADERS != i % PLACES % LOADERS) continue;
        others.free(i);
        copy_tile<BLOCK, HEAD>(sk + i % PLACES * SIZE, rows_of(p.w, K_, SK_, b, g, at), ks, (i64)p.w[SK_ + 3], keys - at, features, lane);
        copy_tile<BLOCK, HEAD>(sv + i % PLACES * SIZE, rows_of(p.w, V_, SV_, b, g, at), vs, (i64)p.w[SV_ + 3], keys - at, values, lane);
        others.fill(i);
      }
    }
  } else {
    take_registers();
    const float scale = bits<float>(p.w[SCALE2_]);
    const u32 all_q = described<HIGH>(sq + group * 64 * 128), all_k = described<BLOCK>(sk);
    float dq[HEAD / 8][4], s[BLOCK / 8][4], d[BLOCK / 8][4], most[2], share[2], mean[2];
    u32 y[BLOCK / 16][4];
    for (int item = blockIdx.x, round = 0, i = 0; item < items; item += gridDim.x, round++) {
      whose(p.w, item, head, first);
      const int b = head / heads, h = head % heads, end = seen<$CAUSAL$>(p.w, first), mine = first + warp * 16 + lane / 4;
      const u32 of_q = all_q + (round % OWN * OWN_SIZE >> 4), of_c = of_q + (OWN * OWN_SIZE >> 4);
      clear(dq);
#pragma unroll
      for (int r = 0; r < 2; r++) {
        const float* numbers = (const float*)p.w[SCRATCH_] + (i64)head * queries + mine + r * 8;
        const bool some = mine + r * 8 < queries;
        most[r] = some ? numbers[0] : 0.0f;
        share[r] = some ? numbers[p.w[ROWS_]] : 0.0f;
        mean[r] = some ? numbers[2 * p.w[ROWS_]] : 0.0f;
      }
      own.filled(round);
      for (int at = 0; at < end; at += BLOCK, i++) {
        const u32 of_k = all_k + (i % PLACES * SIZE >> 4), of_v = of_k + (PLACES * SIZE >> 4);
        others.filled(i);
        products_begin();
        group_scores<P, HEAD, HIGH, BLOCK>(s, of_q, of_k);
        products_end();
        group_scores<P, HEAD, HIGH, BLOCK>(d, of_c, of_v);
        products_end();
        products_wait<1>();
        settled(s);
        // A weight of 0 is one that is hidden, or too small to count.
        const bool edge = $MASK$ || at + BLOCK > keys || ($CAUSAL$ && at + BLOCK - 1 > first + after);
#pragma unroll
        for (int n = 0; n < BLOCK / 8; n++)
#pragma unroll
          for (int e = 0; e < 4; e++) {
            float x = s[n][e] * scale;
            bool hidden = false;
            if (edge) {
              const int q = mine + e / 2 * 8, j = at + n * 8 + lane % 4 * 2 + e % 2;
              hidden = j >= keys || (q < queries && hides<$MASK$, $CAUSAL$, T>(p.w, b, h, q, j, after, x));
            }
            s[n][e] = hidden ? 0.0f : pow2(x - most[e / 2]) * share[e / 2];
          }
        products_wait<0>();
        settled(d);
#pragma unroll
        for (int n = 0; n < BLOCK / 8; n++)
#pragma unroll
          for (int e = 0; e < 4; e++) d[n][e] = edge && s[n][e] == 0.0f ? 0.0f : s[n][e] * (d[n][e] - mean[e / 2]);
        halves<T>(y, d);
        products_begin();
        group_weighted<P>(dq, y, of_k);
        products_end();
        products_wait<0>();
        settled(dq);
        others.emptied(i, lane);
      }
      const float plain[2] = {bits<float>(p.w[SCALE_]), bits<float>(p.w[SCALE_])};
      times(dq, plain);
      store_tile<HEAD, T>(dq, sq + round % OWN * OWN_SIZE, warp, lane, (u16*)p.w[DQ_] + (((i64)b * queries + first) * heads + h) * features, (i64)heads * features, queries - first, features);
      own.emptied(round, lane);
    }
  }
}
