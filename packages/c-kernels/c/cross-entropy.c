// Softmax cross-entropy from logits, row by row, and its gradient. The probabilities are computed again on the way back.
#include "indices.h"
#include "kernel.h"
#include "row-pieces.h"
#include "vector.h"

#define NEGATIVE_INFINITY (-__builtin_inff())

// log x of a positive normal number, in double: x = 2^e · m, m near 1, and log m = 2 artanh((m − 1) ÷ (m + 1)) as a series.
static inline double logarithm(double x) {
  int64_t pattern;
  __builtin_memcpy(&pattern, &x, 8);
  int64_t exponent = ((pattern >> 52) & 2047) - 1023;
  pattern = (pattern & 0xfffffffffffffLL) | 0x3ff0000000000000LL;
  double m;
  __builtin_memcpy(&m, &pattern, 8);
  if (m > 1.4142135623730951) m *= 0.5, exponent++;
  double s = (m - 1) / (m + 1), square = s * s, series = 0;
  for (int k = 17; k >= 1; k -= 2) series = series * square + 1.0 / k;
  return (double)exponent * 0.6931471805599453 + 2 * s * series;
}

INLINE vec load_logits(const float *row, size_t i, size_t width) {
  if (i + WIDTH <= width) return load(row + i);
  return choose(first_lanes(width - i), load_first(row + i, width - i), all(NEGATIVE_INFINITY));
}

INLINE float largest_of(const float *row, size_t width) {
  vec a = all(NEGATIVE_INFINITY), b = a;
  size_t i = 0;
  for (; i + 2 * WIDTH <= width; i += 2 * WIDTH) {
    a = maximum(load(row + i), a);
    b = maximum(load(row + i + WIDTH), b);
  }
  for (; i < width; i += WIDTH) a = maximum(load_logits(row, i, width), a);
  return largest_lane(maximum(a, b));
}

// NaN if one of the numbers is none: comparing and clamping lose it, so it is looked for on its own.
INLINE float poison_of(ivec bad) {
  int32_t any = 0;
  for (int lane = 0; lane < WIDTH; lane++) any |= bad[lane];
  return any ? __builtin_nanf("") : 0.0f;
}

struct CrossEntropy {
  const float *dy, *logits;
  const int32_t *targets;
  float *to;
  size_t classes;
};

static void cross_entropy_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct CrossEntropy *op = context;
  const size_t classes = op->classes;
  for (size_t row = begin; row < end; row++) {
    const float *logits = op->logits + row * classes;
    const float largest = largest_of(logits, classes);
    vec total = {0};
    ivec bad = {0};
    for (size_t i = 0; i < classes; i += WIDTH) {
      vec shifted = load_logits(logits, i, classes) - all(largest);
      bad |= shifted != shifted;
      total += exponential(shifted);
    }
    double loss = logarithm(sum_lanes(total)) - (double)(logits[op->targets[row]] - largest);
    op->to[row] = (float)loss + poison_of(bad);
  }
}

// logits float [rows × classes], targets int [rows] → losses float [rows] · rows, classes. Answers the place of a target that is no class.
KERNEL(cross_entropy) {
  struct CrossEntropy op = {0, FLOATS(0), INTS(1), FLOATS(2), SIZE(4)};
  double bad = bad_index(op.targets, SIZE(3), op.classes);
  if (bad) return bad;
  parallel(SIZE(3), rows_of_piece(op.classes), cross_entropy_rows, &op);
  return 0;
}

static void cross_entropy_gradient_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct CrossEntropy *op = context;
  const size_t classes = op->classes;
  for (size_t row = begin; row < end; row++) {
    const float *logits = op->logits + row * classes;
    float *to = op->to + row * classes;
    const float largest = largest_of(logits, classes);
    vec total = {0};
    ivec bad = {0};
    for (size_t i = 0; i < classes; i += WIDTH) {
      vec shifted = load_logits(logits, i, classes) - all(largest);
      vec power = exponential(shifted);
      bad |= shifted != shifted;
      total += power;
      if (i + WIDTH <= classes) store(to + i, power);
      else store_first(to + i, power, classes - i);
    }
    const float sum = sum_lanes(total), dy = op->dy[row], factor = dy / sum + poison_of(bad);
    const size_t target = (size_t)op->targets[row];
    const float of_target = (to[target] / sum - 1.0f) * dy + poison_of(bad);
    size_t i = 0;
    for (; i + WIDTH <= classes; i += WIDTH) store(to + i, load(to + i) * all(factor));
    for (; i < classes; i++) to[i] *= factor;
    to[target] = of_target;
  }
}

// dy float [rows], logits float [rows × classes], targets int [rows] → dLogits float [rows × classes] · rows, classes.
// Answers the place of a target that is no class.
KERNEL(cross_entropy_gradient) {
  struct CrossEntropy op = {FLOATS(0), FLOATS(1), INTS(2), FLOATS(3), SIZE(5)};
  double bad = bad_index(op.targets, SIZE(4), op.classes);
  if (bad) return bad;
  parallel(SIZE(4), rows_of_piece(op.classes), cross_entropy_gradient_rows, &op);
  return 0;
}
