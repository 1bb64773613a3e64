// Rows beside one another, 32 a block: a lane a row, a warp a group of 32 elements in a ladder of registers, and so on WARPS groups at a
// time. Each warp also owns 32 / WARPS rows, and combines their totals: a lane a group, then a lane a block of 32 groups. Rows of more than
// 32768 elements in parts of as many each, once for the total of each part but the last, once with what comes before it.
extern "C" __global__ void __launch_bounds__(WARPS * 32) @(const __grid_constant__ Args<WORDS> p) {
  constexpr u32 OWN = 32 / WARPS;
  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const u64 n = p.w[3], begin = (u64)blockIdx.y << 15, mine = (u64)blockIdx.x * 32 + lane, row = mine < p.w[4] ? mine : p.w[4] - 1;
  const i64 step = (i64)p.w[5], fstep = (i64)p.w[6], ostep = (i64)p.w[7];
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE) + (i64)begin * step;
  const MEMORY* f = (const MEMORY*)p.w[1] + (FACTORS) + (i64)begin * fstep;
  MEMORY* out = (MEMORY*)p.w[2] + (OUT) + (i64)begin * ostep;
  @_State* parts = (@_State*)p.w[8] + blockIdx.y;
  const bool only_total = p.w[10] != 0, later = p.w[8] && !only_total && blockIdx.y > 0;
  const u32 here = n - begin < 32768 ? (u32)(n - begin) : 32768u;
  // Totals of the groups at hand, and what comes before them: a row a column.
  __shared__ __align__(16) u8 totals_[WARPS * 33 * sizeof(@_State)], befores_[WARPS * 33 * sizeof(@_State)];
  @_State* totals = (@_State*)totals_;
  @_State* befores = (@_State*)befores_;
  // Of each row that the warp owns: totals of the groups of this block and of the blocks of this part; what comes before the part, and
  // before this block.
  @_State groups[OWN], blocks[OWN], earlier[OWN], before[OWN];
  const @_State some = @_enter(x[0], f[0]);
#pragma unroll
  for (u32 r = 0; r < OWN; r++) {
    groups[r] = blocks[r] = earlier[r] = some;
    const u64 of = (u64)blockIdx.x * 32 + warp * OWN + r;
    if (later && of < p.w[4]) earlier[r] = parts[of * p.w[9]];
    before[r] = earlier[r];
  }
  if (EXCLUSIVE && !only_total && begin == 0 && warp == 0 && mine == row) out[0] = @_nothing();
  for (u32 from = 0; from < here; from += WARPS * 32) {
    const u32 first = from + warp * 32;
    @_State v[32];
#pragma unroll
    for (u32 i = 0; i < 32; i++) {
      const u32 j = first + i < here ? first + i : 0;
      v[i] = @_enter(x[(i64)j * step], f[(i64)j * fstep]);
    }
#pragma unroll
    for (u32 d = 1; d < 32; d *= 2)
#pragma unroll
      for (u32 i = 31; i >= d; i--) v[i] = @_join(v[i - d], v[i]);
    totals[warp * 33 + lane] = v[31];
    __syncthreads();
    // The first of these groups within its block, the block within its part.
    const u32 group = from / 32 & 31, block = from >> 10;
    const bool has = later || from >= 1024;
#pragma unroll
    for (u32 r = 0; r < OWN; r++) {
      if (lane >= group && lane < group + WARPS) groups[r] = totals[(lane - group) * 33 + warp * OWN + r];
      const @_State w = @_ladder(groups[r], lane), u = @_at(w, (lane + 31) & 31);
      if (lane >= group && lane < group + WARPS)
        befores[(lane - group) * 33 + warp * OWN + r] = lane == 0 ? before[r] : has ? @_join(before[r], u) : u;
      if (group + WARPS == 32) {
        const @_State all = @_at(w, 31);
        if (lane == block) blocks[r] = all;
        const @_State so_far = @_at(@_ladder(blocks[r], lane), block);
        const u64 of = (u64)blockIdx.x * 32 + warp * OWN + r;
        if (only_total && block == 31 && lane == 0 && of < p.w[4]) parts[of * p.w[9]] = so_far;
        before[r] = later ? @_join(earlier[r], so_far) : so_far;
      }
    }
    __syncthreads();
    if (only_total || mine != row) continue;
    if (has || first > 0) {
      const @_State b = befores[warp * 33 + lane];
#pragma unroll
      for (u32 i = 0; i < 32; i++) v[i] = @_join(b, v[i]);
    }
#pragma unroll
    for (u32 i = 0; i < 32; i++) {
      const u32 j = first + i;
      if (!EXCLUSIVE) { if (j < here) out[(i64)j * ostep] = @_leave(v[i]); }
      else if (j < here && begin + j + 1 < n) out[(i64)(j + 1) * ostep] = @_leave(v[i]);
    }
  }
}
