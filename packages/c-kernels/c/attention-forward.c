// Sparse attention, forward: an online softmax over the key tiles of each query tile.
//
// All is kept transposed, a lane for each query: maximum, exponential and sum go lane by lane, and keys and values are read as numbers that
// are spread over the lanes, where they lie.
#include "attention-visible.h"
#include "elementary.h"

// Below any score, and yet a number: differences of two of them are no NaN.
#define LOWEST (-3.402823466e38f)

// Scores may be so far above the maximum that they are weighed against: weights up to e^2 lose nothing, and most tiles need no correction.
#define MOST_RISE 2.0f

struct Forward {
  const float *q, *k, *v;
  float *output, *logsum, *sums, *scratch;
  struct Pass pass;
  struct Entries entries;
  size_t heads, queries, keys;
  size_t width, value_width; // of queries and keys, and of values and the output
  float scale;
  int resumes, finishes;
  size_t slot, grain;
};

// One query tile: its queries, and what it has attended to so far.
struct Tile {
  float largest[LANES];
  float sum[LANES];
  float *queries;  // [width × LANES]
  float *attended; // [value width × LANES]
  float *scores;   // [LANES × LANES], a row for each key
  float *gathered_keys, *gathered_values;
  struct Labels labels;
};

static size_t scratch_floats(size_t width, size_t value_width) { return LANES * LANES + 2 * (width + value_width) * LANES; }

// Raises the maximum that scores are weighed against where one of a strip is far above it, and weighs down what was attended so far. Other
// lanes keep their bits: what one query sees changes nothing for its neighbours.
INLINE void raise_largest(struct Tile *tile, const struct Strip *strip, int v, size_t value_width) {
  const float *scores = tile->scores + strip->row * LANES + v * WIDTH;
  vec before = load(tile->largest + v * WIDTH), now = before;
  for (int r = 0; r < strip->rows; r++) now = maximum(now, load(scores + r * LANES));
  ivec rises = now > before + all(MOST_RISE);
  if (!some_lane(rises)) return;
  now = choose(rises, now, before);
  vec factor = weight_of(before - now);
  store(tile->largest + v * WIDTH, now);
  store(tile->sum + v * WIDTH, load(tile->sum + v * WIDTH) * factor);
  for (size_t d = 0; d < value_width; d++) {
    float *cell = tile->attended + d * LANES + v * WIDTH;
    store(cell, load(cell) * factor);
  }
}

// Scores become weights.
INLINE void weigh(struct Tile *tile, const struct Strip *strip, int v) {
  float *scores = tile->scores + strip->row * LANES + v * WIDTH;
  vec largest = load(tile->largest + v * WIDTH), sum = all(0.0f);
  for (int r = 0; r < strip->rows; r++) {
    vec weight = weight_of(load(scores + r * LANES) - largest);
    store(scores + r * LANES, weight);
    sum += weight;
  }
  store(tile->sum + v * WIDTH, load(tile->sum + v * WIDTH) + sum);
}

static void attend_strip(struct Tile *tile, const struct Forward *f, const struct Strip *strip, const uint64_t *words, struct Rows keys,
                         struct Rows values, const struct Labels *labels) {
  const size_t from = strip->granule * GRANULE, vectors = strip->granules * GRANULE_VECTORS;
  const struct Visible visible = visible_in(strip, words, labels, &tile->labels);
  struct Rows scores = {tile->scores + strip->row * LANES + from, LANES};
  product_of_rows(strip->rows, vectors, scores, rows_from(keys, strip->row), (struct Rows){tile->queries + from, LANES}, f->width, f->scale);
  if (hides(visible)) hide(scores, strip->rows, (int)vectors, visible);
  for (size_t v = from / WIDTH; v < from / WIDTH + vectors; v++) {
    raise_largest(tile, strip, v, f->value_width);
    weigh(tile, strip, v);
  }
  add_visible_columns(f->value_width, vectors, (struct Rows){tile->attended + from, LANES}, rows_from(values, strip->row), scores, strip->rows,
                      visible);
}

