// Where each update of a scatter goes: the number of its slice, or the largest number if an index lies outside.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 position = (u64)blockIdx.x * 256 + threadIdx.x;
  if (position >= p.w[1]) return;
  u32* place = (u32*)p.w[0];
  i64 from = 0;
  POSITION
  INDICES
  place[position] = (u32)from;
}
