// Softmax and its logarithm over rows.
#include "elementary.h"
#include "kernel.h"
#include "vector.h"

struct Softmax {
  const float *x;
  float *y;
  size_t width;
};

// What is no number wins.
static float largest_of(const float *x, size_t width) {
  vec most = all(-__builtin_inff());
  size_t i = 0;
  for (; i + WIDTH <= width; i += WIDTH) {
    vec cells = load(x + i);
    most = choose((cells > most) | (cells != cells), cells, most);
  }
  float largest = -__builtin_inff();
  for (int lane = 0; lane < WIDTH; lane++) largest = most[lane] > largest || most[lane] != most[lane] ? most[lane] : largest;
  for (; i < width; i++) largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;
  return largest;
}

// y = e^(x − most), and the sum of it.
static float exponentials(const float *x, float *y, size_t width, float most) {
  vec sums = all(0);
  size_t i = 0;
  for (; i + WIDTH <= width; i += WIDTH) {
    vec e = exp_of(load(x + i) - all(most));
    store(y + i, e);
    sums += e;
  }
  float sum = sum_lanes(sums);
  if (i == width) return sum;
  vec e = exp_of(load_first(x + i, width - i) - all(most));
  store_first(y + i, e, width - i);
  for (size_t lane = 0; i + lane < width; lane++) sum += e[lane];
  return sum;
}

static void softmax_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Softmax *job = context;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * job->width;
    float *y = job->y + row * job->width;
    float scale = 1 / exponentials(x, y, job->width, largest_of(x, job->width));
    for (size_t i = 0; i < job->width; i++) y[i] *= scale;
  }
}

static void log_softmax_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Softmax *job = context;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * job->width;
    float *y = job->y + row * job->width;
    float most = largest_of(x, job->width);
    float sum = log_of(all(exponentials(x, y, job->width, most)))[0];
    for (size_t i = 0; i < job->width; i++) y[i] = (x[i] - most) - sum;
  }
}

static double softmax(const double *a, Body rows) {
  struct Softmax job = {FLOATS(0), FLOATS(1), SIZE(3)};
  parallel(SIZE(2), larger(1, 8192 / larger(1, job.width)), rows, &job);
  return 0;
}

// x float [rows × width], y float [rows × width] · rows, width
KERNEL(softmax) { return softmax(a, softmax_rows); }

// x float [rows × width], y float [rows × width] · rows, width
KERNEL(log_softmax) { return softmax(a, log_softmax_rows); }
