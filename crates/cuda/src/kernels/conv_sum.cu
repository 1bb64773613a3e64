// The parts of a convolution's sums added in order, into the output: a thread for each sum.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 all = p.w[2], unit = (u64)blockIdx.x * 256 + threadIdx.x;
  if (unit >= all) return;
  const REG* sums = (const REG*)p.w[0] + unit;
  REG sum = *sums;
  for (u64 part = 1; part < p.w[3]; ++part) sum += sums[part * all];
  const u64 outs = p.w[4], lines = p.w[5], out = unit % outs, line = unit / outs % lines, item = unit / outs / lines;
  ITEM
  OUT_LINE
  put(((TYPE*)p.w[1])[(Y_ITEM) + (Y_LINE) + (i64)out * (i64)p.w[6]], sum);
}
