// Slices picked by index arrays: a thread copies one unit of a slice. Indices count from the end if negative; others are clamped.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 unit = (u64)blockIdx.x * 256 + threadIdx.x;
  if (unit >= p.w[2]) return;
  const u64 slice = p.w[3], position = unit / slice, within = unit % slice;
  i64 from = 0;
  POSITION
  INDICES
  WITHIN
  from += OFFSET;
  ((UNIT*)p.w[1])[unit] = ((const UNIT*)p.w[0])[from];
}
