// Sparse attention, backward: weights are computed anew from the log-sum-exp and what its rounding took.
//
// Key tiles are the outer loop: their keys and values are turned once, a lane for each key, and queries are read as numbers that are spread
// over the lanes. With enough heads, a head is one piece of work and all five products of a pair of tiles are done there; with few, the
// gradients of keys (a piece for each key tile) and of queries (for each query tile) are made apart, with seven products in all. Either way
// every sum has one order, whatever the threads.
#include "attention-visible.h"

// Heads of a batch from which on a head is one piece of work.
#define HEADS_FOR_PIECES 4

struct Backward {
  const float *q, *k, *v, *d_output, *logsum, *rest, *delta;
  float *dq, *dk, *dv, *scratch;
  struct Pass pass;
  struct Entries entries;
  size_t heads, queries, keys;
  size_t width, value_width; // of queries and keys, and of values and the output
  size_t padded;             // the width in whole vectors
  float scale;
  int with_queries;
  size_t first, tiles; // the key tiles of a layer, as places in the order of the plan
  size_t slot, grain;
};

// A tile of the outer loop, and buffers for what it meets.
struct Tile {
  size_t entry, head;
  float *first, *second;       // [width × LANES], [value width × LANES]: keys and values, or queries and gradients of outputs, as columns
  float *d_first, *d_second;   // the same: gradients of keys and values, or of queries, as columns
  float *scores, *d_scores;    // [LANES × LANES]
  float *padded_keys;          // [LANES × padded]
  float *gathered, *gathered_too; // [LANES × width], [LANES × value width]
  float *d_queries;            // [LANES × padded]
  struct Labels labels;
  int keys_are_finite; // only where gradients of queries are made along
};

static size_t scratch_floats(size_t width, size_t value_width, size_t padded) {
  return 2 * LANES * LANES + 3 * (width + value_width) * LANES + 2 * padded * LANES;
}

static struct Tile tile_in(const struct Backward *b, float *scratch) {
  const size_t square = b->width * LANES, value_square = b->value_width * LANES, padded = b->padded * LANES;
  struct Tile tile = {.scores = scratch, .d_scores = scratch + LANES * LANES};
  scratch += 2 * LANES * LANES;
  tile.first = scratch;
  tile.d_first = scratch + square;
  tile.gathered = scratch + 2 * square;
  scratch += 3 * square;
  tile.second = scratch;
  tile.d_second = scratch + value_square;
  tile.gathered_too = scratch + 2 * value_square;
  scratch += 3 * value_square;
  tile.padded_keys = scratch;
  tile.d_queries = scratch + padded;
  return tile;
}

// Of each query of a tile, its log-sum-exp and what rounding took from it (0 where it sees nothing: all of its row is hidden), and its δ
// times the scale.
struct RowNumbers {
  float logsum[LANES];
  float rest[LANES];
  float delta[LANES];
};

INLINE void read_numbers(struct RowNumbers *numbers, const struct Backward *b, size_t head, const int32_t *rows) {
  for (int i = 0; i < LANES; i++) {
    numbers->logsum[i] = 0.0f;
    numbers->rest[i] = 0.0f;
    numbers->delta[i] = 0.0f;
    if (i >= b->pass.tile || rows[i] < 0) continue;
    size_t row = head * b->queries + rows[i];
    numbers->logsum[i] = b->logsum[row] == -__builtin_inff() ? 0.0f : b->logsum[row];
    numbers->rest[i] = b->rest[row];
    numbers->delta[i] = b->delta[row] * b->scale;
  }
}

// The same numbers, for the lanes of a vector.
struct LaneNumbers {
  vec logsum, rest, delta;
};

INLINE struct LaneNumbers spread_numbers(const struct RowNumbers *numbers, int row) {
  return (struct LaneNumbers){all(numbers->logsum[row]), all(numbers->rest[row]), all(numbers->delta[row])};
}

INLINE struct LaneNumbers load_numbers(const struct RowNumbers *numbers, size_t first) {
  return (struct LaneNumbers){load(numbers->logsum + first), load(numbers->rest + first), load(numbers->delta + first)};
}

// Scores become weights, and gradients of weights, times the scale, become gradients of scores; 0 where a lane is hidden.
INLINE void weigh(float *score, float *d_score, struct LaneNumbers of, ivec lanes) {
  vec weight = weight_of(load(score) - of.logsum - of.rest);
  vec d = weight * (load(d_score) - of.delta);
  store(score, from_bits(bits(weight) & lanes));
  store(d_score, from_bits(bits(d) & lanes));
}

