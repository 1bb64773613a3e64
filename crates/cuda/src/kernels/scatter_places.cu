// Where each update of a scatter goes: the number of its slice, or -1 if an index lies outside.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 position = (u64)blockIdx.x * 256 + threadIdx.x;
  if (position >= p.w[1]) return;
  i64* place = (i64*)p.w[0];
  i64 from = 0;
  POSITION
  INDICES
  place[position] = from;
}
