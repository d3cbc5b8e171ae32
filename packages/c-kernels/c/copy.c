// Moving cells: one kernel serves slices, concatenations, paddings, tiles, reversals, transpositions and broadcasts, since each of them is a
// copy in which both sides have strides.
#include "strides.h"
#include "turn.h"
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
  for (; i + sizeof(vec) <= bytes; i += sizeof(vec)) store_bytes(to + i, load_bytes(from + i));
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

// A transposition: the last axis is dense where it is written, the one before it where it is read. It goes by tiles, in blocks that are
// small enough for the pages they touch to be remembered.
#if defined(__x86_64__)
// What is written past the caches waits for nothing, so the source may be read in long runs, row by row.
#define BLOCK_ROWS 16
#define BLOCK_COLUMNS ((size_t)1024)
#else
#define BLOCK_ROWS 256
#define BLOCK_COLUMNS ((size_t)256)
#endif
// From so many cells on, no cache keeps what is written until it is read.
#define PAST_CACHES ((size_t)1 << 22)

// Sixteen columns become sixteen rows, `rows` long, a multiple of 16. They are turned into a buffer first, so that each row is written in one
// run: writing a line here and a line there would wait for each of them.
static void turn_columns(float *to, ptrdiff_t to_stride, const float *from, ptrdiff_t from_stride, size_t rows, int past_caches) {
  float turned[TILE_SIDE][BLOCK_ROWS];
  for (size_t row = 0; row < rows; row += TILE_SIDE) {
    turn_tile(&turned[0][row], BLOCK_ROWS, from + (ptrdiff_t)row * from_stride, from_stride);
  }
  for (ptrdiff_t column = 0; column < TILE_SIDE; column++) {
    float *line = to + column * to_stride;
    if (past_caches) {
      for (size_t i = 0; i < rows; i += WIDTH) store_past_caches(line + i, load(turned[column] + i));
    } else {
      for (size_t i = 0; i < rows; i += WIDTH) store(line + i, load(turned[column] + i));
    }
  }
}

static void turn_block(float *to, ptrdiff_t to_stride, const float *from, ptrdiff_t from_stride, size_t rows, size_t columns,
                       int past_caches) {
  size_t even_rows = rows / TILE_SIDE * TILE_SIDE, even_columns = columns / TILE_SIDE * TILE_SIDE;
  for (size_t column = 0; column < even_columns; column += TILE_SIDE) {
    turn_columns(to + (ptrdiff_t)column * to_stride, to_stride, from + column, from_stride, even_rows, past_caches);
  }
  for (size_t column = 0; column < columns; column++) {
    for (size_t row = column < even_columns ? even_rows : 0; row < rows; row++) {
      to[(ptrdiff_t)column * to_stride + (ptrdiff_t)row] = from[(ptrdiff_t)row * from_stride + (ptrdiff_t)column];
    }
  }
}

static void turn_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Copy *copy = context;
  const struct Axes *axes = &copy->axes;
  int outer = axes->rank - 2;
  size_t rows = axes->counts[outer + 1], columns = axes->counts[outer];
  size_t row_blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS, column_blocks = (columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  ptrdiff_t to_stride = axes->strides[outer][0], from_stride = axes->strides[outer + 1][1];
  int whole_lines = axes->cells >= PAST_CACHES && to_stride % TILE_SIDE == 0;
  for (size_t block = begin; block < end; block++) {
    struct Walk walk;
    walk_start(&walk, axes, outer, block / (row_blocks * column_blocks));
    size_t row = block / column_blocks % row_blocks * BLOCK_ROWS, column = block % column_blocks * BLOCK_COLUMNS;
    float *to = (float *)copy->to + walk.offsets[0] + (ptrdiff_t)column * to_stride + row;
    const float *from = (const float *)copy->from + walk.offsets[1] + (ptrdiff_t)row * from_stride + column;
    turn_block(to, to_stride, from, from_stride, smaller(BLOCK_ROWS, rows - row), smaller(BLOCK_COLUMNS, columns - column),
               whole_lines && ((uintptr_t)to & 63) == 0);
  }
  stores_done();
}

// Puts the axis that is dense where it is read before the last one. 0 if this is no transposition worth turning tiles for.
static int is_turned(struct Axes *axes) {
  int last = axes->rank - 1;
  if (axes->strides[last][0] != 1 || axes->strides[last][1] < 2 || axes->counts[last] < TILE_SIDE) return 0;
  for (int axis = 0; axis < last; axis++) {
    if (axes->strides[axis][1] != 1 || axes->counts[axis] < TILE_SIDE) continue;
    size_t count = axes->counts[axis];
    ptrdiff_t stride = axes->strides[axis][0];
    for (int other = axis; other + 1 < last; other++) {
      axes->counts[other] = axes->counts[other + 1];
      for (int side = 0; side < MOST_SIDES; side++) axes->strides[other][side] = axes->strides[other + 1][side];
    }
    axes->counts[last - 1] = count;
    axes->strides[last - 1][0] = stride;
    axes->strides[last - 1][1] = 1;
    return 1;
  }
  return 0;
}

// Rows that are dense on both sides: they are read in the order in which they lie, and written to a few places in turn, since processors fetch
// ahead what is read in order.
#define MOST_PLACES 64

static void read_in_order(struct Axes *axes) {
  int inner = axes->rank - 2, outer = inner - 1;
  if (outer < 0 || axes->strides[inner + 1][0] != 1 || axes->strides[inner + 1][1] != 1) return;
  if (axes->strides[outer][1] >= axes->strides[inner][1] || axes->strides[outer][1] <= 0 || axes->counts[outer] > MOST_PLACES) return;
  size_t count = axes->counts[outer];
  axes->counts[outer] = axes->counts[inner];
  axes->counts[inner] = count;
  for (int side = 0; side < MOST_SIDES; side++) {
    ptrdiff_t stride = axes->strides[outer][side];
    axes->strides[outer][side] = axes->strides[inner][side];
    axes->strides[inner][side] = stride;
  }
}

static void turn(const struct Copy *copy) {
  const struct Axes *axes = &copy->axes;
  size_t rows = axes->counts[axes->rank - 1], columns = axes->counts[axes->rank - 2];
  size_t row_blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS, column_blocks = (columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  size_t outer = axes->cells / (rows * columns);
  parallel(outer * row_blocks * column_blocks, 1, turn_piece, copy);
}

// to, from cells of 1 or 4 bytes · bytes of a cell, to's first cell, from's first cell, rank, then for each axis, outermost first: count,
// stride of to, stride of from, in cells
KERNEL(copy_strided) {
  ptrdiff_t bytes = (ptrdiff_t)a[2];
  struct Copy copy = {(char *)BYTES(0) + (ptrdiff_t)a[3] * bytes, (const char *)BYTES(1) + (ptrdiff_t)a[4] * bytes, {0}};
  axes_read(&copy.axes, a + 6, INT(5), 2);
  if (bytes == 4 && is_turned(&copy.axes)) {
    turn(&copy);
    return 0;
  }
  read_in_order(&copy.axes);
  parallel(copy.axes.cells, 1 << 15, bytes == 4 ? copy_piece_int32_t : copy_piece_uint8_t, &copy);
  return 0;
}