// Adds rows of a tile to the rows of a head.
INLINE void add_rows(float *to, const float *from, size_t step, const int32_t *rows, int count, size_t width) {
  for (int r = 0; r < count; r++) {
    if (rows[r] < 0) continue;
    for (size_t d = 0; d < width; d++) to[(size_t)rows[r] * width + d] += from[r * step + d];
  }
}

// The queries of a strip: dQ += dS · K.
static void add_to_queries(const struct Tile *tile, const struct Backward *b, const struct Strip *strip, struct Visible visible,
                           struct Rows keys, int t) {
  const int from = strip->granule * GRANULE;
  const int inner = strip->granules * GRANULE < b->pass.tile - from ? strip->granules * GRANULE : b->pass.tile - from;
  const size_t vectors = b->padded / WIDTH;
  struct Rows d_scores = {tile->d_scores + strip->row * LANES + from, LANES};
  struct Rows some_keys = rows_from(keys, from);
  float *dq = b->dq + tile->head * b->queries * b->width;
  int32_t start = b->pass.query.starts[t];
  const int in_place = start >= 0 && b->padded == b->width;
  struct Rows to = {in_place ? dq + (start + strip->row) * b->width : tile->d_queries, b->padded};
  if (!in_place) __builtin_memset(to.at, 0, strip->rows * b->padded * sizeof(float));
  if (hides(visible) && !tile->keys_are_finite) add_rows_with_care(strip->rows, vectors, to, d_scores, some_keys, inner, visible);
  else add_product_of_rows(strip->rows, vectors, to, d_scores, some_keys, inner);
  if (!in_place) add_rows(dq, to.at, b->padded, b->pass.query.rows + t * b->pass.tile + strip->row, strip->rows, b->width);
}

// A strip of rows against the columns of the tile: its scores and the gradients of its weights, and the rows that they came from.
struct Scored {
  size_t from, vectors; // the first column of the tile, and how many vectors of them
  struct Rows scores, d_scores, first, second;
};

INLINE struct Scored score_strip(const struct Tile *tile, const struct Backward *b, const struct Strip *strip, struct Rows first,
                                 struct Rows second) {
  const size_t from = strip->granule * GRANULE, vectors = strip->granules * GRANULE_VECTORS, cell = strip->row * LANES + from;
  struct Scored scored = {from, vectors, {tile->scores + cell, LANES}, {tile->d_scores + cell, LANES}, rows_from(first, strip->row),
                          rows_from(second, strip->row)};
  product_of_rows(strip->rows, vectors, scored.scores, scored.first, (struct Rows){tile->first + from, LANES}, b->width, b->scale);
  product_of_rows(strip->rows, vectors, scored.d_scores, scored.second, (struct Rows){tile->second + from, LANES}, b->value_width, b->scale);
  return scored;
}

// Each row of the strip has its own numbers.
INLINE void weigh_rows(struct Scored at, int rows, const struct RowNumbers *numbers, int first, struct Visible visible, const int hiding) {
  for (int r = 0; r < rows; r++) {
    const struct LaneNumbers of = spread_numbers(numbers, first + r);
    const struct VisibleRow row = visible_row(visible, r);
    for (size_t v = 0; v < at.vectors; v++) {
      const size_t cell = r * LANES + v * WIDTH;
      weigh(at.scores.at + cell, at.d_scores.at + cell, of, hiding ? visible_lanes(row, (int)v) : all_int(-1));
    }
  }
}

// Each lane has its own numbers.
INLINE void weigh_lanes(struct Scored at, int rows, const struct RowNumbers *numbers, struct Visible visible, const int hiding) {
  for (size_t v = 0; v < at.vectors; v++) {
    const struct LaneNumbers of = load_numbers(numbers, at.from + v * WIDTH);
    for (int r = 0; r < rows; r++) {
      const size_t cell = r * LANES + v * WIDTH;
      weigh(at.scores.at + cell, at.d_scores.at + cell, of, hiding ? visible_lanes(visible_row(visible, r), (int)v) : all_int(-1));
    }
  }
}

