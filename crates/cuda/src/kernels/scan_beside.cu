// Rows beside one another: a thread a row, group by group, each in a ladder of registers.
extern "C" __global__ void __launch_bounds__(128) @(const __grid_constant__ Args<WORDS> p) {
  const u64 row = (u64)blockIdx.x * 128 + threadIdx.x, n = p.w[3];
  if (row >= p.w[4]) return;
  const i64 step = (i64)p.w[5], fstep = (i64)p.w[6], ostep = (i64)p.w[7];
  ROW
  const MEMORY* x = (const MEMORY*)p.w[0] + (BASE);
  const MEMORY* f = (const MEMORY*)p.w[1] + (FACTORS);
  MEMORY* out = (MEMORY*)p.w[2] + (OUT);
  // Of each level, the values of its ladder before each step, so far as the block has come, and what comes before the block.
  @_State steps[5][5][32], before[6];
  u32 count[5] = {0, 0, 0, 0, 0}, has = 0;
  if (EXCLUSIVE) out[0] = @_nothing();
  for (u64 from = 0; from < n; from += 32) {
    const u32 here = n - from < 32 ? (u32)(n - from) : 32;
    @_State v[32];
#pragma unroll
    for (u32 i = 0; i < 32; i++) {
      const u32 j = i < here ? i : 0;
      v[i] = @_enter(x[(i64)(from + j) * step], f[(i64)(from + j) * fstep]);
    }
#pragma unroll
    for (u32 d = 1; d < 32; d *= 2)
#pragma unroll
      for (u32 i = 31; i >= d; i--) v[i] = @_join(v[i - d], v[i]);
    @_State total = v[31];
    if (has & 1) {
#pragma unroll
      for (u32 i = 0; i < 32; i++) v[i] = @_join(before[0], v[i]);
    }
#pragma unroll
    for (u32 i = 0; i < 32; i++) {
      if (!EXCLUSIVE) { if (i < here) out[(i64)(from + i) * ostep] = @_leave(v[i]); }
      else if (from + i + 1 < n) out[(i64)(from + i + 1) * ostep] = @_leave(v[i]);
    }
    for (u32 k = 0; k < 5; k++) {
      const u32 j = count[k];
      for (u32 s = 0; s < 5; s++) {
        steps[k][s][j] = total;
        if (j >= 1u << s) total = @_join(steps[k][s][j - (1u << s)], total);
      }
      if (j < 31) {
        count[k] = j + 1;
        const @_State next = has >> (k + 1) & 1 ? @_join(before[k + 1], total) : total;
        for (u32 m = 0; m <= k; m++) { before[m] = next; has |= 1u << m; }
        break;
      }
      count[k] = 0;
    }
  }
}
