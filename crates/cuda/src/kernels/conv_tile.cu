// Convolutions as products whose left side, patches of the input, is never in memory: a block makes 128 patches (lines) by COLUMNS outputs.
// Steps of the sum, 8 at a time, go through shared memory in two turns; their offsets and places are worked out one turn earlier still.
// A part of the steps each, if PARTS: then sums go to scratch memory, to be added in order.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  __shared__ __align__(16) REG patches[2][8][132], kernels[2][8][COLUMNS + 4];
  __shared__ i64 xs[2][8], ks[2][8];
  __shared__ int at[2][8][AXES];
  const int E = COLUMNS / 32, N = COLUMNS / 16, NOWHERE = -(1 << 30);
  const i64 NONE = 1ll << 62;
  const int tid = threadIdx.x, tx = tid & 15, ty = tid >> 4;
  const u64 lines = p.w[3], outs = p.w[4], depth = p.w[5], share = p.w[6], items = p.w[9];
  u64 rest = blockIdx.x;
  const u64 line0 = rest % p.w[7] * 128; rest /= p.w[7];
  const u64 out0 = rest % p.w[8] * COLUMNS; rest /= p.w[8];
  const u64 item = rest % items, part = rest / items;
  const u64 first = part * share, end = first + share < depth ? first + share : depth;
  ITEM
  const TYPE* x = (const TYPE*)p.w[0] + (X_ITEM);
  const TYPE* k = (const TYPE*)p.w[1] + (K_ITEM);
  auto steps = [&](u64 tile) {
    if (tid >= 8) return;
    const u64 s = first + tile * 8 + tid;
    const int slot = tile & 1;
    if (s >= end) { at[slot][tid][0] = NOWHERE; xs[slot][tid] = 0; ks[slot][tid] = NONE; return; }
    STEP
    xs[slot][tid] = X_STEP; ks[slot][tid] = K_STEP;
    STEP_AT
  };
  // What this thread fetches: four steps of a line of patches, E of a line of kernels.
  const int pl = P_LINE, ps = P_STEP, kl = K_LINE, kt = K_AT;
  int place[AXES];
  i64 xl = 0;
  {
    const u64 line = line0 + pl;
    LINE
    xl = X_LINE;
    LINE_AT
    if (line >= lines) place[0] = NOWHERE;
  }
  const bool there = out0 + kl < outs;
  const i64 kline = (i64)(out0 + kl) * (i64)p.w[10];
  REG fp[4], fk[E];
  auto fetch = [&](u64 tile) {
    const int slot = tile & 1;
    #pragma unroll
    for (int j = 0; j < 4; ++j) {
      bool inside = true;
      const int* const q = at[slot][ps + j];
      INSIDE
      fp[j] = inside ? get(x[xl + xs[slot][ps + j]]) : (REG)0;
    }
    #pragma unroll
    for (int j = 0; j < E; ++j) fk[j] = there && ks[slot][kt + j] != NONE ? get(k[kline + ks[slot][kt + j]]) : (REG)0;
  };
  auto keep = [&](int slot) {
    #pragma unroll
    for (int j = 0; j < 4; ++j) patches[slot][ps + j][pl] = fp[j];
    #pragma unroll
    for (int j = 0; j < E; ++j) kernels[slot][kt + j][kl] = fk[j];
  };
  REG sums[8][N];
  #pragma unroll
  for (int i = 0; i < 8; ++i)
    #pragma unroll
    for (int j = 0; j < N; ++j) sums[i][j] = 0;
  const u64 tiles = end > first ? (end - first + 7) / 8 : 0;
  steps(0);
  __syncthreads();
  fetch(0);
  keep(0);
  steps(1);
  __syncthreads();
  for (u64 tile = 0; tile < tiles; ++tile) {
    const int slot = tile & 1;
    if (tile + 1 < tiles) fetch(tile + 1);
    #pragma unroll
    for (int s = 0; s < 8; ++s) {
      REG a[8], b[N];
      #pragma unroll
      for (int i = 0; i < 8; ++i) a[i] = patches[slot][s][(i < 4 ? 0 : 60) + ty * 4 + i];
      #pragma unroll
      for (int j = 0; j < N; ++j) b[j] = kernels[slot][s][(j < 4 ? 0 : 60) + tx * (N < 4 ? N : 4) + j];
      #pragma unroll
      for (int i = 0; i < 8; ++i)
        #pragma unroll
        for (int j = 0; j < N; ++j) sums[i][j] = MAD(a[i], b[j], sums[i][j]);
    }
    if (tile + 1 < tiles) keep(slot ^ 1);
    steps(tile + 2);
    __syncthreads();
  }
  #pragma unroll
  for (int i = 0; i < 8; ++i) {
    const u64 line = line0 + (i < 4 ? 0 : 60) + ty * 4 + i;
    if (line >= lines) continue;
    i64 to;
    {
      OUT_LINE
      to = Y_LINE;
    }
    #pragma unroll
    for (int j = 0; j < N; ++j) {
      const u64 out = out0 + (j < 4 ? 0 : 60) + tx * (N < 4 ? N : 4) + j;
      if (out >= outs) continue;
      if (PARTS) ((REG*)p.w[2])[((part * items + item) * lines + line) * outs + out] = sums[i][j];
      else put(((TYPE*)p.w[2])[(Y_ITEM) + to + (i64)out * (i64)p.w[11]], sums[i][j]);
    }
  }
}
