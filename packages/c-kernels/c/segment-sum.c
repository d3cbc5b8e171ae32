// Sums of rows by the segment that each belongs to; rows of no segment are left out. A piece is some columns of all rows, in the rows' order,
// so the bits don't depend on threads.
#include "row-pieces.h"

struct SegmentSum {
  void *to;
  const void *from;
  const int32_t *ids;
  size_t rows, segments, width;
};

#define SEGMENT_SUM(name, cell, sum)                                                                          \
  static void name##_columns(const void *context, size_t begin, size_t end, int thread) {                     \
    (void)thread;                                                                                             \
    const struct SegmentSum *op = context;                                                                    \
    const size_t width = op->width;                                                                           \
    for (size_t segment = 0; segment < op->segments; segment++) {                                             \
      for (size_t i = begin; i < end; i++) ((sum *)op->to)[segment * width + i] = 0;                          \
    }                                                                                                         \
    for (size_t row = 0; row < op->rows; row++) {                                                             \
      size_t segment = (size_t)(uint32_t)op->ids[row];                                                        \
      if (segment >= op->segments) continue;                                                                  \
      const cell *from = (const cell *)op->from + row * width;                                                \
      sum *to = (sum *)op->to + segment * width;                                                              \
      for (size_t i = begin; i < end; i++) to[i] += from[i];                                                  \
    }                                                                                                         \
  }                                                                                                           \
  KERNEL(name) {                                                                                              \
    struct SegmentSum op = {FLOATS(2), FLOATS(0), INTS(1), SIZE(3), SIZE(4), SIZE(5)};                        \
    parallel(op.width, larger(16, SMALL_WORK / larger(1, op.rows + op.segments)), name##_columns, &op);       \
    return 0;                                                                                                 \
  }

// Both: x [rows × width], ids int [rows] → y [segments × width] · rows, segments, width.
SEGMENT_SUM(segment_sum_float, float, float)
SEGMENT_SUM(segment_sum_int, int32_t, int32_t)