static void attend_tile(struct Tile *tile, const struct Forward *f, size_t entry, size_t head, int key_tile, int mask) {
  const struct Side *key = &f->pass.key;
  struct Labels labels;
  enum Sight sight = SEES_ALL;
  if (has_labels(&f->entries)) {
    read_labels(&labels, &f->entries, entry, key->rows + key_tile * f->pass.tile, f->pass.tile, 1);
    sight = sight_of(&tile->labels, &labels);
  }
  if (sight == SEES_NOTHING) return;
  struct Rows keys = tile_rows(key, f->pass.tile, key_tile, f->k + head * f->keys * f->width, f->width, tile->gathered_keys);
  struct Rows values = tile_rows(key, f->pass.tile, key_tile, f->v + head * f->keys * f->value_width, f->value_width, tile->gathered_values);
  const struct Strip *strips = key->strips + mask * STRIPS;
  for (int s = 0; s < STRIPS && strips[s].rows > 0; s++) {
    attend_strip(tile, f, strips + s, key->words + mask * f->pass.tile, keys, values, sight == SEES_SOME ? &labels : 0);
  }
}

// The state of a query tile before its first key tile of this pass.
static void begin_tile(struct Tile *tile, const struct Forward *f, size_t entry, size_t head, int t) {
  const int rows_in_tile = f->pass.tile;
  const int32_t *rows = f->pass.query.rows + t * rows_in_tile;
  columns_of_rows(tile->queries, f->q + head * f->queries * f->width, rows, rows_in_tile, f->width);
  if (has_labels(&f->entries)) read_labels(&tile->labels, &f->entries, entry, rows, rows_in_tile, 0);
  for (int i = 0; i < LANES; i++) {
    int resumes = f->resumes && i < rows_in_tile && rows[i] >= 0;
    size_t row = head * f->queries + (resumes ? rows[i] : 0);
    tile->largest[i] = resumes ? f->logsum[row] : LOWEST;
    tile->sum[i] = resumes ? f->sums[row] : 0.0f;
  }
  if (f->resumes) {
    columns_of_rows(tile->attended, f->output + head * f->queries * f->value_width, rows, rows_in_tile, f->value_width);
  } else {
    __builtin_memset(tile->attended, 0, f->value_width * LANES * sizeof(float));
  }
}

// A log-sum-exp, and what rounding took from it (Knuth's sum of two): where scores are large, that is all of the logarithm.
struct LogSum {
  vec rounded, rest;
};

INLINE struct LogSum log_sum(vec largest, vec sum) {
  vec logarithm = log_of(sum), rounded = largest + logarithm, added = rounded - largest;
  ivec unseen = sum == all(0.0f);
  return (struct LogSum){
      choose(unseen, all(-__builtin_inff()), rounded),
      choose(unseen, all(0.0f), (largest - (rounded - added)) + (logarithm - added)),
  };
}

// The output and the log-sum-exp of finished lanes, in place of maximum and sum.
INLINE void end_lanes(struct Tile *tile, const struct Forward *f, int v) {
  vec sum = load(tile->sum + v * WIDTH);
  vec factor = choose(sum == all(0.0f), all(0.0f), all(1.0f) / sum);
  struct LogSum logsum = log_sum(load(tile->largest + v * WIDTH), sum);
  store(tile->largest + v * WIDTH, logsum.rounded);
  store(tile->sum + v * WIDTH, logsum.rest);
  for (size_t d = 0; d < f->value_width; d++) {
    float *cell = tile->attended + d * LANES + v * WIDTH;
    store(cell, load(cell) * factor);
  }
}

static void end_tile(struct Tile *tile, const struct Forward *f, size_t head, int t) {
  const int32_t *rows = f->pass.query.rows + t * f->pass.tile;
  for (int v = 0; f->finishes && v < LANES / WIDTH; v++) end_lanes(tile, f, v);
  for (int i = 0; i < f->pass.tile; i++) {
    if (rows[i] < 0) continue;
    size_t row = head * f->queries + rows[i];
    f->logsum[row] = tile->largest[i];
    f->sums[row] = tile->sum[i];
  }
  rows_of_columns(f->output + head * f->queries * f->value_width, rows, f->pass.tile, f->value_width, tile->attended, 0);
}

static void attend_item(const struct Forward *f, size_t item, float *scratch) {
  const struct Side *query = &f->pass.query;
  // The last query tiles see most: begin with them, so that the threads end together.
  int t = query->tiles - 1 - (int)(item % query->tiles);
  size_t entry = item / query->tiles / f->pass.group_heads;
  size_t head = entry * f->heads + f->pass.heads[item / query->tiles % f->pass.group_heads];
  const size_t square = f->width * LANES, value_square = f->value_width * LANES;
  struct Tile tile = {
      .queries = scratch,
      .gathered_keys = scratch + square,
      .attended = scratch + 2 * square,
      .gathered_values = scratch + 2 * square + value_square,
      .scores = scratch + 2 * (square + value_square),
  };
  begin_tile(&tile, f, entry, head, t);
  for (int run = query->pointers[t]; run < query->pointers[t + 1]; run++) {
    const struct Run *tiles = query->runs + run;
    for (int step = 0; step < tiles->count; step++) attend_tile(&tile, f, entry, head, tiles->first + step, tiles->mask);
  }
  end_tile(&tile, f, head, t);
}

