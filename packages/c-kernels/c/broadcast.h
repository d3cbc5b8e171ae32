// What all elementwise kernels of two operands share: broadcasting, and pieces for the threads.
#ifndef SPARSE_BROADCAST_H
#define SPARSE_BROADCAST_H

#include "strides.h"

// Computes `count` results in a row. A step of 0 takes one and the same operand for all.
typedef void (*Run)(const void *a, const void *b, void *y, size_t count, int a_step, int b_step);

struct Broadcast {
  const char *a;
  const char *b;
  char *y;
  size_t operand_bytes;
  size_t result_bytes;
  Run run;
  struct Axes axes;
};

static void broadcast_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Broadcast *job = context;
  const struct Axes *axes = &job->axes;
  int outer = axes->rank - 1;
  size_t width = axes->counts[outer];
  size_t column = begin % width;
  int a_step = (int)axes->strides[outer][0];
  int b_step = (int)axes->strides[outer][1];
  struct Walk walk;
  walk_start(&walk, axes, outer, begin / width);
  while (begin < end) {
    size_t count = smaller(width - column, end - begin);
    const char *a = job->a + (walk.offsets[0] + (ptrdiff_t)column * a_step) * (ptrdiff_t)job->operand_bytes;
    const char *b = job->b + (walk.offsets[1] + (ptrdiff_t)column * b_step) * (ptrdiff_t)job->operand_bytes;
    job->run(a, b, job->y + begin * job->result_bytes, count, a_step, b_step);
    begin += count;
    column = 0;
    walk_next(&walk, axes, outer);
  }
}

// The record of such a kernel: a, b → y (dense) · rank, then for each axis, outermost first: count, stride of a, stride of b.
static inline double broadcast(const double *a, size_t operand_bytes, size_t result_bytes, Run run) {
  struct Broadcast job = {(const char *)BYTES(0), (const char *)BYTES(1), (char *)BYTES(2), operand_bytes, result_bytes, run, {0}};
  axes_read(&job.axes, a + 4, INT(3), 2);
  parallel(job.axes.cells, 1 << 15, broadcast_piece, &job);
  return 0;
}

#endif
