/**
 * Products of weights and gathered rows that nothing hidden gets into. A weight of 0 keeps no number out, for 0 × NaN and 0 × ∞ are NaN: so
 * numbers that aren't finite are left out of the product, and added to what sees them.
 */
import type { Pass } from '@sparse-transformers/patterns';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  isFinite as finiteCells,
  gather,
  greater,
  matMul,
  onesLike,
  reshape,
  sum,
  tensor1d,
  transpose,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { PairMask } from './pair-mask.ts';
import { rowsOfTiles } from './tile-buckets.ts';

/** Rows `[B, H, n, D]`, and apart from each other what is finite of them and what isn't. */
export interface ApartRows {
  /** As they are. */
  readonly all: Tensor4D;
  /** 0 in place of numbers that aren't finite. */
  readonly finite: Tensor4D;
  /** The sums of those over the rows, `[B, H, 1, D]`: NaN or an infinity where there is any. */
  readonly others: Tensor4D;
  /** `[B, H, n, D]`: 1 for each of them, else 0. */
  readonly marks: Tensor4D;
}

/** Takes rows apart. */
export function apart(all: Tensor4D): ApartRows {
  const isNumber = finiteCells(all);
  const zeros = zerosLike(all);
  return {
    all,
    finite: where(isNumber, all, zeros),
    others: sum(where(isNumber, zeros, all), 2, true),
    // No cast of truth values: on webgpu that keeps whole numbers, which its transpose can't take for others.
    marks: where(isNumber, zeros, onesLike(all)),
  };
}

/** The rows of some tiles of a bucket. */
export interface BucketRows {
  /** Of the pass: a row index for each row of its tiles. */
  readonly indices: Int32Array;
  /** Tiles side by side, `count` runs of equally many. */
  readonly tiles: Int32Array;
  /** How many tiles the bucket has of its own. */
  readonly count: number;
}

/** Gathers them from `[B, H, n, D]` as a stack `[B·H·count, rows, D]`. */
export function bucketRows(x: Tensor4D, { indices, tiles, count }: BucketRows, { tile }: Pass): Tensor3D {
  const rows = tensor1d(rowsOfTiles(indices, tiles, tile), 'int32');
  const stack = x.shape[0] * x.shape[1] * count;
  return reshape(gather(x, rows, 2), [stack, (tiles.length / count) * tile, x.shape[3]]);
}

/**
 * weights · rows, for weights `[B·H·count, queries, keys]` that are 0 where the mask is, or weightsᵀ · rows: `[B, H, count × queries or
 * count × keys, D]`.
 */
export function visibleProduct(
  weights: Tensor3D,
  rows: ApartRows,
  place: BucketRows,
  pass: Pass,
  mask: PairMask | null,
  isTurned: boolean,
): Tensor4D {
  const [batch, heads, , width] = rows.all.shape;
  const gathered = bucketRows(mask ? rows.finite : rows.all, place, pass);
  const product = reshape<Rank.R4>(matMul(weights, gathered, isTurned), [batch, heads, -1, width]);
  if (!mask) return product;
  const sees = greater(marksSeen(rows.marks, place, pass, mask, isTurned), 0);
  return add(product, where(sees, rows.others, zerosLike(rows.others)));
}

/** How many marked numbers each row sees: `[B, H, rows, D]`. Heads stand side by side, for they share a mask. */
function marksSeen(
  marks: Tensor4D,
  { indices, tiles, count }: BucketRows,
  { tile }: Pass,
  { numbers }: PairMask,
  isTurned: boolean,
): Tensor4D {
  const [batch, heads, length, width] = marks.shape;
  const [entries, , queries, keys] = numbers.shape;
  const stacks = (batch * heads) / entries;
  const sideBySide = transpose(reshape(marks, [entries, stacks, length, width]), [0, 2, 1, 3]);
  const gathered = gather(sideBySide, tensor1d(rowsOfTiles(indices, tiles, tile), 'int32'), 1);
  const masks = reshape<Rank.R3>(numbers, [entries * count, queries / count, keys]);
  const stacked = reshape<Rank.R3>(gathered, [entries * count, -1, stacks * width]);
  const seen = reshape(matMul(masks, stacked, isTurned), [entries, -1, stacks, width]);
  return reshape(transpose(seen, [0, 2, 1, 3]), [batch, heads, -1, width]);
}
