// What scans share: states, their combination, and the ladder over a warp's lanes. See `ScanOp` for the order.
STATE
template <class T> union @_Words { T value; u32 word[(sizeof(T) + 3) / 4]; };
template <class T> FN T @_at(T x, u32 lane) {
  @_Words<T> w; w.value = x;
#pragma unroll
  for (u32 k = 0; k < (sizeof(T) + 3) / 4; k++) w.word[k] = __shfl_sync(0xffffffffu, w.word[k], lane);
  return w.value;
}
template <class T> FN T @_ladder(T x, u32 lane) {
#pragma unroll
  for (u32 d = 1; d < 32; d *= 2) {
    @_Words<T> w; w.value = x;
#pragma unroll
    for (u32 k = 0; k < (sizeof(T) + 3) / 4; k++) w.word[k] = __shfl_up_sync(0xffffffffu, w.word[k], d);
    if (lane >= d) x = @_join(w.value, x);
  }
  return x;
}
