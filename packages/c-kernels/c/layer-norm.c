// Layer normalisation over the last axis, and its gradient. Mean and scale of a row are computed again on the way back: a row is in the cache
// by then, and what is not kept costs no memory.
#include "kernel.h"
#include "row-pieces.h"
#include "vector.h"

struct Statistics {
  float mean, scale;
};

INLINE float sum_row(const float *row, size_t width) {
  vec a = {0}, b = {0}, c = {0}, d = {0};
  size_t i = 0;
  for (; i + 4 * WIDTH <= width; i += 4 * WIDTH) {
    a += load(row + i);
    b += load(row + i + WIDTH);
    c += load(row + i + 2 * WIDTH);
    d += load(row + i + 3 * WIDTH);
  }
  for (; i + WIDTH <= width; i += WIDTH) a += load(row + i);
  if (i < width) b += load_first(row + i, width - i);
  return sum_lanes((a + b) + (c + d));
}

INLINE float sum_centred_squares(const float *row, size_t width, float mean) {
  vec a = {0}, b = {0}, c = {0}, d = {0};
  const vec m = all(mean);
  size_t i = 0;
  for (; i + 4 * WIDTH <= width; i += 4 * WIDTH) {
    vec p = load(row + i) - m, q = load(row + i + WIDTH) - m, r = load(row + i + 2 * WIDTH) - m, s = load(row + i + 3 * WIDTH) - m;
    a = multiply_add(p, p, a);
    b = multiply_add(q, q, b);
    c = multiply_add(r, r, c);
    d = multiply_add(s, s, d);
  }
  for (; i + WIDTH <= width; i += WIDTH) {
    vec p = load(row + i) - m;
    a = multiply_add(p, p, a);
  }
  if (i < width) {
    vec p = choose(first_lanes(width - i), load_first(row + i, width - i) - m, all(0));
    b = multiply_add(p, p, b);
  }
  return sum_lanes((a + b) + (c + d));
}

INLINE struct Statistics statistics_of(const float *row, size_t width, float epsilon) {
  float mean = sum_row(row, width) / (float)width;
  float variance = sum_centred_squares(row, width, mean) / (float)width;
  return (struct Statistics){mean, 1.0f / __builtin_sqrtf(variance + epsilon)};
}

struct LayerNorm {
  const float *x, *gain, *bias;
  float *y;
  size_t width;
  float epsilon;
};

static void layer_norm_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct LayerNorm *norm = context;
  const size_t width = norm->width;
  for (size_t row = begin; row < end; row++) {
    const float *x = norm->x + row * width;
    float *y = norm->y + row * width;
    struct Statistics of_row = statistics_of(x, width, norm->epsilon);
    const vec mean = all(of_row.mean), scale = all(of_row.scale);
    size_t i = 0;
    for (; i + WIDTH <= width; i += WIDTH) {
      store(y + i, multiply_add((load(x + i) - mean) * scale, load(norm->gain + i), load(norm->bias + i)));
    }
    if (i < width) {
      size_t rest = width - i;
      vec normal = (load_first(x + i, rest) - mean) * scale;
      store_first(y + i, multiply_add(normal, load_first(norm->gain + i, rest), load_first(norm->bias + i, rest)), rest);
    }
  }
}

// x float [rows × width], gain float [width], bias float [width] → y float [rows × width] · rows, width, epsilon
KERNEL(layer_norm) {
  struct LayerNorm norm = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), SIZE(5), FLOAT(6)};
  parallel(SIZE(4), rows_of_piece(norm.width), layer_norm_rows, &norm);
  return 0;
}

struct LayerNormGradient {
  const float *dy, *x, *gain;
  float *dx, *partial_gain, *partial_bias;
  size_t width, piece_rows;
  float epsilon;
};

