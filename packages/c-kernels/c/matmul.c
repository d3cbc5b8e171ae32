// The product of two matrices, or of batches of them, with a bias and an activation on the way out.
//
// Large products are cut along all three sides. For each stretch of the common side, B (and A where it lies the wrong way round) is copied into
// panels that the tile reads straight through; then blocks of C are shared among the threads. In a batch of small products each thread takes
// whole matrices, and what must be packed is packed once, on its stack. A few rows only have a way of their own. Which way is taken, and every
// cut, depends on the sizes alone: so the result has the same bits with any number of threads.
#include "matmul-pack.h"
#include "matmul-thin.h"
#include "matmul-tile.h"

#define DEPTH 512                               // of a stretch of the common side: longer ones read C less often, shorter ones fit caches better
#define STRIP 2048                              // rows and columns that are packed at once
#define BLOCK_ROWS (112 / ROWS * ROWS)          // a block of C: its sides of A and B fit the second cache
#define BLOCK_COLUMNS 256
#define SMALL 32768                             // numbers of a matrix that is packed on the stack
#define LEVELS 4                                // of batches

enum Activation { NONE, RELU, RELU6, ELU, LEAKY_RELU, SIGMOID };

struct Product {
  const float *a, *b, *bias;
  float *c, *scratch;
  size_t rows, columns, depth;
  size_t a_row, a_column, b_row, b_column; // strides
  int activation;
  float slope;
  size_t batch, sizes[LEVELS], a_batch[LEVELS], b_batch[LEVELS];
};

// The matrices of one entry of the batch.
static struct Product entry_of(const struct Product *product, size_t entry) {
  struct Product one = *product;
  one.c += entry * one.rows * one.columns;
  for (int level = LEVELS - 1; level >= 0; level--) {
    const size_t at = entry % one.sizes[level];
    entry /= one.sizes[level];
    one.a += at * one.a_batch[level];
    one.b += at * one.b_batch[level];
  }
  return one;
}

INLINE vec activate(int activation, float slope, vec x) {
  const vec zero = all(0), one = all(1);
  switch (activation) {
    case RELU:
      return choose(x < zero, zero, x);
    case RELU6:
      return choose(x < zero, zero, choose(x > all(6), all(6), x));
    case ELU:
      return choose(x < zero, exponential(x) - one, x);
    case LEAKY_RELU:
      return choose(x < zero, x * all(slope), x);
    default:
      return choose(x == x, one / (one + exponential(-x)), x);
  }
}

static void activate_row(int activation, float slope, float *x, size_t count) {
  size_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) store(x + i, activate(activation, slope, load(x + i)));
  if (i == count) return;
  float rest[WIDTH] = {0};
  for (size_t j = i; j < count; j++) rest[j - i] = x[j];
  store(rest, activate(activation, slope, load(rest)));
  for (size_t j = i; j < count; j++) x[j] = rest[j - i];
}

static void activate_block(const struct Product *product, const struct Block *block) {
  if (product->activation == NONE) return;
  for (size_t i = 0; i < block->rows; i++) {
    activate_row(product->activation, product->slope, block->c + i * block->c_stride, block->columns);
  }
}

// What a product without bias adds to.
static const float no_bias[STRIP];

// Lets a block read A as it lies, if one of its sides lies in one piece.
static void read_a(struct Block *block, const struct Product *product, size_t row, size_t at) {
  block->a = product->a + row * product->a_row + at * product->a_column;
  block->across = product->a_column == 1;
  block->a_stride = block->across ? product->a_row : product->a_column;
  block->a_tile = ROWS * product->a_row;
}

static void read_b(struct Block *block, const struct Product *product, size_t column, size_t at) {
  block->b = product->b + at * product->b_row + column;
  block->b_stride = product->b_row;
  block->b_panel = COLUMNS;
}

static void read_packed_a(struct Block *block, const float *packed, size_t row) {
  block->a = packed + row * block->depth;
  block->across = 0;
  block->a_stride = ROWS;
  block->a_tile = ROWS * block->depth;
}

static void read_packed_b(struct Block *block, const float *packed, size_t column) {
  block->b = packed + column * block->depth;
  block->b_stride = COLUMNS;
  block->b_panel = COLUMNS * block->depth;
}

