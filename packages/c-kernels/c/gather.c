// Slices of a tensor by index: along one axis, or by whole places. Cells are only moved, so their type is a matter of bytes.
#include "flat-index.h"
#include "indices.h"
#include "row-pieces.h"

struct Gather {
  uint8_t *to;
  const uint8_t *from;
  const int32_t *indices;
  size_t outer, dim, count, bytes;
  const double *dims;
  size_t rank;
};

static inline void move_slice(uint8_t *to, const uint8_t *from, size_t bytes) {
  if (bytes == 4) {
    __builtin_memcpy(to, from, 4);
  } else {
    __builtin_memcpy(to, from, bytes);
  }
}

static void gather_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Gather *op = context;
  for (size_t slice = begin; slice < end; slice++) {
    size_t row = slice / op->count; // of batch and outer axes
    size_t index = (size_t)op->indices[row / op->outer * op->count + slice % op->count];
    move_slice(op->to + slice * op->bytes, op->from + (row * op->dim + index) * op->bytes, op->bytes);
  }
}

// x bytes [batch × outer × dim × slice], indices int [batch × count] → y bytes [batch × outer × count × slice] · batch, outer, dim, count,
// bytes of a slice. Answers the place of a bad index.
KERNEL(gather) {
  struct Gather op = {.to = BYTES(2), .from = BYTES(0), .indices = INTS(1), .outer = SIZE(4), .dim = SIZE(5), .count = SIZE(6), .bytes = SIZE(7)};
  double bad = bad_index(op.indices, SIZE(3) * op.count, op.dim);
  if (bad) return bad;
  parallel(SIZE(3) * op.outer * op.count, rows_of_piece(op.bytes / 4), gather_piece, &op);
  return 0;
}

static void gather_nd_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Gather *op = context;
  for (size_t slice = begin; slice < end; slice++) {
    size_t row = flat_index(op->indices + slice * op->rank, op->rank, op->dims);
    move_slice(op->to + slice * op->bytes, op->from + row * op->bytes, op->bytes);
  }
}

// x bytes [dims … × slice], indices int [count × rank] → y bytes [count × slice] · count, bytes of a slice, rank, dims. Answers the place of
// a bad index.
KERNEL(gather_nd) {
  struct Gather op = {.to = BYTES(2), .from = BYTES(0), .indices = INTS(1), .count = SIZE(3), .bytes = SIZE(4), .rank = SIZE(5), .dims = a + 6};
  double bad = bad_flat_index(op.indices, op.count, op.rank, op.dims);
  if (bad) return bad;
  parallel(op.count, rows_of_piece(op.bytes / 4), gather_nd_piece, &op);
  return 0;
}
