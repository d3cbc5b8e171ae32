// Batch normalisation with a given mean and variance: each of the four side inputs repeats over x with its own period.
#include "row-pieces.h"

struct BatchNorm {
  const float *x;
  const float *sides[4]; // mean, variance, scale, offset
  float *to;
  size_t periods[4];
  float epsilon;
};

static void batch_norm_cells(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct BatchNorm *op = context;
  size_t at[4];
  for (int side = 0; side < 4; side++) at[side] = begin % op->periods[side];
  for (size_t i = begin; i < end; i++) {
    float scale = op->sides[2] ? op->sides[2][at[2]] : 1;
    float offset = op->sides[3] ? op->sides[3][at[3]] : 0;
    op->to[i] = offset + (op->x[i] - op->sides[0][at[0]]) * scale / __builtin_sqrtf(op->sides[1][at[1]] + op->epsilon);
    for (int side = 0; side < 4; side++) at[side] = at[side] + 1 == op->periods[side] ? 0 : at[side] + 1;
  }
}

// x float [count], mean, variance, scale, offset float [their periods]; scale and offset may be no buffer → y float [count] · count, period of
// mean, of variance, of scale, of offset, epsilon
KERNEL(batch_norm) {
  struct BatchNorm op = {FLOATS(0), {FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4)}, FLOATS(5), {SIZE(7), SIZE(8), SIZE(9), SIZE(10)}, FLOAT(11)};
  parallel(SIZE(6), SMALL_WORK, batch_norm_cells, &op);
  return 0;
}
