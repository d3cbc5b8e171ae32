// Moving cells: one kernel serves slices, concatenations, paddings, tiles, reversals, transpositions and broadcasts, since each of them is a
// copy in which both sides have strides.
#include "strides.h"
#include "vector.h"

struct Copy {
  char *to;
  const char *from;
  struct Axes axes; // side 0 is written, side 1 read
};

// A call of memcpy costs more than a short run itself.
#define SHORT_RUN 512

INLINE void copy_dense(char *to, const char *from, size_t bytes) {
  if (bytes > SHORT_RUN) {
    __builtin_memcpy(to, from, bytes);
    return;
  }
  size_t i = 0;
  for (; i + sizeof(vec) <= bytes; i += sizeof(vec)) store_int((int32_t *)(void *)(to + i), load_int((const int32_t *)(const void *)(from + i)));
  for (; i < bytes; i++) to[i] = from[i];
}

#define COPY_RUN(cell)                                                                                              \
  static void copy_run_##cell(cell *to, const cell *from, size_t count, ptrdiff_t to_stride, ptrdiff_t from_stride) { \
    if (to_stride == 1 && from_stride == 1) {                                                                        \
      copy_dense((char *)to, (const char *)from, count * sizeof(cell));                                              \
    } else if (to_stride == 1 && from_stride == 0) {                                                                 \
      cell value = *from;                                                                                            \
      for (size_t i = 0; i < count; i++) to[i] = value;                                                              \
    } else {                                                                                                         \
      for (size_t i = 0; i < count; i++) to[(ptrdiff_t)i * to_stride] = from[(ptrdiff_t)i * from_stride];            \
    }                                                                                                                \
  }                                                                                                                  \
                                                                                                                     \
  static void copy_piece_##cell(const void *context, size_t begin, size_t end, int thread) {                         \
    (void)thread;                                                                                                    \
    const struct Copy *copy = context;                                                                               \
    const struct Axes *axes = &copy->axes;                                                                           \
    int outer = axes->rank - 1;                                                                                      \
    size_t width = axes->counts[outer];                                                                              \
    ptrdiff_t to_stride = axes->strides[outer][0], from_stride = axes->strides[outer][1];                            \
    ptrdiff_t column = (ptrdiff_t)(begin % width);                                                                   \
    struct Walk walk;                                                                                                \
    walk_start(&walk, axes, outer, begin / width);                                                                   \
    while (begin < end) {                                                                                            \
      size_t count = smaller(width - (size_t)column, end - begin);                                                   \
      copy_run_##cell((cell *)copy->to + walk.offsets[0] + column * to_stride,                                       \
                      (const cell *)copy->from + walk.offsets[1] + column * from_stride, count, to_stride, from_stride); \
      begin += count;                                                                                                \
      column = 0;                                                                                                    \
      walk_next(&walk, axes, outer);                                                                                 \
    }                                                                                                                \
  }

COPY_RUN(int32_t)
COPY_RUN(uint8_t)

// to, from cells of 1 or 4 bytes · bytes of a cell, to's first cell, from's first cell, rank, then for each axis, outermost first: count,
// stride of to, stride of from, in cells
KERNEL(copy_strided) {
  ptrdiff_t bytes = (ptrdiff_t)a[2];
  struct Copy copy = {(char *)BYTES(0) + (ptrdiff_t)a[3] * bytes, (const char *)BYTES(1) + (ptrdiff_t)a[4] * bytes, {0}};
  axes_read(&copy.axes, a + 6, INT(5), 2);
  parallel(copy.axes.cells, 1 << 15, bytes == 4 ? copy_piece_int32_t : copy_piece_uint8_t, &copy);
  return 0;
}
