// The totals of a long row's parts become what comes before them: a warp a row. Totals of 32 parts at a time, and levels above them.
extern "C" __global__ void __launch_bounds__(32) @(const __grid_constant__ Args<WORDS> p) {
  const u32 lane = threadIdx.x;
  const u64 parts = p.w[1];
  @_State* at = (@_State*)p.w[0] + blockIdx.x * parts;
  __shared__ __align__(16) u8 levels_[4 * 32 * sizeof(@_State)];
  @_State* levels = (@_State*)levels_;
  // Of each level: parts so far, and what comes before the current block, if anything does.
  u32 count[5] = {0, 0, 0, 0, 0};
  @_State before[5];
  bool has[5] = {false, false, false, false, false};
  for (u64 from = 0; from < parts; from += 32) {
    const bool inside = from + lane < parts;
    const @_State v = @_ladder(at[inside ? from + lane : from], lane), u = @_at(v, (lane + 31) & 31);
    // The first part of all has nothing before it, and is not asked.
    @_State mine = u;
    if (has[0]) mine = lane == 0 ? before[0] : @_join(before[0], u);
    if (inside) at[from + lane] = mine;
    @_State total = @_at(v, 31);
    bool open = true;
#pragma unroll
    for (u32 k = 1; k < 5; k++) {
      if (!open) continue;
      if (lane == 0) levels[(k - 1) * 32 + count[k]] = total;
      __syncwarp();
      total = @_at(@_ladder(levels[(k - 1) * 32 + lane], lane), count[k]);
      __syncwarp();
      count[k] = (count[k] + 1) & 31;
      if (count[k] == 0) continue;
      open = false;
      const @_State next = has[k] ? @_join(before[k], total) : total;
#pragma unroll
      for (u32 m = 0; m < k; m++) { before[m] = next; has[m] = true; }
    }
  }
}
