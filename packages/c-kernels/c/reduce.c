// Reductions of the middle axis of x [outer × reduced × inner] to y [outer × inner].
//
// Float sums are made of blocks, and blocks are added in doubles: more exact than adding floats one by one. How an input is cut into pieces
// depends on its shape only, so the bits don't depend on the number of threads.
#include "kernel.h"
#include "vector.h"

#define PIECE_CELLS ((size_t)32768)
#define MOST_PIECES ((size_t)4096)
#define MOST_ROW_PIECES ((size_t)16)
#define LANES 32
// A run is read at four places a page apart at once: processors fetch ahead page by page.
#define STREAMS 4
#define STREAM_CELLS ((size_t)1024)
#define BLOCK_COLUMNS ((size_t)512)

// Reduces `count` cells in a row to the one at y.
typedef void (*RunReducer)(const void *x, size_t count, void *y);
// Reduces the rows of x [rows × columns], `stride` cells apart, to y [columns]; at most BLOCK_COLUMNS columns.
typedef void (*ColumnReducer)(const void *x, size_t rows, size_t stride, size_t columns, void *y);

struct Reduction {
  const char *x;
  char *y;
  size_t cell, reduced, inner, blocks, piece;
  RunReducer run;
  ColumnReducer columns;
};

static void reduce_runs(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Reduction *job = context;
  for (size_t i = begin; i < end; i++) job->run(job->x + i * job->reduced * job->cell, job->reduced, job->y + i * job->cell);
}

static void reduce_pieces_of_run(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Reduction *job = context;
  for (size_t i = begin; i < end; i++) {
    size_t first = i * job->piece;
    job->run(job->x + first * job->cell, smaller(job->piece, job->reduced - first), job->y + i * job->cell);
  }
}

// One long run: its pieces first, then what they gave.
static void reduce_long_run(const struct Reduction *job, const char *x, char *y) {
  _Alignas(8) char partial[MOST_PIECES * 4];
  struct Reduction pieces = *job;
  pieces.x = x;
  pieces.y = partial;
  pieces.piece = larger(PIECE_CELLS, (job->reduced + MOST_PIECES - 1) / MOST_PIECES);
  size_t count = (job->reduced + pieces.piece - 1) / pieces.piece;
  parallel(count, 1, reduce_pieces_of_run, &pieces);
  job->run(partial, count, y);
}

static void reduce_columns(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Reduction *job = context;
  for (size_t i = begin; i < end; i++) {
    size_t outer = i / job->blocks, first = i % job->blocks * BLOCK_COLUMNS;
    job->columns(job->x + (outer * job->reduced * job->inner + first) * job->cell, job->reduced, job->inner,
                 smaller(BLOCK_COLUMNS, job->inner - first), job->y + (outer * job->inner + first) * job->cell);
  }
}

static void reduce_pieces_of_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Reduction *job = context;
  for (size_t i = begin; i < end; i++) {
    size_t row = i / job->blocks * job->piece, first = i % job->blocks * BLOCK_COLUMNS;
    job->columns(job->x + (row * job->inner + first) * job->cell, smaller(job->piece, job->reduced - row), job->inner,
                 smaller(BLOCK_COLUMNS, job->inner - first), job->y + (i / job->blocks * job->inner + first) * job->cell);
  }
}

// Many rows of few columns: pieces of the rows first, then what they gave.
static void reduce_many_rows(const struct Reduction *job, const char *x, char *y) {
  _Alignas(8) char partial[2 * PIECE_CELLS * 4];
  size_t pieces = smaller(MOST_ROW_PIECES, smaller(job->reduced, 2 * PIECE_CELLS / job->inner));
  struct Reduction rows = *job;
  rows.x = x;
  rows.y = partial;
  rows.piece = (job->reduced + pieces - 1) / pieces;
  pieces = (job->reduced + rows.piece - 1) / rows.piece;
  parallel(pieces * job->blocks, 1, reduce_pieces_of_rows, &rows);
  rows.x = partial;
  rows.y = y;
  rows.reduced = pieces;
  reduce_columns(&rows, 0, job->blocks, 0);
}

