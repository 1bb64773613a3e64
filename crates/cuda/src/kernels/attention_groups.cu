// Attention of halves with the products of warp groups (sm_90a): a block of queries, whose keys pass by in shared memory. A block's scores are
// under way while the block before is weighted; with $TURNS$, a group's products are, while the other turns scores to weights.
extern "C" __global__ void __launch_bounds__(384, 1) @(const __grid_constant__ Args<WORDS> p) {
  using namespace attention;
  constexpr int HEAD = $HEAD$, BLOCK = $BLOCK$, PLACES = $PLACES$, OWN = $OWN$, SIZE = tile(BLOCK, HEAD), OWN_SIZE = tile(HIGH, HEAD);
  typedef $TYPE$ T;
  typedef Products_@ P;
  extern __shared__ __align__(16) unsigned char room[];
  __shared__ u64 barriers[4 * PLACES + 2 * OWN];
  const u32 sq = (shared_address(room) + 1023) / 1024 * 1024, sk = sq + OWN * OWN_SIZE, sv = sk + PLACES * SIZE, at_barriers = shared_address(barriers);
  const Places<PLACES> of_keys = {at_barriers}, of_values = {at_barriers + PLACES * 16};
  const Places<OWN> of_queries = {at_barriers + PLACES * 32};
  const int warp = own_warp(), lane = threadIdx.x % 32, group = warp / 4;
  const int queries = (int)p.w[QUERIES_], keys = (int)p.w[KEYS_], heads = (int)p.w[HEADS_], items = (int)p.w[ITEMS_];
  if (threadIdx.x == 0) {
    of_queries.set();
    of_keys.set();
    of_values.set();
  }
  __syncthreads();
  int head, first, done = 0;
  if (group == GROUPS) {
    give_registers();
    const i64 ks = (i64)p.w[SK_ + 2], vs = (i64)p.w[SV_ + 2];
    for (int item = blockIdx.x, round = 0; item < items; item += gridDim.x, round++) {
      whose(p.w, item, head, first);
      const int b = head / heads, h = head % heads, g = h / (int)p.w[EACH_], n = (seen<$CAUSAL$>(p.w, first) + BLOCK - 1) / BLOCK;
      if (warp % LOADERS == OWN_LOADER) {
        of_queries.free(round);
        copy_tile<HIGH, HEAD>(sq + round % OWN * OWN_SIZE, rows_of(p.w, Q_, SQ_, b, h, first), (i64)p.w[SQ_ + 2], (i64)p.w[SQ_ + 3], queries - first, (int)p.w[FEATURES_], lane);
        of_queries.fill(round);
      }
      for (int i = 0; i < n; i++, done++) {
        const int at = i * BLOCK, loader = done % PLACES * 2 % LOADERS;
        if (warp % LOADERS == loader) {
          of_keys.free(done);
          copy_tile<BLOCK, HEAD>(sk + done % PLACES * SIZE, rows_of(p.w, K_, SK_, b, g, at), ks, (i64)p.w[SK_ + 3], keys - at, (int)p.w[FEATURES_], lane);
          of_keys.fill(done);
        } else if (warp % LOADERS == loader + 1) {
          of_values.free(done);
          copy_tile<BLOCK, HEAD>(sv + done % PLACES * SIZE, rows_of(p.w, V_, SV_, b, g, at), vs, (i64)p.w[SV_ + 3], keys - at, (int)p.w[VALUES_], lane);
          of_values.fill(done);
        }
      }
    }
  } else {
    take_registers();
    const float scale = bits<float>(p.w[SCALE2_]);
    const u32 dq = described<HIGH>(sq + group * 64 * 128), dk = described<BLOCK>(sk), dv = described<BLOCK>(sv);
    float o[HEAD / 8][4], s[BLOCK / 8][4], most[2], total[2], factor[2];
    u32 y[BLOCK / 16][4];
    if ($TURNS$ && group == 1) asm volatile("bar.arrive 8, 256;" ::: "memory");
    for (int item = blockIdx.x, round = 0; item < items; item += gridDim.x, round++) {
      whose(p.w, item, head, first);
      const int b = head / heads, h = head % heads, n = (seen<$CAUSAL$>(p.w, first) + BLOCK - 1) / BLOCK, mine = first + warp * 16 + lane / 4;
      const u32 here = dq + (round % OWN * OWN_SIZE >> 4);
      clear(o);
#pragma unroll
      for (int r = 0; r < 2; r++) {
        most[r] = -INF_F;
        total[r] = 0;
        if ($SINKS$) {
          most[r] = get(((const T*)p.w[SINKS_])[at3(p.w + SSINKS_, b, h, mine + r * 8 < queries ? mine + r * 8 : 0)]) * (float)LOG2E;
          total[r] = lane % 4 == 0 && most[r] != -INF_F ? 1.0f : 0.0f;
        }
      }
      auto soften = [&](int at) {
        float by = scale;
        if ($MASK$ || at + BLOCK > keys || ($CAUSAL$ && at + BLOCK - 1 > first + keys - queries)) {
          by = 1.0f;
          masked<$MASK$, $CAUSAL$, T>(s, p.w, b, h, mine, at + lane % 4 * 2, scale);
        }
        weigh(s, by, most, total, factor);
      };
      of_queries.filled(round);
      of_keys.filled(done);
      products_begin();
      group_scores<P, HEAD, HIGH, BLOCK>(s, here, dk + (done % PLACES * SIZE >> 4));
      products_end();
      products_wait<0>();
      settled(s);
      of_keys.emptied(done, lane);
      soften(0);
      halves<T>(y, s);
      for (int i = 1; i < n; i++) {
        of_keys.filled(done + i);
        if ($TURNS$) asm volatile("bar.sync %0, 256;" :: "r"(8 + group) : "memory");
        products_begin();
        group_scores<P, HEAD, HIGH, BLOCK>(s, here, dk + ((done + i) % PLACES * SIZE >> 4));
        products_end();
        of_values.filled(done + i - 1);
        group_weighted<P>(o, y, dv + ((done + i - 1) % PLACES * SIZE >> 4));
        products_end();
        if ($TURNS$) asm volatile("bar.arrive %0, 256;" :: "r"(9 - group) : "memory");
        products_wait<1>();
        settled(s);
        of_keys.emptied(done + i, lane);
        soften(i * BLOCK);
        products_wait<0>();
        settled(o);
        of_values.emptied(done + i - 1, lane);
        times(o, factor);
        halves<T>(y, s);
      }
      done += n;
      of_values.filled(done - 1);
      products_begin();
      group_weighted<P>(o, y, dv + ((done - 1) % PLACES * SIZE >> 4));
      products_end();
      products_wait<0>();
      settled(o);
      of_values.emptied(done - 1, lane);
      finished(p.w, o, most, total, b, h, mine, lane);
      store_tile<HEAD, T>(o, sq + round % OWN * OWN_SIZE, warp, lane, (u16*)p.w[OUT_] + at3(p.w + SOUT_, b, h, first), (i64)p.w[SOUT_ + 2], queries - first, (int)p.w[VALUES_]);
      of_queries.emptied(round, lane);
    }
  }
}
