// Takes each cell from one of two buffers.
#include "kernel.h"

struct Select {
  const uint8_t *condition;
  const void *yes;
  const void *no;
  void *to;
  size_t width;
};

#define SELECT_PIECE(cell)                                                                           \
  static void select_piece_##cell(const void *context, size_t begin, size_t end, int thread) {       \
    (void)thread;                                                                                    \
    const struct Select *job = context;                                                              \
    const cell *yes = job->yes, *no = job->no;                                                       \
    cell *to = job->to;                                                                              \
    if (job->width == 1) {                                                                           \
      for (size_t i = begin; i < end; i++) to[i] = job->condition[i] ? yes[i] : no[i];               \
    } else {                                                                                         \
      for (size_t i = begin; i < end; i++) to[i] = job->condition[i / job->width] ? yes[i] : no[i];  \
    }                                                                                                \
  }

SELECT_PIECE(int32_t)
SELECT_PIECE(uint8_t)

// condition byte [count ÷ width], yes, no cells [count] → to cells [count] · bytes of a cell (1 or 4), count, width
KERNEL(select) {
  struct Select job = {BYTES(0), BYTES(1), BYTES(2), BYTES(3), SIZE(6)};
  parallel(SIZE(5), 1 << 15, INT(4) == 4 ? select_piece_int32_t : select_piece_uint8_t, &job);
  return 0;
}
