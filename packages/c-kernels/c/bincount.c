// How often each number occurs in a row, or the sum of the weights of its places, or whether it occurs at all.
#include "row-pieces.h"

struct Bincount {
  const int32_t *from;
  const void *weights;
  void *to;
  size_t width, size;
  int is_binary;
};

static double first_negative(const int32_t *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (numbers[i] < 0) return 1 + (double)i;
  }
  return 0;
}

#define BINCOUNT(name, cell)                                                                       \
  static void name##_rows(const void *context, size_t begin, size_t end, int thread) {             \
    (void)thread;                                                                                  \
    const struct Bincount *op = context;                                                           \
    for (size_t row = begin; row < end; row++) {                                                   \
      const int32_t *from = op->from + row * op->width;                                            \
      const cell *weights = op->weights ? (const cell *)op->weights + row * op->width : 0;         \
      cell *to = (cell *)op->to + row * op->size;                                                  \
      for (size_t i = 0; i < op->size; i++) to[i] = 0;                                             \
      for (size_t i = 0; i < op->width; i++) {                                                     \
        size_t bin = (size_t)from[i];                                                              \
        if (bin >= op->size) continue;                                                             \
        cell weight = weights ? weights[i] : (cell)1;                                              \
        to[bin] = op->is_binary ? (cell)1 : (cell)(to[bin] + weight);                              \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  KERNEL(name) {                                                                                   \
    struct Bincount op = {INTS(0), FLOATS(1), FLOATS(2), SIZE(4), SIZE(5), INT(6)};                \
    double bad = first_negative(op.from, SIZE(3) * op.width);                                      \
    if (bad) return bad;                                                                           \
    parallel(SIZE(3), rows_of_piece(op.width + op.size), name##_rows, &op);                        \
    return 0;                                                                                      \
  }

// Both: x int [rows × width], weights [rows × width] or no buffer → y [rows × size] · rows, width, size, whether y only says if a number occurs.
// Answers the place of a negative number.
BINCOUNT(bincount_float, float)
BINCOUNT(bincount_int, int32_t)