// A strip of queries against the keys of the tile: dV += Pᵀ · dO, dK += dSᵀ · Q.
static void meet_strip(const struct Tile *tile, const struct Backward *b, const struct Strip *strip, struct Visible visible,
                       struct Rows queries, struct Rows d_output, const struct RowNumbers *numbers) {
  struct Scored at = score_strip(tile, b, strip, queries, d_output);
  if (hides(visible)) weigh_rows(at, strip->rows, numbers, strip->row, visible, 1);
  else weigh_rows(at, strip->rows, numbers, strip->row, visible, 0);
  add_visible_columns(b->value_width, at.vectors, (struct Rows){tile->d_second + at.from, LANES}, at.second, at.scores, strip->rows, visible);
  add_visible_columns(b->width, at.vectors, (struct Rows){tile->d_first + at.from, LANES}, at.first, at.d_scores, strip->rows, visible);
}

static void meet_queries(const struct Tile *tile, const struct Backward *b, struct Rows keys, int t, int mask) {
  const struct Side *query = &b->pass.query;
  const int32_t *rows = query->rows + t * b->pass.tile;
  struct Labels labels;
  enum Sight sight = SEES_ALL;
  if (has_labels(&b->entries)) {
    read_labels(&labels, &b->entries, tile->entry, rows, b->pass.tile, 0);
    sight = sight_of(&labels, &tile->labels);
  }
  if (sight == SEES_NOTHING) return;
  struct RowNumbers numbers;
  read_numbers(&numbers, b, tile->head, rows);
  const float *q = b->q + tile->head * b->queries * b->width, *gradient = b->d_output + tile->head * b->queries * b->value_width;
  struct Rows queries = tile_rows(query, b->pass.tile, t, q, b->width, tile->gathered);
  struct Rows d_output = tile_rows(query, b->pass.tile, t, gradient, b->value_width, tile->gathered_too);
  const struct Strip *strips = query->strips + mask * STRIPS;
  for (int s = 0; s < STRIPS && strips[s].rows > 0; s++) {
    struct Visible visible = visible_in(strips + s, query->words + mask * b->pass.tile, sight == SEES_SOME ? &labels : 0, &tile->labels);
    meet_strip(tile, b, strips + s, visible, queries, d_output, &numbers);
    if (b->with_queries) add_to_queries(tile, b, strips + s, visible, keys, t);
  }
}

// Keys as rows of whole vectors.
INLINE struct Rows padded_rows(struct Rows rows, int tile, size_t width, size_t padded, float *to) {
  if (width == padded) return rows;
  for (int r = 0; r < tile; r++) {
    __builtin_memcpy(to + r * padded, rows.at + r * rows.step, width * sizeof(float));
    __builtin_memset(to + r * padded + width, 0, (padded - width) * sizeof(float));
  }
  return (struct Rows){to, padded};
}

static void key_tile(struct Tile *tile, const struct Backward *b, int t) {
  const struct Side *key = &b->pass.key;
  const int32_t *rows = key->rows + t * b->pass.tile;
  const size_t at = tile->head * b->keys * b->width, values_at = tile->head * b->keys * b->value_width;
  if (key->pointers[t] == key->pointers[t + 1]) return;
  if (has_labels(&b->entries)) read_labels(&tile->labels, &b->entries, tile->entry, rows, b->pass.tile, 1);
  // Gathered keys stay until the tile is done.
  struct Rows keys = tile_rows(key, b->pass.tile, t, b->k + at, b->width, b->width == b->padded ? tile->padded_keys : tile->d_first);
  columns_of_rows(tile->first, b->k + at, rows, b->pass.tile, b->width);
  columns_of_rows(tile->second, b->v + values_at, rows, b->pass.tile, b->value_width);
  tile->keys_are_finite = b->with_queries && all_finite(keys.at, b->pass.tile * b->width);
  keys = padded_rows(keys, b->pass.tile, b->width, b->padded, tile->padded_keys);
  __builtin_memset(tile->d_first, 0, b->width * LANES * sizeof(float));
  __builtin_memset(tile->d_second, 0, b->value_width * LANES * sizeof(float));
  for (int run = key->pointers[t]; run < key->pointers[t + 1]; run++) {
    const struct Run *tiles = key->runs + run;
    for (int step = 0; step < tiles->count; step++) meet_queries(tile, b, keys, tiles->first + step, tiles->mask);
  }
  rows_of_columns(b->dk + at, rows, b->pass.tile, b->width, tile->d_first, 1);
  rows_of_columns(b->dv + values_at, rows, b->pass.tile, b->value_width, tile->d_second, 1);
}

static void place(struct Tile *tile, const struct Backward *b, size_t index) {
  tile->entry = index / b->pass.group_heads;
  tile->head = tile->entry * b->heads + b->pass.heads[index % b->pass.group_heads];
}