// Few tiles pass by a panel of B, or it is in the nearest cache as it lies: not worth a copy.
static int reads_b_as_it_lies(const struct Product *product) {
  return product->b_column == 1 && (product->rows <= 2 * ROWS || product->depth * product->columns <= SMALL / 4);
}

static int reads_a_as_it_lies(const struct Product *product) {
  return product->a_column == 1 || (product->a_row == 1 && product->columns <= 4 * COLUMNS);
}

static size_t padded(size_t count, size_t step) { return (count + step - 1) / step * step; }

// Large products.

struct Stage {
  const struct Product *product;
  size_t row, column, at; // where the stretch begins
  size_t rows, columns, depth;
  float *packed_a, *packed_b; // null: read as it lies
};

static void pack_panels(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Stage *s = context;
  const struct Product *p = s->product;
  for (size_t panel = begin; panel < end; panel++) {
    const size_t j = panel * COLUMNS;
    const float *from = p->b + s->at * p->b_row + (s->column + j) * p->b_column;
    pack_panel(s->packed_b + j * s->depth, from, s->depth, smaller(COLUMNS, s->columns - j), p->b_row, p->b_column);
  }
}

static void pack_tiles(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Stage *s = context;
  const struct Product *p = s->product;
  for (size_t one = begin; one < end; one++) {
    const size_t i = one * ROWS;
    const float *from = p->a + (s->row + i) * p->a_row + s->at * p->a_column;
    pack_tile(s->packed_a + i * s->depth, from, s->depth, smaller(ROWS, s->rows - i), p->a_column, p->a_row);
  }
}

// The last panel of B is copied where B is read as it lies: a whole panel there would reach beyond its end.
static void multiply_as_it_lies(struct Block *block, const struct Product *product, size_t column, size_t at) {
  const size_t all_columns = block->columns, whole = all_columns / COLUMNS * COLUMNS;
  block->columns = whole;
  if (whole > 0) multiply_block(block);
  if (whole < all_columns) {
    float panel[DEPTH * COLUMNS] __attribute__((aligned(64)));
    struct Block last = *block;
    last.columns = all_columns - whole;
    pack_panel(panel, product->b + at * product->b_row + column + whole, block->depth, last.columns, product->b_row, 1);
    read_packed_b(&last, panel, 0);
    last.start = block->start ? block->start + whole : 0;
    last.c = block->c + whole;
    multiply_block(&last);
  }
  block->columns = all_columns;
}

