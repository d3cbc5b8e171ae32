// Rows of a table by index, and the sum of what comes back to each row.
#include "indices.h"
#include "kernel.h"
#include "row-pieces.h"
#include "vector.h"

struct Embedding {
  const float *from; // the table, or dy
  const int32_t *indices;
  float *to; // the rows, or the table's gradient
  size_t tokens, rows, width;
};

static void embedding_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Embedding *op = context;
  for (size_t token = begin; token < end; token++) {
    __builtin_memcpy(op->to + token * op->width, op->from + (size_t)op->indices[token] * op->width, op->width * 4);
  }
}

// table float [rows × width], indices int [tokens] → y float [tokens × width] · tokens, rows, width. Answers the place of a bad index.
KERNEL(embedding) {
  struct Embedding op = {FLOATS(0), INTS(1), FLOATS(2), SIZE(3), SIZE(4), SIZE(5)};
  double bad = bad_index(op.indices, op.tokens, op.rows);
  if (bad) return bad;
  parallel(op.tokens, rows_of_piece(op.width), embedding_rows, &op);
  return 0;
}

// A piece is some columns of all tokens, in the tokens' order: no two pieces meet in a cell.
static void embedding_gradient_columns(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Embedding *op = context;
  const size_t width = op->width;
  for (size_t row = 0; row < op->rows; row++) {
    for (size_t i = begin; i < end; i++) op->to[row * width + i] = 0;
  }
  for (size_t token = 0; token < op->tokens; token++) {
    const float *dy = op->from + token * width;
    float *to = op->to + (size_t)op->indices[token] * width;
    for (size_t i = begin; i < end; i++) to[i] += dy[i];
  }
}

// dy float [tokens × width], indices int [tokens] → dTable float [rows × width] · tokens, rows, width. Answers the place of a bad index.
KERNEL(embedding_gradient) {
  struct Embedding op = {FLOATS(0), INTS(1), FLOATS(2), SIZE(3), SIZE(4), SIZE(5)};
  double bad = bad_index(op.indices, op.tokens, op.rows);
  if (bad) return bad;
  size_t columns = larger(64, SMALL_WORK / larger(1, op.tokens));
  parallel(op.width, columns, embedding_gradient_columns, &op);
  return 0;
}
