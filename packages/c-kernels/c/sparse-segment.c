// Sums or means of chosen rows by segment, where the segments are in ascending order. A piece is some columns of all rows, in the rows' order.
#include "indices.h"
#include "row-pieces.h"

struct SparseSegment {
  void *to;
  const void *from;
  const int32_t *indices, *ids;
  size_t segments, width, count;
  int is_mean;
};

#define SPARSE_SEGMENT(name, cell)                                                                       \
  static void name##_columns(const void *context, size_t begin, size_t end, int thread) {                \
    (void)thread;                                                                                        \
    const struct SparseSegment *op = context;                                                            \
    const size_t width = op->width;                                                                      \
    for (size_t segment = 0; segment < op->segments; segment++) {                                        \
      for (size_t i = begin; i < end; i++) ((cell *)op->to)[segment * width + i] = 0;                    \
    }                                                                                                    \
    for (size_t first = 0, next; first < op->count; first = next) {                                      \
      size_t segment = (size_t)(uint32_t)op->ids[first];                                                 \
      cell *to = (cell *)op->to + segment * width;                                                       \
      for (next = first; next < op->count && op->ids[next] == op->ids[first]; next++) {                  \
        if (segment >= op->segments) continue;                                                           \
        const cell *from = (const cell *)op->from + (size_t)op->indices[next] * width;                   \
        for (size_t i = begin; i < end; i++) to[i] += from[i];                                           \
      }                                                                                                  \
      if (!op->is_mean || segment >= op->segments) continue;                                             \
      for (size_t i = begin; i < end; i++) to[i] /= (cell)(next - first);                                \
    }                                                                                                    \
  }                                                                                                      \
  KERNEL(name) {                                                                                         \
    struct SparseSegment op = {FLOATS(3), FLOATS(0), INTS(1), INTS(2), SIZE(5), SIZE(6), SIZE(7), INT(8)}; \
    double bad = bad_index(op.indices, op.count, SIZE(4));                                               \
    if (bad) return bad;                                                                                 \
    parallel(op.width, larger(16, SMALL_WORK / larger(1, op.count + op.segments)), name##_columns, &op); \
    return 0;                                                                                            \
  }

// Both: x [rows × width], indices int [count], ids int [count] → y [segments × width] · rows, segments, width, count, whether means. Answers the
// place of a bad index.
SPARSE_SEGMENT(sparse_segment_float, float)
SPARSE_SEGMENT(sparse_segment_int, int32_t)