static void multiply_piece(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Stage *s = context;
  const struct Product *p = s->product;
  const size_t row_blocks = (s->rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (size_t piece = begin; piece < end; piece++) {
    const size_t i = piece % row_blocks * BLOCK_ROWS, j = piece / row_blocks * BLOCK_COLUMNS;
    const size_t row = s->row + i, column = s->column + j;
    struct Block block = {.depth = s->depth, .c_stride = p->columns};
    block.c = p->c + row * p->columns + column;
    block.rows = smaller(BLOCK_ROWS, s->rows - i);
    block.columns = smaller(BLOCK_COLUMNS, s->columns - j);
    block.start = s->at > 0 ? 0 : p->bias ? p->bias + column : no_bias;
    if (s->packed_a) read_packed_a(&block, s->packed_a, i);
    else read_a(&block, p, row, s->at);
    if (s->packed_b) {
      read_packed_b(&block, s->packed_b, j);
      multiply_block(&block);
    } else {
      read_b(&block, p, column, s->at);
      multiply_as_it_lies(&block, p, column, s->at);
    }
    if (s->at + s->depth == p->depth) activate_block(p, &block);
  }
}

// Pieces of about 16 thousand multiplications or more.
static size_t grain_of(size_t multiplications) { return 1 + 16384 / (multiplications + 1); }

static void multiply_large(const struct Product *p) {
  const size_t stretches = larger(1, (p->depth + DEPTH - 1) / DEPTH);
  const size_t stretch = (p->depth + stretches - 1) / stretches;
  struct Stage s = {.product = p};
  for (s.column = 0; s.column < p->columns; s.column += STRIP) {
    s.columns = smaller(STRIP, p->columns - s.column);
    for (size_t part = 0; part < stretches; part++) {
      s.at = smaller(part * stretch, p->depth);
      s.depth = smaller(stretch, p->depth - s.at);
      s.packed_b = reads_b_as_it_lies(p) ? 0 : p->scratch;
      if (s.packed_b) parallel((s.columns + COLUMNS - 1) / COLUMNS, grain_of(s.depth * COLUMNS), pack_panels, &s);
      for (s.row = 0; s.row < p->rows; s.row += STRIP) {
        s.rows = smaller(STRIP, p->rows - s.row);
        s.packed_a = reads_a_as_it_lies(p) ? 0 : p->scratch + padded(smaller(STRIP, p->columns), COLUMNS) * stretch;
        if (s.packed_a) parallel((s.rows + ROWS - 1) / ROWS, grain_of(s.depth * ROWS), pack_tiles, &s);
        const size_t row_blocks = (s.rows + BLOCK_ROWS - 1) / BLOCK_ROWS, column_blocks = (s.columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
        const size_t work = smaller(s.rows, BLOCK_ROWS) * smaller(s.columns, BLOCK_COLUMNS) * s.depth;
        parallel(row_blocks * column_blocks, grain_of(work), multiply_piece, &s);
      }
    }
  }
}

// Batches of small products.

static void multiply_small(const struct Product *p) {
  float packed[SMALL] __attribute__((aligned(64)));
  struct Block block = {.depth = p->depth, .c = p->c, .c_stride = p->columns, .rows = p->rows, .columns = p->columns};
  block.start = p->bias ? p->bias : no_bias;
  read_a(&block, p, 0, 0);
  if (reads_b_as_it_lies(p)) {
    read_b(&block, p, 0, 0);
    multiply_as_it_lies(&block, p, 0, 0);
  } else {
    for (size_t j = 0; j < p->columns; j += COLUMNS) {
      pack_panel(packed + j * p->depth, p->b + j * p->b_column, p->depth, smaller(COLUMNS, p->columns - j), p->b_row, p->b_column);
    }
    read_packed_b(&block, packed, 0);
    multiply_block(&block);
  }
  activate_block(p, &block);
}

static void small_entries(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  for (size_t entry = begin; entry < end; entry++) {
    const struct Product one = entry_of(context, entry);
    multiply_small(&one);
  }
}

static int is_small(const struct Product *p) {
  return p->depth <= DEPTH && p->columns <= STRIP && padded(p->columns, COLUMNS) * p->depth <= SMALL && (p->a_column == 1 || p->a_row == 1);
}

// A few rows.

struct ThinStage {
  const struct Product *product;
  size_t chunk, chunks; // columns of a chunk; chunks of one entry
  int turned;           // C is written the other way round
};

static void thin_pieces(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct ThinStage *s = context;
  for (size_t piece = begin; piece < end; piece++) {
    const struct Product p = entry_of(s->product, piece / s->chunks);
    const size_t from = piece % s->chunks * s->chunk, width = smaller(s->chunk, p.columns - from);
    const struct Thin thin = {p.a, p.b, p.rows, p.depth, p.a_row, p.a_column, p.b_row, p.b_column};
    float sums[THIN * THIN_CHUNK] = {0};
    if (p.b_column == 1) thin_by_rows(&thin, from, width, sums);
    else thin_by_columns(&thin, from, width, sums);
    for (size_t i = 0; i < p.rows; i++) {
      for (size_t j = 0; j < width; j++) {
        float *sum = sums + i * THIN_CHUNK + j;
        if (p.bias) *sum += p.bias[s->turned ? i : from + j];
      }
      if (p.activation != NONE) activate_row(p.activation, p.slope, sums + i * THIN_CHUNK, width);
      for (size_t j = 0; j < width; j++) {
        p.c[s->turned ? (from + j) * p.rows + i : i * p.columns + from + j] = sums[i * THIN_CHUNK + j];
      }
    }
  }
}

static int is_thin(const struct Product *p) {
  return p->rows <= THIN && (p->b_column == 1 || (p->b_row == 1 && p->a_column == 1));
}

static void multiply_thin(const struct Product *p, int turned) {
  struct ThinStage s = {.product = p, .chunk = p->b_column == 1 ? THIN_CHUNK : 32, .turned = turned};
  s.chunks = (p->columns + s.chunk - 1) / s.chunk;
  parallel(p->batch * s.chunks, grain_of(p->rows * p->depth * smaller(p->columns, s.chunk)), thin_pieces, &s);
}

// C = A · B is Cᵀ = Bᵀ · Aᵀ.
static struct Product turned(const struct Product *p) {
  struct Product other = *p;
  other.a = p->b, other.b = p->a;
  other.rows = p->columns, other.columns = p->rows;
  other.a_row = p->b_column, other.a_column = p->b_row;
  other.b_row = p->a_column, other.b_column = p->a_row;
  for (int level = 0; level < LEVELS; level++) other.a_batch[level] = p->b_batch[level], other.b_batch[level] = p->a_batch[level];
  return other;
}

static void multiply(const struct Product *p) {
  const struct Product other = turned(p);
  if (is_thin(p)) multiply_thin(p, 0);
  else if (is_thin(&other)) multiply_thin(&other, 1);
  else if (is_small(p) && p->batch >= 4) {
    parallel(p->batch, grain_of(p->rows * p->columns * p->depth), small_entries, p);
  } else {
    for (size_t entry = 0; entry < p->batch; entry++) {
      const struct Product one = entry_of(p, entry);
      multiply_large(&one);
    }
  }
}

static struct Product product_of(const double *a) {
  struct Product p = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), FLOATS(4), SIZE(5), SIZE(6), SIZE(7), SIZE(8), SIZE(9), SIZE(10), SIZE(11),
                      INT(12), FLOAT(13), .batch = 1};
  for (int level = 0; level < LEVELS; level++) {
    p.sizes[level] = SIZE(14 + level);
    p.a_batch[level] = SIZE(14 + LEVELS + level);
    p.b_batch[level] = SIZE(14 + 2 * LEVELS + level);
    p.batch *= p.sizes[level];
  }
  return p;
}

