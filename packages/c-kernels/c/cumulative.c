// Running sums and products along the middle axis of x [outer × length × inner].
#include "kernel.h"

#define BLOCK_COLUMNS ((size_t)256)

struct Cumulative {
  const void *x;
  void *y;
  size_t length, inner, blocks;
  int exclusive, backwards;
};

#define CUMULATIVE(name, type, wide, first, operation)                                          \
  static void name##_block(const struct Cumulative *job, size_t outer, size_t column) {         \
    size_t columns = smaller(BLOCK_COLUMNS, job->inner - column);                               \
    size_t start = outer * job->length * job->inner + column;                                   \
    wide running[BLOCK_COLUMNS];                                                                \
    for (size_t i = 0; i < columns; i++) running[i] = first;                                    \
    for (size_t step = 0; step < job->length; step++) {                                         \
      size_t row = job->backwards ? job->length - 1 - step : step;                              \
      const type *x = (const type *)job->x + start + row * job->inner;                          \
      type *y = (type *)job->y + start + row * job->inner;                                      \
      for (size_t i = 0; i < columns; i++) {                                                    \
        wide before = running[i];                                                               \
        running[i] = before operation (wide)x[i];                                               \
        y[i] = (type)(job->exclusive ? before : running[i]);                                    \
      }                                                                                         \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  static void name##_piece(const void *context, size_t begin, size_t end, int thread) {         \
    (void)thread;                                                                               \
    const struct Cumulative *job = context;                                                     \
    for (size_t i = begin; i < end; i++) name##_block(job, i / job->blocks, i % job->blocks * BLOCK_COLUMNS); \
  }                                                                                             \
                                                                                                \
  KERNEL(name) {                                                                                \
    size_t length = SIZE(3), inner = SIZE(4), blocks = (inner + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS; \
    struct Cumulative job = {BYTES(0), BYTES(1), length, inner, blocks, INT(5), INT(6)};        \
    size_t work = larger(1, length * smaller(inner, BLOCK_COLUMNS));                            \
    parallel(SIZE(2) * blocks, larger(1, 16384 / work), name##_piece, &job);                    \
    return 0;                                                                                   \
  }

// Each: x, y [outer × length × inner] · outer, length, inner, exclusive (1: without the cell itself), backwards (1: from the end)
CUMULATIVE(cumulative_sum_float, float, double, 0, +)
CUMULATIVE(cumulative_product_float, float, double, 1, *)
CUMULATIVE(cumulative_sum_int, uint32_t, uint32_t, 0, +)
CUMULATIVE(cumulative_product_int, uint32_t, uint32_t, 1, *)