static void attend_on_stack(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  float scratch[STACK_FLOATS] __attribute__((aligned(64)));
  for (size_t item = begin; item < end; item++) attend_item(context, item, scratch);
}

static void attend_in_slot(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Forward *f = context;
  for (size_t item = begin; item < end; item++) attend_item(f, item, f->scratch + begin / f->grain * f->slot);
}

WORKSPACE(attention_forward) { return workspace_of(scratch_floats(SIZE(4), SIZE(5))); }

// Attention over one pass of a plan, for the heads of its group.
// q float [batch × heads × queries × width], k float [batch × heads × keys × width], v float [batch × heads × keys × value width], pass int
// (read_pass says how it lies), lengths int [batch] or 0, documents int [batch × keys] or 0 → output float [batch × heads × queries × value
// width], logsum float [batch × heads × queries], sums float [batch × heads × queries], workspace · batch, heads, queries, keys, width,
// value width, offset, scale; rows of a tile, heads of the group, query tiles, key tiles; resumes, finishes
// Between passes, `output` holds sums without a divisor, `logsum` maxima, and `sums` their divisors; a pass that resumes reads them, one
// that does not finish writes them. In the end `sums` holds what rounding took from the log-sum-exp.
KERNEL(attention_forward) {
  struct Forward f = {
      .q = FLOATS(0), .k = FLOATS(1), .v = FLOATS(2), .pass = read_pass(INTS(3), a + 18),
      .entries = {.lengths = INTS(4), .documents = INTS(5), .keys = SIZE(13), .offset = SIZE(16)},
      .output = FLOATS(6), .logsum = FLOATS(7), .sums = FLOATS(8), .scratch = FLOATS(9),
      .heads = SIZE(11), .queries = SIZE(12), .keys = SIZE(13), .width = SIZE(14), .value_width = SIZE(15), .scale = FLOAT(17),
      .resumes = INT(22), .finishes = INT(23), .slot = scratch_floats(SIZE(14), SIZE(15)),
  };
  size_t items = SIZE(10) * f.pass.group_heads * f.pass.query.tiles;
  int on_stack = f.slot <= STACK_FLOATS;
  f.grain = on_stack ? 1 : (items + SLOTS - 1) / SLOTS;
  parallel(items, f.grain, on_stack ? attend_on_stack : attend_in_slot, &f);
  return 0;
}

struct Unfinished {
  float *output, *logsum, *sums;
  size_t width;
};

static void finish_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Unfinished *u = context;
  for (size_t row = begin; row < end; row++) {
    float sum = u->sums[row], factor = sum == 0 ? 0 : 1 / sum;
    struct LogSum logsum = log_sum(all(u->logsum[row]), all(sum));
    u->logsum[row] = logsum.rounded[0];
    u->sums[row] = logsum.rest[0];
    for (size_t d = 0; d < u->width; d++) u->output[row * u->width + d] *= factor;
  }
}

// Finishes rows that no pass finished: output float [rows × width], logsum float [rows], sums float [rows], all changed in place · rows, width
KERNEL(attention_finish) {
  struct Unfinished u = {FLOATS(0), FLOATS(1), FLOATS(2), SIZE(4)};
  parallel(SIZE(3), 1 + 16384 / (SIZE(4) + 1), finish_rows, &u);
  return 0;
}

static void begin_rows(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct Unfinished *u = context;
  for (size_t row = begin; row < end; row++) {
    u->logsum[row] = LOWEST;
    u->sums[row] = 0;
  }
  __builtin_memset(u->output + begin * u->width, 0, (end - begin) * u->width * sizeof(float));
}

// What passes resume that saw no key so far → output float [rows × width], logsum float [rows], sums float [rows] · rows, width
KERNEL(attention_begin) {
  struct Unfinished u = {FLOATS(0), FLOATS(1), FLOATS(2), SIZE(4)};
  parallel(SIZE(3), 1 + 16384 / (SIZE(4) + 1), begin_rows, &u);
  return 0;
}
