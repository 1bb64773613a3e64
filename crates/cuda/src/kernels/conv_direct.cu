// Convolutions whose groups have few channels and outputs: a thread for each sum, or, if PARTS, for each part of the channels of a sum.
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 all = p.w[3], thread = (u64)blockIdx.x * 256 + threadIdx.x;
  if (thread >= all * p.w[4]) return;
  const u64 part = thread / all, unit = thread % all;
  POSITION
  const TYPE* const x = (const TYPE*)p.w[0] + (X_AT);
  const TYPE* const k = (const TYPE*)p.w[1] + (K_AT);
  int place[AXES];
  PLACES
  const u64 first = part * p.w[5], end = first + p.w[5] < p.w[6] ? first + p.w[5] : p.w[6];
  REG sum = 0;
  LOOPS
  if (PARTS) ((REG*)p.w[2])[thread] = sum;
  else put(((TYPE*)p.w[2])[Y_AT], sum);
}
