// Elements picked along an axis: a thread an element.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 unit = (u64)blockIdx.x * 256 + threadIdx.x;
  if (unit >= p.w[3]) return;
  const i64 extent = (i64)p.w[4], step = (i64)p.w[5];
  POSITION
  const INDEX raw = ((const INDEX*)p.w[1])[AT];
  i64 v = LARGE;
  v = v < 0 ? v + extent : v;
  v = v < 0 ? 0 : v >= extent ? extent - 1 : v;
  ((UNIT*)p.w[2])[unit] = ((const UNIT*)p.w[0])[FROM + v * step];
}
