// Local response normalisation: each channel is divided by a power of the sum of squares of the channels near it.
#include "elementary.h"
#include "row-pieces.h"

struct ResponseNorm {
  const float *x, *y, *dy;
  float *to;
  size_t channels, radius;
  float bias, alpha, beta;
};

// bias + alpha · the sum of squares of the channels around one.
static float norm_around(const struct ResponseNorm *op, const float *x, size_t channel) {
  size_t first = channel > op->radius ? channel - op->radius : 0;
  size_t last = smaller(channel + op->radius, op->channels - 1);
  float sum = 0;
  for (size_t i = first; i <= last; i++) sum += x[i] * x[i];
  return op->bias + op->alpha * sum;
}

static inline float to_power(float x, float y) { return power_of(all(x), all(y))[0]; }

static void response_norm_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct ResponseNorm *op = context;
  for (size_t row = begin; row < end; row++) {
    const float *x = op->x + row * op->channels;
    float *to = op->to + row * op->channels;
    for (size_t i = 0; i < op->channels; i++) to[i] = x[i] * to_power(norm_around(op, x, i), -op->beta);
  }
}

// x float [rows × channels] → y float [rows × channels] · rows, channels, radius, bias, alpha, beta
KERNEL(response_norm) {
  struct ResponseNorm op = {FLOATS(0), 0, 0, FLOATS(1), SIZE(3), SIZE(4), FLOAT(5), FLOAT(6), FLOAT(7)};
  parallel(SIZE(2), rows_of_piece(op.channels), response_norm_rows, &op);
  return 0;
}

static void response_norm_gradient_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct ResponseNorm *op = context;
  for (size_t row = begin; row < end; row++) {
    const size_t offset = row * op->channels;
    const float *x = op->x + offset, *y = op->y + offset, *dy = op->dy + offset;
    float *to = op->to + offset;
    for (size_t i = 0; i < op->channels; i++) to[i] = 0;
    for (size_t i = 0; i < op->channels; i++) {
      float norm = norm_around(op, x, i);
      size_t first = i > op->radius ? i - op->radius : 0;
      size_t last = smaller(i + op->radius, op->channels - 1);
      to[i] += dy[i] * to_power(norm, -op->beta);
      for (size_t k = first; k <= last; k++) to[k] -= 2 * op->alpha * op->beta * x[k] * y[i] / norm * dy[i];
    }
  }
}

// x, y, dy float [rows × channels] → dx float [rows × channels] · rows, channels, radius, bias, alpha, beta
KERNEL(response_norm_gradient) {
  struct ResponseNorm op = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), SIZE(5), SIZE(6), FLOAT(7), FLOAT(8), FLOAT(9)};
  parallel(SIZE(4), rows_of_piece(op.channels), response_norm_gradient_rows, &op);
  return 0;
}