static double reduce(const double *a, size_t cell, RunReducer run, ColumnReducer columns) {
  size_t outer = SIZE(2), reduced = SIZE(3), inner = SIZE(4);
  size_t blocks = (inner + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
  struct Reduction job = {(const char *)BYTES(0), (char *)BYTES(1), cell, reduced, inner, blocks, 0, run, columns};
  int large = outer * blocks < MOST_ROW_PIECES && reduced * inner > 2 * PIECE_CELLS;
  if (inner == 1 && !large) {
    parallel(outer, larger(1, PIECE_CELLS / larger(1, reduced)), reduce_runs, &job);
  } else if (inner == 1) {
    for (size_t i = 0; i < outer; i++) reduce_long_run(&job, job.x + i * reduced * cell, job.y + i * cell);
  } else if (!large || reduced < MOST_ROW_PIECES) {
    size_t work = larger(1, reduced * smaller(inner, BLOCK_COLUMNS));
    parallel(outer * blocks, larger(1, PIECE_CELLS / work), reduce_columns, &job);
  } else {
    for (size_t i = 0; i < outer; i++) reduce_many_rows(&job, job.x + i * reduced * inner * cell, job.y + i * inner * cell);
  }
  return 0;
}

// Lanes and columns are plain loops that compilers turn into vectors.
#define RUN_REDUCER(name, type, first, COMBINE)                                                                          \
  static void name##_run(const void *from, size_t count, void *to) {                                                 \
    const type *x = from;                                                                                            \
    type lanes[LANES];                                                                                               \
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = first;                                                    \
    size_t i = 0;                                                                                                    \
    for (; i + LANES <= count; i += LANES) {                                                                         \
      for (int lane = 0; lane < LANES; lane++) lanes[lane] = COMBINE(lanes[lane], x[i + (size_t)lane]);              \
    }                                                                                                                \
    type all = first;                                                                                                \
    for (int lane = 0; lane < LANES; lane++) all = COMBINE(all, lanes[lane]);                                        \
    for (; i < count; i++) all = COMBINE(all, x[i]);                                                                 \
    *(type *)to = all;                                                                                               \
  }

// Runs of floats: vectors at four places at once.
#define FLOAT_RUN_REDUCER(name, first, LANES_COMBINE, COMBINE)                                                       \
  static void name##_run(const void *from, size_t count, void *to) {                                                 \
    const float *x = from;                                                                                           \
    vec lanes[STREAMS];                                                                                              \
    for (int stream = 0; stream < STREAMS; stream++) lanes[stream] = all(first);                                     \
    for (; count >= STREAMS * STREAM_CELLS; count -= STREAMS * STREAM_CELLS, x += STREAMS * STREAM_CELLS) {          \
      for (size_t i = 0; i < STREAM_CELLS; i += WIDTH) {                                                             \
        for (int stream = 0; stream < STREAMS; stream++) {                                                           \
          vec cells = load(x + (size_t)stream * STREAM_CELLS + i);                                                   \
          lanes[stream] = LANES_COMBINE(lanes[stream], cells);                                                       \
        }                                                                                                            \
      }                                                                                                              \
    }                                                                                                                \
    for (; count >= WIDTH; count -= WIDTH, x += WIDTH) {                                                             \
      vec cells = load(x);                                                                                           \
      lanes[0] = LANES_COMBINE(lanes[0], cells);                                                                     \
    }                                                                                                                \
    float result = first;                                                                                            \
    for (int stream = 0; stream < STREAMS; stream++) {                                                               \
      for (int lane = 0; lane < WIDTH; lane++) result = COMBINE(result, lanes[stream][lane]);                        \
    }                                                                                                                \
    for (size_t i = 0; i < count; i++) result = COMBINE(result, x[i]);                                               \
    *(float *)to = result;                                                                                           \
  }