// Panels of a and b, each read as it lies or packed; a vector times a matrix packs nothing.
WORKSPACE(matmul) {
  const size_t rows = SIZE(0), columns = SIZE(1), depth = SIZE(2);
  if (rows == 1 || columns == 1) return 0;
  return (double)(smaller(depth, 512) * (smaller(rows, 2048) + smaller(columns, 2048) + 64) * sizeof(float));
}

// a float, b float, bias float [columns] or none, c float [batch × rows × columns], workspace · rows, columns, depth; strides of a:
// from row to row, from column to column; the same of b; activation (0 none, 1 relu, 2 relu6, 3 elu, 4 leaky relu, 5 sigmoid), slope of the
// leaky one; then sizes of the four levels of the batch, outermost first, strides of a at these levels, strides of b.
//
// c = activation(a · b + bias), where a has rows × depth numbers and b depth × columns.
KERNEL(matmul) {
  const struct Product p = product_of(a);
  if (p.batch > 0 && p.rows > 0 && p.columns > 0) multiply(&p);
  return 0;
}

static void multiply_whole_numbers(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Product *all_entries = context;
  for (size_t row = begin; row < end; row++) {
    const struct Product p = entry_of(all_entries, row / all_entries->rows);
    const int32_t *a = (const int32_t *)p.a + row % p.rows * p.a_row, *b = (const int32_t *)p.b;
    uint32_t *c = (uint32_t *)p.c + row % p.rows * p.columns;
    for (size_t j = 0; j < p.columns; j++) c[j] = 0;
    for (size_t k = 0; k < p.depth; k++) {
      const uint32_t x = (uint32_t)a[k * p.a_column];
      for (size_t j = 0; j < p.columns; j++) c[j] += x * (uint32_t)b[k * p.b_row + j * p.b_column];
    }
  }
}

// As matmul, for whole numbers, which wrap around: a int, b int, no bias, c int, no workspace · the same numbers, no activation.
KERNEL(matmul_int) {
  const struct Product p = product_of(a);
  if (p.batch > 0 && p.rows > 0 && p.columns > 0) {
    parallel(p.batch * p.rows, grain_of(p.columns * p.depth), multiply_whole_numbers, &p);
  }
  return 0;
}
