/** Which cells of a bucket are pairs. What is hidden is chosen away by it, never multiplied or added away: it may be no number. */
import type { Pass } from '@sparse-transformers/patterns';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { broadcastTo, cast, fill, tensor4d, where } from '@tensorflow/tfjs-core';
import type { SparseAttentionAttributes } from './attributes.ts';
import type { TileBucket } from './tile-buckets.ts';

/** Whose tiles the bucket's own ones are. */
export type BucketSide = 'query' | 'key';

/** The pairs of a bucket, queries by keys: count × tile by width × tile for query tiles, count × width × tile by tile for key tiles. */
export interface PairMask {
  /** `[B or 1, 1, queries, keys]`: 1 for a pair, 0 for any other cell. */
  readonly numbers: Tensor4D;
  /** bool `[B, H, queries, keys]` */
  readonly cells: Tensor;
}

/** The mask of a bucket; null when every cell is a pair. */
export function pairMask(
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
  [batch, heads]: readonly number[],
): PairMask | null {
  const numbers = maskNumbers(pass, bucket, side, attributes, batch!);
  if (numbers === null) return null;
  const [, , rows, columns] = numbers.shape;
  return { numbers, cells: broadcastTo(cast(numbers, 'bool'), [batch!, heads!, rows, columns]) };
}

/** Cells `[B, H, queries, keys]` with another value in those that are no pair. */
export function onlyPairs(cells: Tensor4D, mask: PairMask | null, other: number): Tensor4D {
  return mask ? where(mask.cells, cells, fill(cells.shape, other)) : cells;
}

function maskNumbers(
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
  batch: number,
): Tensor4D | null {
  const { keyLengths, documents } = attributes;
  const perEntry = keyLengths !== null || documents !== null;
  if (!perEntry && bucket.masks.every((mask) => mask < 0)) return null;
  const [rows, columns] = maskShape(pass.tile, bucket, side);
  const entries = perEntry ? batch : 1;
  const values = new Float32Array(entries * rows * columns).fill(1);
  for (let entry = 0; entry < entries; entry++) {
    const ofEntry = values.subarray(entry * rows * columns, (entry + 1) * rows * columns);
    forEachTile(pass, bucket, side, (tileAt) => {
      writeMask(ofEntry, columns, pass, tileAt);
      if (perEntry) writeEntry(ofEntry, columns, pass, tileAt, attributes, entry);
    });
  }
  return tensor4d(values, [entries, 1, rows, columns]);
}

function maskShape(tile: number, { count, width }: TileBucket, side: BucketSide): [number, number] {
  return side === 'query' ? [count * tile, width * tile] : [count * width * tile, tile];
}

/** One tile of a bucket, and where its first cell stands in the mask. */
interface TileAt {
  readonly queryTile: number;
  readonly keyTile: number;
  readonly mask: number;
  readonly row: number;
  readonly column: number;
}

function forEachTile(
  { tile }: Pass,
  { tiles, others, masks, width }: TileBucket,
  side: BucketSide,
  visit: (tileAt: TileAt) => void,
): void {
  others.forEach((other, at) => {
    const own = Math.floor(at / width);
    const mask = masks[at]!;
    if (side === 'query') {
      visit({ queryTile: tiles[own]!, keyTile: other, mask, row: own * tile, column: (at % width) * tile });
    } else {
      visit({ queryTile: other, keyTile: tiles[own]!, mask, row: at * tile, column: 0 });
    }
  });
}

function writeMask(
  values: Float32Array,
  columns: number,
  { masks, tile }: Pass,
  { mask, row, column }: TileAt,
): void {
  if (mask < 0) return;
  for (let i = 0; i < tile; i++) {
    for (let j = 0; j < tile; j++) {
      const word = masks.words[(mask * tile + i) * masks.wordsPerRow + (j >>> 5)]!;
      if (((word >>> (j & 31)) & 1) === 0) values[(row + i) * columns + column + j] = 0;
    }
  }
}

/** Hides padding keys and keys of other documents. */
function writeEntry(
  values: Float32Array,
  columns: number,
  { tile, queryRows, keyRows }: Pass,
  { queryTile, keyTile, row, column }: TileAt,
  { plan, keyLengths, documents }: SparseAttentionAttributes,
  entry: number,
): void {
  const length = keyLengths?.[entry] ?? plan.keys;
  const documentOf = (position: number) => documents?.[entry * plan.keys + position];
  for (let i = 0; i < tile; i++) {
    const query = queryRows[queryTile * tile + i]!;
    for (let j = 0; j < tile; j++) {
      const key = keyRows[keyTile * tile + j]!;
      if (query < 0 || key < 0) continue;
      const isSeen = key < length && documentOf(query + plan.offset) === documentOf(key);
      if (!isSeen) values[(row + i) * columns + column + j] = 0;
    }
  }
}