#define COLUMN_REDUCER(name, type, first, COMBINE)                                                                   \
  static void name##_columns(const void *from, size_t rows, size_t stride, size_t columns, void *to) {               \
    type sums[BLOCK_COLUMNS];                                                                                        \
    for (size_t i = 0; i < columns; i++) sums[i] = first;                                                            \
    for (size_t row = 0; row < rows; row++) {                                                                        \
      const type *x = (const type *)from + row * stride;                                                             \
      for (size_t i = 0; i < columns; i++) sums[i] = COMBINE(sums[i], x[i]);                                         \
    }                                                                                                                \
    for (size_t i = 0; i < columns; i++) ((type *)to)[i] = sums[i];                                                  \
  }                                                                                                                  \
                                                                                                                     \
  KERNEL(name) { return reduce(a, sizeof(type), name##_run, name##_columns); }

#define REDUCER(name, type, first, COMBINE)   \
  RUN_REDUCER(name, type, first, COMBINE)     \
  COLUMN_REDUCER(name, type, first, COMBINE)

#define FLOAT_REDUCER(name, first, LANES_COMBINE, COMBINE)  \
  FLOAT_RUN_REDUCER(name, first, LANES_COMBINE, COMBINE)    \
  COLUMN_REDUCER(name, float, first, COMBINE)

#define PLUS(a, b) ((a) + (b))
#define TIMES(a, b) ((a) * (b))
#define LARGER(a, b) ((b) > (a) ? (b) : (a))
#define SMALLER(a, b) ((b) < (a) ? (b) : (a))
// What is no number wins.
#define LARGER_FLOAT(a, b) ((((b) > (a)) | ((b) != (b))) ? (b) : (a))
#define SMALLER_FLOAT(a, b) ((((b) < (a)) | ((b) != (b))) ? (b) : (a))
#define LARGER_LANES(a, b) choose(((b) > (a)) | ((b) != (b)), b, a)
#define SMALLER_LANES(a, b) choose(((b) < (a)) | ((b) != (b)), b, a)

// Each: x [outer × reduced × inner], y [outer × inner] · outer, reduced, inner. Whole numbers wrap at 32 bits.
FLOAT_REDUCER(reduce_max_float, -__builtin_inff(), LARGER_LANES, LARGER_FLOAT)
FLOAT_REDUCER(reduce_min_float, __builtin_inff(), SMALLER_LANES, SMALLER_FLOAT)
FLOAT_REDUCER(reduce_product_float, 1.0f, TIMES, TIMES)
REDUCER(reduce_max_int, int32_t, INT32_MIN, LARGER)
REDUCER(reduce_min_int, int32_t, INT32_MAX, SMALLER)
REDUCER(reduce_sum_int, uint32_t, 0, PLUS)
REDUCER(reduce_product_int, uint32_t, 1, TIMES)
REDUCER(reduce_max_byte, uint8_t, 0, LARGER)
REDUCER(reduce_min_byte, uint8_t, 1, SMALLER)

#define SUM_BLOCK (STREAMS * STREAM_CELLS)
#define SUM_ROWS ((size_t)64)

static double sum_lanes_wide(const vec *sums) {
  double sum = 0;
  for (int stream = 0; stream < STREAMS; stream++) {
    for (int lane = 0; lane < WIDTH; lane++) sum += (double)sums[stream][lane];
  }
  return sum;
}

static double sum_block(const float *x) {
  vec sums[STREAMS] = {0};
  for (size_t i = 0; i < STREAM_CELLS; i += WIDTH) {
    for (int stream = 0; stream < STREAMS; stream++) sums[stream] += load(x + (size_t)stream * STREAM_CELLS + i);
  }
  return sum_lanes_wide(sums);
}

static double sum_rest(const float *x, size_t count) {
  vec sums[STREAMS] = {0};
  size_t i = 0;
  for (; i + STREAMS * WIDTH <= count; i += STREAMS * WIDTH) {
    for (int stream = 0; stream < STREAMS; stream++) sums[stream] += load(x + i + (size_t)stream * WIDTH);
  }
  double sum = sum_lanes_wide(sums);
  for (; i < count; i++) sum += (double)x[i];
  return sum;
}

static void sum_run(const void *from, size_t count, void *to) {
  const float *x = from;
  double sum = 0;
  for (; count >= SUM_BLOCK; count -= SUM_BLOCK, x += SUM_BLOCK) sum += sum_block(x);
  *(float *)to = (float)(sum + sum_rest(x, count));
}

static void sum_columns(const void *x, size_t rows, size_t stride, size_t columns, void *y) {
  double sums[BLOCK_COLUMNS];
  float block[BLOCK_COLUMNS];
  for (size_t i = 0; i < columns; i++) sums[i] = 0;
  for (size_t first = 0; first < rows; first += SUM_ROWS) {
    size_t end = smaller(rows, first + SUM_ROWS), row = first;
    const float *from = (const float *)x + first * stride;
    for (size_t i = 0; i < columns; i++) block[i] = 0;
    for (; row + 4 <= end; row += 4, from += 4 * stride) {
      for (size_t i = 0; i < columns; i++) {
        block[i] += (from[i] + from[i + stride]) + (from[i + 2 * stride] + from[i + 3 * stride]);
      }
    }
    for (; row < end; row++, from += stride) {
      for (size_t i = 0; i < columns; i++) block[i] += from[i];
    }
    for (size_t i = 0; i < columns; i++) sums[i] += (double)block[i];
  }
  for (size_t i = 0; i < columns; i++) ((float *)y)[i] = (float)sums[i];
}

// x float [outer × reduced × inner], y float [outer × inner] · outer, reduced, inner, divisor of the sums
KERNEL(reduce_sum_float) {
  reduce(a, sizeof(float), sum_run, sum_columns);
  float divisor = FLOAT(5), *y = FLOATS(1);
  size_t count = divisor == 1 ? 0 : SIZE(2) * SIZE(4);
  for (size_t i = 0; i < count; i++) y[i] /= divisor;
  return 0;
}