// With dNormal = dy · gain: its sum, and its product with the normalised row. Adds dy · normal and dy to the sums of this piece.
INLINE void add_row(const struct LayerNormGradient *g, size_t row, struct Statistics of_row, float *d_gain, float *d_bias, float *sum, float *along) {
  const size_t width = g->width;
  const float *dy = g->dy + row * width, *x = g->x + row * width;
  const vec mean = all(of_row.mean), scale = all(of_row.scale);
  vec total = {0}, product = {0};
  size_t i = 0;
  for (; i + WIDTH <= width; i += WIDTH) {
    vec d = load(dy + i), normal = (load(x + i) - mean) * scale;
    vec d_normal = d * load(g->gain + i);
    total += d_normal;
    product = multiply_add(d_normal, normal, product);
    store(d_gain + i, multiply_add(d, normal, load(d_gain + i)));
    store(d_bias + i, load(d_bias + i) + d);
  }
  if (i < width) {
    size_t rest = width - i;
    vec d = load_first(dy + i, rest), normal = (load_first(x + i, rest) - mean) * scale;
    vec d_normal = d * load_first(g->gain + i, rest);
    total += d_normal;
    product = multiply_add(d_normal, normal, product);
    store_first(d_gain + i, multiply_add(d, normal, load_first(d_gain + i, rest)), rest);
    store_first(d_bias + i, load_first(d_bias + i, rest) + d, rest);
  }
  *sum = sum_lanes(total);
  *along = sum_lanes(product);
}

// dx = scale · (dNormal − its mean − normal · the mean of dNormal · normal)
INLINE void write_dx(const struct LayerNormGradient *g, size_t row, struct Statistics of_row, float sum, float along) {
  const size_t width = g->width;
  const float *dy = g->dy + row * width, *x = g->x + row * width;
  float *dx = g->dx + row * width;
  const vec mean = all(of_row.mean), scale = all(of_row.scale), average = all(sum / (float)width), part = all(along / (float)width);
  size_t i = 0;
  for (; i + WIDTH <= width; i += WIDTH) {
    vec normal = (load(x + i) - mean) * scale;
    store(dx + i, scale * ((load(dy + i) * load(g->gain + i) - average) - normal * part));
  }
  if (i < width) {
    size_t rest = width - i;
    vec normal = (load_first(x + i, rest) - mean) * scale;
    vec d_normal = load_first(dy + i, rest) * load_first(g->gain + i, rest);
    store_first(dx + i, scale * ((d_normal - average) - normal * part), rest);
  }
}

static void layer_norm_gradient_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct LayerNormGradient *g = context;
  float *d_gain = g->partial_gain + begin / g->piece_rows * g->width;
  float *d_bias = g->partial_bias + begin / g->piece_rows * g->width;
  for (size_t i = 0; i < g->width; i++) d_gain[i] = d_bias[i] = 0;
  for (size_t row = begin; row < end; row++) {
    struct Statistics of_row = statistics_of(g->x + row * g->width, g->width, g->epsilon);
    float sum, along;
    add_row(g, row, of_row, d_gain, d_bias, &sum, &along);
    write_dx(g, row, of_row, sum, along);
  }
}

WORKSPACE(layer_norm_gradient) { return (double)(2 * row_pieces(SIZE(0), SIZE(1)).pieces * SIZE(1) * sizeof(float)); }

// dy float [rows × width], x float [rows × width], gain float [width] → dx float [rows × width], dGain float [width], dBias float [width],
// workspace float [2 × pieces × width] · rows, width, epsilon
KERNEL(layer_norm_gradient) {
  const size_t rows = SIZE(7), width = SIZE(8);
  const struct RowPieces cut = row_pieces(rows, width);
  float *partial_gain = FLOATS(6), *partial_bias = partial_gain + cut.pieces * width;
  struct LayerNormGradient gradient = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), partial_gain, partial_bias, width, cut.rows, FLOAT(9)};
  parallel(rows, cut.rows, layer_norm_gradient_rows, &gradient);
  add_pieces(partial_gain, FLOATS(4), cut.pieces, width);
  add_pieces(partial_bias, FLOATS(5), cut.pieces, width);
  return 0;
}
