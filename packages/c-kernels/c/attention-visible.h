// What is visible in a tile, and products that nothing hidden gets into.
//
// A weight of 0 keeps no number out, for 0 · NaN and 0 · ∞ are NaN. So what is hidden is chosen away, never multiplied away; and where cells
// of a strip are hidden, rows that hold such a number are added with care. One that is finite costs a look at each of its numbers.
#ifndef SPARSE_ATTENTION_VISIBLE_H
#define SPARSE_ATTENTION_VISIBLE_H

#include "attention-tile.h"

// What the batch entry of a call hides beside the plan. Both null: nothing.
struct Entries {
  const int32_t *lengths;   // [batch]: keys from this one on are padding
  const int32_t *documents; // [batch × keys]: the document of each position
  size_t keys;
  size_t offset; // the position of query 0
};

// Each row of a tile has a label; a query sees a key only if their labels are equal.
struct Labels {
  int32_t of[LANES];
  int32_t lowest;
  int32_t highest;
};

enum Sight { SEES_NOTHING, SEES_ALL, SEES_SOME };

// No document has this number.
#define PADDING_LABEL INT32_MIN

INLINE int has_labels(const struct Entries *entries) { return entries->lengths != 0 || entries->documents != 0; }

INLINE int32_t label_of(const struct Entries *entries, size_t entry, int32_t row, int is_key) {
  size_t position = (size_t)row + (is_key ? 0 : entries->offset);
  if (is_key && entries->lengths && row >= entries->lengths[entry]) return PADDING_LABEL;
  return entries->documents ? entries->documents[entry * entries->keys + position] : 0;
}

INLINE void read_labels(struct Labels *labels, const struct Entries *entries, size_t entry, const int32_t *rows, int tile, int is_key) {
  labels->lowest = INT32_MAX;
  labels->highest = PADDING_LABEL;
  for (int i = 0; i < LANES; i++) {
    labels->of[i] = PADDING_LABEL;
    if (i >= tile || rows[i] < 0) continue;
    int32_t label = label_of(entries, entry, rows[i], is_key);
    labels->of[i] = label;
    labels->lowest = label < labels->lowest ? label : labels->lowest;
    labels->highest = label > labels->highest ? label : labels->highest;
  }
}

INLINE enum Sight sight_of(const struct Labels *queries, const struct Labels *keys) {
  if (queries->highest < keys->lowest || keys->highest < queries->lowest) return SEES_NOTHING;
  int one_label = queries->lowest == queries->highest && keys->lowest == keys->highest;
  return one_label ? SEES_ALL : SEES_SOME;
}

// Lanes that are set in the lowest WIDTH bits.
INLINE ivec lanes_of(uint32_t word) {
  ivec lane;
  for (int i = 0; i < WIDTH; i++) lane[i] = 1 << i;
  return (all_int((int32_t)word) & lane) != 0;
}

// Which cells of a strip are pairs; all from its own first row and column.
struct Visible {
  const uint64_t *words; // of each row of the strip, the columns of the tile that it sees; 0: all
  const int32_t *rows, *columns; // labels, which must be equal; 0: they hide nothing
  int first;             // the strip's first column
};

// `rows` and `columns` are the labels of both sides of the tile, where labels hide some of it; else 0.
INLINE struct Visible visible_in(const struct Strip *strip, const uint64_t *words, const struct Labels *rows, const struct Labels *columns) {
  const int first = strip->granule * GRANULE;
  return (struct Visible){
      .words = strip->partial ? words + strip->row : 0,
      .rows = rows ? rows->of + strip->row : 0,
      .columns = rows ? columns->of + first : 0,
      .first = first,
  };
}

INLINE int hides(struct Visible visible) { return visible.words != 0 || visible.rows != 0; }

// What one row of a strip sees.
struct VisibleRow {
  uint64_t word;
  int32_t label;
  const int32_t *columns;
};

