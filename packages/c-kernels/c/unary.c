// Elementwise kernels of one float operand.
#include "elementary.h"
#include "kernel.h"
#include "vector.h"

typedef vec (*Lanes)(vec x, vec alpha, vec beta);

struct Unary {
  const float *x;
  float *y;
  float alpha;
  float beta;
};

// The last cells go through a vector of their own, so that a cell's bits don't depend on where it stands.
INLINE void unary_piece(const struct Unary *job, size_t begin, size_t end, Lanes compute) {
  vec alpha = all(job->alpha), beta = all(job->beta);
  size_t i = begin;
  for (; i + WIDTH <= end; i += WIDTH) store(job->y + i, compute(load(job->x + i), alpha, beta));
  if (i == end) return;
  store_first(job->y + i, compute(load_first(job->x + i, end - i), alpha, beta), end - i);
}

#define UNARY(name, expression)                                                         \
  INLINE vec name##_lanes(vec x, vec alpha, vec beta) {                                 \
    (void)alpha, (void)beta;                                                            \
    return expression;                                                                  \
  }                                                                                     \
  static void name##_piece(const void *context, size_t begin, size_t end, int thread) { \
    (void)thread;                                                                       \
    unary_piece(context, begin, end, name##_lanes);                                     \
  }                                                                                     \
  KERNEL(name##_float) {                                                                \
    struct Unary job = {FLOATS(0), FLOATS(1), FLOAT(3), FLOAT(4)};                      \
    parallel(SIZE(2), 1 << 14, name##_piece, &job);                                     \
    return 0;                                                                           \
  }

#define ZERO all(0.0f)
#define ONE all(1.0f)

// Each: x float [count] → y float [count] · count, alpha, beta; most use neither.
UNARY(absolute, magnitude(x))
UNARY(arc_cosine, arc_cosine(x))
UNARY(arc_sine, arc_sine(x))
UNARY(arc_tangent, arc_tangent(x))
UNARY(area_cosine, area_cosine(x))
UNARY(area_sine, area_sine(x))
UNARY(area_tangent, area_tangent(x))
UNARY(ceiling, rounded_up(x))
UNARY(cosine, cosine(x))
UNARY(elu, choose(x >= ZERO, x, exp_minus_one(x)))
UNARY(error_function, error_function(x))
UNARY(exponential, exp_of(x))
UNARY(exponential_minus_one, exp_minus_one(x))
UNARY(floor, rounded_down(x))
UNARY(hyperbolic_cosine, hyperbolic_cosine(x))
UNARY(hyperbolic_sine, hyperbolic_sine(x))
UNARY(hyperbolic_tangent, hyperbolic_tangent(x))
UNARY(logarithm, log_of(x))
UNARY(logarithm_one_plus, log_one_plus(x))
UNARY(logistic, logistic(x))
UNARY(negative, -x)
UNARY(reciprocal, ONE / x)
UNARY(reciprocal_root, ONE / square_root(x))
UNARY(relu, choose(x < ZERO, ZERO, x))
UNARY(relu6, choose(x < ZERO, ZERO, choose(x > all(6.0f), all(6.0f), x)))
UNARY(round, rounded_even(x))
UNARY(selu, choose(x >= ZERO, all(1.0507009873554805f) * x, all(1.7580993408473768f) * exp_minus_one(x)))
UNARY(sign, choose(x < ZERO, -ONE, choose(x > ZERO, ONE, ZERO)))
UNARY(sine, sine(x))
UNARY(soft_plus, soft_plus(x))
UNARY(square, x * x)
UNARY(square_root, square_root(x))
UNARY(tangent, tangent(x))
// alpha: the slope of the negative part
UNARY(leaky_relu, choose(x < ZERO, alpha * x, x))
// alpha: what stands for 0 and below
UNARY(step, choose(x != x, x, choose(x > ZERO, ONE, alpha)))
// alpha: the least, beta: the most
UNARY(clip, choose(x > beta, beta, choose(x < alpha, alpha, x)))
