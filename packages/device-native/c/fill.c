// Sets all cells of a buffer to one number.
#include "kernel.h"
#include "vector.h"

struct Fill {
  float *to;
  float value;
};

static void fill_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Fill *fill = context;
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) store(fill->to + i, all(fill->value));
  for (; i < end; i++) fill->to[i] = fill->value;
}

// to float [count] · count, value
KERNEL(fill_float) {
  struct Fill fill = {FLOATS(0), FLOAT(2)};
  parallel(SIZE(1), 1 << 16, fill_piece, &fill);
  return 0;
}