INLINE struct VisibleRow visible_row(struct Visible visible, int row) {
  return (struct VisibleRow){
      .word = visible.words ? visible.words[row] >> visible.first : ~(uint64_t)0,
      .label = visible.rows ? visible.rows[row] : 0,
      .columns = visible.columns,
  };
}

INLINE ivec visible_lanes(struct VisibleRow row, int vector) {
  ivec lanes = lanes_of((uint32_t)(row.word >> (vector * WIDTH)));
  return row.columns ? lanes & (load_int(row.columns + vector * WIDTH) == all_int(row.label)) : lanes;
}

INLINE int is_visible(struct VisibleRow row, int column) {
  return (row.word >> column & 1) && (!row.columns || row.columns[column] == row.label);
}

// Scores that are hidden become −∞.
INLINE void hide(struct Rows scores, int rows, int vectors, struct Visible visible) {
  for (int r = 0; r < rows; r++) {
    const struct VisibleRow row = visible_row(visible, r);
    for (int v = 0; v < vectors; v++) {
      float *cell = scores.at + r * scores.step + v * WIDTH;
      store(cell, choose(visible_lanes(row, v), load(cell), all(-__builtin_inff())));
    }
  }
}

// Whether there is no NaN and no infinity among some numbers: times 0, these are NaN, and any other is 0.
SHARED int all_finite(const float *numbers, size_t count) {
  vec sums[4] = {{0}};
  size_t i = 0;
  for (; i + 4 * WIDTH <= count; i += 4 * WIDTH) {
    UNROLL for (int part = 0; part < 4; part++) sums[part] = multiply_add(load(numbers + i + part * WIDTH), all(0.0f), sums[part]);
  }
  float sum = 0.0f;
  for (; i < count; i++) sum += numbers[i] * 0.0f;
  vec all_sums = (sums[0] + sums[1]) + (sums[2] + sums[3]) + all(sum);
  return !some_lane(all_sums != all_sums);
}

INLINE vec finite_or_zero(vec x) { return from_bits(bits(x) & (x - x == all(0.0f))); }

// C += A · B, A's rows being the inner dimension, where B is 0 in hidden cells: numbers of A that are not finite reach visible cells alone.
// Other cells get the bits that the plain product gives.
SHARED void add_columns_with_care(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner,
                                  struct Visible visible) {
  for (size_t k = 0; k < inner; k++) {
    const struct VisibleRow row = visible_row(visible, (int)k);
    for (size_t r = 0; r < rows; r++) {
      vec number = all(a.at[k * a.step + r]), harmless = finite_or_zero(number);
      for (size_t v = 0; v < vectors; v++) {
        float *cell = c.at + r * c.step + v * WIDTH;
        vec some = choose(visible_lanes(row, (int)v), number, harmless);
        store(cell, multiply_add(some, load(b.at + k * b.step + v * WIDTH), load(cell)));
      }
    }
  }
}

// C += A · B, where A is 0 in hidden cells, and B's rows that hold numbers which are not finite reach only what sees them.
SHARED void add_rows_with_care(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner,
                               struct Visible visible) {
  for (size_t r = 0; r < rows; r++) {
    const struct VisibleRow row = visible_row(visible, (int)r);
    for (size_t k = 0; k < inner; k++) {
      vec number = all(a.at[r * a.step + k]);
      const int sees = is_visible(row, (int)k);
      for (size_t v = 0; v < vectors; v++) {
        float *cell = c.at + r * c.step + v * WIDTH;
        vec numbers = load(b.at + k * b.step + v * WIDTH);
        store(cell, multiply_add(number, sees ? numbers : finite_or_zero(numbers), load(cell)));
      }
    }
  }
}

// The product of the columns above for a strip, whose rows of A lie side by side.
INLINE void add_visible_columns(size_t rows, size_t vectors, struct Rows c, struct Rows a, struct Rows b, size_t inner,
                                struct Visible visible) {
  if (hides(visible) && !all_finite(a.at, inner * rows)) add_columns_with_care(rows, vectors, c, a, b, inner, visible);
  else add_product_of_columns(rows, vectors, c, a, b, inner);
}

#endif