// Some key tiles of a head, or all of them.
static void keys_item(const struct Backward *b, size_t item, float *scratch) {
  struct Tile tile = tile_in(b, scratch);
  if (b->with_queries) {
    place(&tile, b, item);
    for (int t = 0; t < b->pass.key.tiles; t++) key_tile(&tile, b, t);
  } else {
    place(&tile, b, item / b->tiles);
    key_tile(&tile, b, b->pass.key_order[b->first + item % b->tiles]);
  }
}

// A strip of keys against the queries of the tile: dQ += dS · K, a lane for each query.
static void meet_key_strip(const struct Tile *tile, const struct Backward *b, const struct Strip *strip, struct Visible visible,
                           struct Rows keys, struct Rows values, const struct RowNumbers *numbers) {
  struct Scored at = score_strip(tile, b, strip, keys, values);
  if (hides(visible)) weigh_lanes(at, strip->rows, numbers, visible, 1);
  else weigh_lanes(at, strip->rows, numbers, visible, 0);
  add_visible_columns(b->width, at.vectors, (struct Rows){tile->d_first + at.from, LANES}, at.first, at.d_scores, strip->rows, visible);
}

static void meet_keys(const struct Tile *tile, const struct Backward *b, const struct RowNumbers *numbers, int t, int mask) {
  const struct Side *key = &b->pass.key;
  struct Labels labels;
  enum Sight sight = SEES_ALL;
  if (has_labels(&b->entries)) {
    read_labels(&labels, &b->entries, tile->entry, key->rows + t * b->pass.tile, b->pass.tile, 1);
    sight = sight_of(&tile->labels, &labels);
  }
  if (sight == SEES_NOTHING) return;
  const float *k = b->k + tile->head * b->keys * b->width, *v = b->v + tile->head * b->keys * b->value_width;
  struct Rows keys = tile_rows(key, b->pass.tile, t, k, b->width, tile->gathered);
  struct Rows values = tile_rows(key, b->pass.tile, t, v, b->value_width, tile->gathered_too);
  const struct Strip *strips = key->strips + mask * STRIPS;
  for (int s = 0; s < STRIPS && strips[s].rows > 0; s++) {
    struct Visible visible = visible_in(strips + s, key->words + mask * b->pass.tile, sight == SEES_SOME ? &labels : 0, &tile->labels);
    meet_key_strip(tile, b, strips + s, visible, keys, values, numbers);
  }
}

// One query tile of a head.
static void queries_item(const struct Backward *b, size_t item, float *scratch) {
  const struct Side *query = &b->pass.query;
  struct Tile tile = tile_in(b, scratch);
  int t = query->tiles - 1 - (int)(item % query->tiles);
  place(&tile, b, item / query->tiles);
  const int32_t *rows = query->rows + t * b->pass.tile;
  const size_t at = tile.head * b->queries * b->width;
  struct RowNumbers numbers;
  read_numbers(&numbers, b, tile.head, rows);
  if (has_labels(&b->entries)) read_labels(&tile.labels, &b->entries, tile.entry, rows, b->pass.tile, 0);
  columns_of_rows(tile.first, b->q + at, rows, b->pass.tile, b->width);
  columns_of_rows(tile.second, b->d_output + tile.head * b->queries * b->value_width, rows, b->pass.tile, b->value_width);
  __builtin_memset(tile.d_first, 0, b->width * LANES * sizeof(float));
  for (int run = query->pointers[t]; run < query->pointers[t + 1]; run++) {
    const struct Run *tiles = query->runs + run;
    for (int step = 0; step < tiles->count; step++) meet_keys(&tile, b, &numbers, tiles->first + step, tiles->mask);
  }
  rows_of_columns(b->dq + at, rows, b->pass.tile, b->width, tile.d_first, 1);
}

typedef void (*Item)(const struct Backward *b, size_t item, float *scratch);

INLINE void on_stack(Item item, const void *context, size_t begin, size_t end) {
  float scratch[STACK_FLOATS] __attribute__((aligned(64)));
  for (; begin < end; begin++) item(context, begin, scratch);
}

INLINE void in_slot(Item item, const struct Backward *b, size_t begin, size_t end) {
  float *scratch = b->scratch + begin / b->grain * b->slot;
  for (; begin < end; begin++) item(b, begin, scratch);
}

