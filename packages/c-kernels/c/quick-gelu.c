// x · sigmoid(1.702 x), with or without a bias that is added first, and the gradients. The gate is computed again on the way back.
#include "kernel.h"
#include "row-pieces.h"
#include "vector.h"

#define SLOPE 1.702f

INLINE vec gate_of(vec x) { return all(1.0f) / (all(1.0f) + exponential(x * all(-SLOPE))); }

INLINE vec quick_gelu(vec x) { return x * gate_of(x); }

// dy · s · (1 + 1.702 x (1 − s)), s the gate.
INLINE vec quick_gelu_gradient(vec dy, vec x) {
  vec gate = gate_of(x);
  return dy * (gate * multiply_add(x * all(SLOPE), all(1.0f) - gate, all(1.0f)));
}

struct QuickGelu {
  const float *dy, *x, *bias;
  float *to, *partial;
  size_t width, piece_rows;
};

static void quick_gelu_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct QuickGelu *op = context;
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) store(op->to + i, quick_gelu(load(op->x + i)));
  if (i < end) store_first(op->to + i, quick_gelu(load_first(op->x + i, end - i)), end - i);
}

// x float [count] → y float [count] · count
KERNEL(quick_gelu) {
  struct QuickGelu op = {.x = FLOATS(0), .to = FLOATS(1)};
  parallel(SIZE(2), SMALL_WORK, quick_gelu_piece, &op);
  return 0;
}

static void quick_gelu_gradient_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct QuickGelu *op = context;
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) store(op->to + i, quick_gelu_gradient(load(op->dy + i), load(op->x + i)));
  if (i < end) {
    size_t rest = end - i;
    store_first(op->to + i, quick_gelu_gradient(load_first(op->dy + i, rest), load_first(op->x + i, rest)), rest);
  }
}

// dy float [count], x float [count] → dx float [count] · count
KERNEL(quick_gelu_gradient) {
  struct QuickGelu op = {.dy = FLOATS(0), .x = FLOATS(1), .to = FLOATS(2)};
  parallel(SIZE(3), SMALL_WORK, quick_gelu_gradient_piece, &op);
  return 0;
}

static void bias_quick_gelu_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct QuickGelu *op = context;
  const size_t width = op->width;
  for (size_t row = begin; row < end; row++) {
    const float *x = op->x + row * width;
    float *y = op->to + row * width;
    size_t i = 0;
    for (; i + WIDTH <= width; i += WIDTH) store(y + i, quick_gelu(load(x + i) + load(op->bias + i)));
    if (i < width) {
      size_t rest = width - i;
      store_first(y + i, quick_gelu(load_first(x + i, rest) + load_first(op->bias + i, rest)), rest);
    }
  }
}

// x float [rows × width], bias float [width] → y float [rows × width] · rows, width
KERNEL(bias_quick_gelu) {
  struct QuickGelu op = {.x = FLOATS(0), .bias = FLOATS(1), .to = FLOATS(2), .width = SIZE(4)};
  parallel(SIZE(3), rows_of_piece(op.width), bias_quick_gelu_rows, &op);
  return 0;
}

static void bias_quick_gelu_gradient_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct QuickGelu *op = context;
  const size_t width = op->width;
  float *d_bias = op->partial + begin / op->piece_rows * width;
  for (size_t i = 0; i < width; i++) d_bias[i] = 0;
  for (size_t row = begin; row < end; row++) {
    const float *x = op->x + row * width, *dy = op->dy + row * width;
    float *dx = op->to + row * width;
    size_t i = 0;
    for (; i + WIDTH <= width; i += WIDTH) {
      vec d = quick_gelu_gradient(load(dy + i), load(x + i) + load(op->bias + i));
      store(dx + i, d);
      store(d_bias + i, load(d_bias + i) + d);
    }
    if (i < width) {
      size_t rest = width - i;
      vec d = quick_gelu_gradient(load_first(dy + i, rest), load_first(x + i, rest) + load_first(op->bias + i, rest));
      store_first(dx + i, d, rest);
      store_first(d_bias + i, load_first(d_bias + i, rest) + d, rest);
    }
  }
}

WORKSPACE(bias_quick_gelu_gradient) { return (double)(row_pieces(SIZE(0), SIZE(1)).pieces * SIZE(1) * sizeof(float)); }

// dy float [rows × width], x float [rows × width], bias float [width] → dx float [rows × width], dBias float [width], workspace float [pieces ×
// width] · rows, width
KERNEL(bias_quick_gelu_gradient) {
  const size_t rows = SIZE(6), width = SIZE(7);
  const struct RowPieces cut = row_pieces(rows, width);
  struct QuickGelu op = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(5), width, cut.rows};
  parallel(rows, cut.rows, bias_quick_gelu_gradient_rows, &op);
  add_pieces(op.partial, FLOATS(4), cut.pieces, width);
  return 0;
}
