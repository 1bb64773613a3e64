// Updates combined into elements of the output, in the order of the updates, whose numbers `order` has sorted by where they go: a thread
// takes an element of a slice and all updates that go there. The same bits every time, whatever collides.
COMBINE
extern "C" __global__ void __launch_bounds__(256) @(const __grid_constant__ Args<WORDS> p) {
  const u64 unit = (u64)blockIdx.x * 256 + threadIdx.x;
  const u32 positions = (u32)p.w[4];
  const u64 slice = p.w[5], within = unit % slice;
  u64 turn = unit / slice;
  if (turn >= positions) return;
  const u32 *place = (const u32*)p.w[2], *order = (const u32*)p.w[3];
  const u32 destination = place[order[turn]];
  if (destination == ~0u || (turn > 0 && place[order[turn - 1]] == destination)) return;
  DESTINATION
  WITHIN
  MEMORY* out = (MEMORY*)p.w[1] + (OUT);
  MEMORY v = *out;
  for (; turn < positions && place[order[turn]] == destination; turn++) {
    const u64 position = order[turn];
    POSITION
    put(v, @_combine(get(v), get(((const MEMORY*)p.w[0])[BASE])));
  }
  *out = v;
}
