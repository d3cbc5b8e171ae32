// Where the largest or smallest of the middle axis stands, the first of equals: x [outer × reduced × inner] to y int [outer × inner]. What is no
// number is never larger or smaller than what stood first.
#include "kernel.h"

#define BLOCK_COLUMNS ((size_t)256)

struct Search {
  const void *x;
  int32_t *y;
  size_t reduced, inner, blocks;
};

#define SEARCH(name, type, better)                                                              \
  static void name##_block(const struct Search *job, size_t outer, size_t first) {              \
    size_t columns = smaller(BLOCK_COLUMNS, job->inner - first);                                \
    const type *x = (const type *)job->x + outer * job->reduced * job->inner + first;           \
    int32_t *y = job->y + outer * job->inner + first;                                           \
    type best[BLOCK_COLUMNS];                                                                   \
    for (size_t i = 0; i < columns; i++) best[i] = x[i], y[i] = 0;                              \
    for (size_t row = 1; row < job->reduced; row++) {                                           \
      x += job->inner;                                                                          \
      for (size_t i = 0; i < columns; i++) {                                                    \
        if (x[i] better best[i]) best[i] = x[i], y[i] = (int32_t)row;                           \
      }                                                                                         \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  static void name##_piece(const void *context, size_t begin, size_t end, int thread) {         \
    (void)thread;                                                                               \
    const struct Search *job = context;                                                         \
    for (size_t i = begin; i < end; i++) name##_block(job, i / job->blocks, i % job->blocks * BLOCK_COLUMNS); \
  }                                                                                             \
                                                                                                \
  KERNEL(name) {                                                                                \
    size_t reduced = SIZE(3), inner = SIZE(4), blocks = (inner + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS; \
    struct Search job = {BYTES(0), INTS(1), reduced, inner, blocks};                            \
    size_t work = larger(1, reduced * smaller(inner, BLOCK_COLUMNS));                           \
    if (reduced > 0) parallel(SIZE(2) * blocks, larger(1, 16384 / work), name##_piece, &job);   \
    return 0;                                                                                   \
  }

// Each: x [outer × reduced × inner], y int [outer × inner] · outer, reduced, inner
SEARCH(arg_max_float, float, >)
SEARCH(arg_min_float, float, <)
SEARCH(arg_max_int, int32_t, >)
SEARCH(arg_min_int, int32_t, <)
