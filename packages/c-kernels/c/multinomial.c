// Draws from a distribution over the last axis: a draw is the first event at which the summed probabilities exceed a random number.
#include "row-pieces.h"

struct Multinomial {
  const float *from, *random;
  float *sums;
  int32_t *to;
  size_t events, samples;
  int are_probabilities;
};

static float largest_of(const float *row, size_t count) {
  float most = row[0];
  for (size_t i = 1; i < count; i++) most = row[i] > most ? row[i] : most;
  return most;
}

// Probabilities without their common factor, each with all before it.
static void sums_of_row(const struct Multinomial *op, const float *row, float *sums) {
  const size_t events = op->events;
  if (op->are_probabilities) {
    __builtin_memcpy(sums, row, events * 4);
  } else {
    const vec most = all(largest_of(row, events));
    for (size_t i = 0; i < events; i += WIDTH) {
      size_t count = smaller(WIDTH, events - i);
      store_first(sums + i, exponential(load_first(row + i, count) - most), count);
    }
  }
  for (size_t i = 1; i < events; i++) sums[i] += sums[i - 1];
}

static int32_t first_above(const float *sums, size_t count, float limit) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (limit < sums[middle]) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return (int32_t)low;
}

static void multinomial_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Multinomial *op = context;
  for (size_t row = begin; row < end; row++) {
    float *sums = op->sums + row * op->events;
    sums_of_row(op, op->from + row * op->events, sums);
    const float whole = op->are_probabilities ? 1 : sums[op->events - 1];
    for (size_t i = 0; i < op->samples; i++) {
      // The last event needs no sum: it is what is left.
      op->to[row * op->samples + i] = first_above(sums, op->events - 1, op->random[i] * whole);
    }
  }
}

WORKSPACE(multinomial) { return (double)(SIZE(0) * SIZE(1) * sizeof(float)); }

// x float [rows × events], random float [samples] → y int [rows × samples], workspace float [rows × events] · rows, events, samples, whether x
// are probabilities (else logits)
KERNEL(multinomial) {
  struct Multinomial op = {FLOATS(0), FLOATS(1), FLOATS(3), INTS(2), SIZE(5), SIZE(6), INT(7)};
  if (op.events > 0) parallel(SIZE(4), rows_of_piece(op.events + op.samples), multinomial_rows, &op);
  return 0;
}
