// Sums over the rows of a matrix, as gains and biases get them: each piece of rows adds up its own, and the pieces are added in their order,
// so the bits don't depend on threads.
#ifndef SPARSE_ROW_PIECES_H
#define SPARSE_ROW_PIECES_H

#include "kernel.h"
#include "vector.h"

#define SMALL_WORK ((size_t)16384)
#define MOST_PIECES ((size_t)64)

// Rows that make a piece worth handing to a thread.
static inline size_t rows_of_piece(size_t width) { return larger(1, SMALL_WORK / larger(1, width)); }

// How the rows of a matrix are cut: by its shape alone.
struct RowPieces {
  size_t rows, pieces; // of a piece, the last of which may have fewer; and in all
};

static inline struct RowPieces row_pieces(size_t rows, size_t width) {
  const size_t worth = (SMALL_WORK + larger(1, width) - 1) / larger(1, width);
  const size_t of_piece = larger(worth, (rows + MOST_PIECES - 1) / MOST_PIECES);
  return (struct RowPieces){of_piece, (rows + of_piece - 1) / of_piece};
}

struct PieceSums {
  const float *partial;
  float *to;
  size_t pieces, width;
};

static void piece_sums_columns(const void *context, size_t begin, size_t end, int thread) {
  (void)thread;
  const struct PieceSums *sums = context;
  for (size_t i = begin; i < end; i++) sums->to[i] = 0;
  for (size_t piece = 0; piece < sums->pieces; piece++) {
    const float *row = sums->partial + piece * sums->width;
    for (size_t i = begin; i < end; i++) sums->to[i] += row[i];
  }
}

// partial [pieces × width] → to [width]
static inline void add_pieces(const float *partial, float *to, size_t pieces, size_t width) {
  struct PieceSums sums = {partial, to, pieces, width};
  parallel(width, larger(64, SMALL_WORK / larger(1, pieces)), piece_sums_columns, &sums);
}

#endif
