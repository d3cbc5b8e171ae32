// Sets all cells of a buffer to one number.
#include "kernel.h"
#include "vector.h"

struct Fill {
  int32_t *to;
  ivec value;
};

static void fill_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Fill *fill = context;
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) store_int(fill->to + i, fill->value);
  for (; i < end; i++) fill->to[i] = fill->value[0];
}

// to float [count] · count, value
KERNEL(fill_float) {
  struct Fill fill = {INTS(0), bits(all(FLOAT(2)))};
  parallel(SIZE(1), 1 << 16, fill_piece, &fill);
  return 0;
}

// to int [count] · count, value
KERNEL(fill_int) {
  struct Fill fill = {INTS(0), all_int(INT(2))};
  parallel(SIZE(1), 1 << 16, fill_piece, &fill);
  return 0;
}

// to byte [count] · count, value
KERNEL(fill_byte) {
  __builtin_memset(BYTES(0), INT(2), SIZE(1));
  return 0;
}