static void keys_on_stack(const void *b, size_t begin, size_t end, int thread) { (void)thread, on_stack(keys_item, b, begin, end); }
static void keys_in_slot(const void *b, size_t begin, size_t end, int thread) { (void)thread, in_slot(keys_item, b, begin, end); }
static void queries_on_stack(const void *b, size_t begin, size_t end, int thread) { (void)thread, on_stack(queries_item, b, begin, end); }
static void queries_in_slot(const void *b, size_t begin, size_t end, int thread) { (void)thread, in_slot(queries_item, b, begin, end); }

static struct Backward arguments(const double *a) {
  struct Backward b = {
      .q = FLOATS(0), .k = FLOATS(1), .v = FLOATS(2), .d_output = FLOATS(3), .logsum = FLOATS(4), .rest = FLOATS(5), .delta = FLOATS(6),
      .pass = read_pass(INTS(7), a + 22), .entries = {.lengths = INTS(8), .documents = INTS(9), .keys = SIZE(17), .offset = SIZE(20)},
      .dq = FLOATS(10), .dk = FLOATS(11), .dv = FLOATS(12), .scratch = FLOATS(13),
      .heads = SIZE(15), .queries = SIZE(16), .keys = SIZE(17), .width = SIZE(18), .value_width = SIZE(19), .scale = FLOAT(21),
      .padded = (SIZE(18) + WIDTH - 1) / WIDTH * WIDTH,
  };
  b.slot = scratch_floats(b.width, b.value_width, b.padded);
  return b;
}

static void run(struct Backward *b, size_t items, Body stack, Body slot) {
  int fits = b->slot <= STACK_FLOATS;
  b->grain = fits ? 1 : (items + SLOTS - 1) / SLOTS;
  parallel(items, b->grain, fits ? stack : slot, b);
}

// Key tiles of a layer share no key: layer after layer, a piece of work for each tile and head. Then one for each query tile and head.
static void run_tiles(struct Backward *b, size_t heads) {
  const int32_t *starts = b->pass.layer_starts;
  for (int layer = 0; layer < b->pass.key_layers; layer++) {
    b->first = (size_t)starts[layer];
    b->tiles = (size_t)(starts[layer + 1] - starts[layer]);
    run(b, heads * b->tiles, keys_on_stack, keys_in_slot);
  }
  run(b, heads * b->pass.query.tiles, queries_on_stack, queries_in_slot);
}

// A vector is at most a granule wide on every machine.
WORKSPACE(attention_backward) {
  return workspace_of(scratch_floats(SIZE(4), SIZE(5), (SIZE(4) + GRANULE - 1) / GRANULE * GRANULE));
}

// Adds the gradients of one pass of a plan, for the heads of its group.
// q float [batch × heads × queries × width], k float [batch × heads × keys × width], v float [batch × heads × keys × value width], dOutput
// float [batch × heads × queries × value width], logsum, its rest and δ float [batch × heads × queries], pass int (read_pass says how it
// lies), lengths int [batch] or 0, documents int [batch × keys] or 0 → dq, dk, dv float as q, k, v, workspace · batch, heads, queries, keys,
// width, value width, offset, scale; rows of a tile, heads of the group, query tiles, key tiles
KERNEL(attention_backward) {
  struct Backward b = arguments(a);
  const size_t heads = SIZE(14) * b.pass.group_heads;
  b.with_queries = heads >= HEADS_FOR_PIECES;
  if (b.with_queries) run(&b, heads, keys_on_stack, keys_in_slot);
  else run_tiles(&b, heads);
  return 0;
}

struct Delta {
  const float *d_output, *output, *d_logsum;
  float *delta;
  size_t width;
};

static void delta_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Delta *d = context;
  for (size_t row = begin; row < end; row++) {
    const float *x = d->d_output + row * d->width, *y = d->output + row * d->width;
    vec sums = all(0.0f);
    size_t i = 0;
    for (; i + WIDTH <= d->width; i += WIDTH) sums = multiply_add(load(x + i), load(y + i), sums);
    float sum = sum_lanes(sums);
    for (; i < d->width; i++) sum += x[i] * y[i];
    d->delta[row] = sum - d->d_logsum[row];
  }
}

// dOutput and output float [rows × width], dLogSumExp float [rows] → δ float [rows]: Σ dOutput ∘ output − dLogSumExp · rows, width
KERNEL(attention_delta) {
  struct Delta d = {FLOATS(0), FLOATS(1), FLOATS(2), FLOATS(3), SIZE(5)};
  parallel(SIZE(4), 1 + 65536 / (SIZE(5) + 1), delta_rows, &d);
  return 0;
}
