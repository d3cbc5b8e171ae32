/** What is added to the scores of a bucket so that only pairs count: 0 for a pair, `hidden` for any other cell. */
import type { Pass } from '@sparse-transformers/patterns';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { tensor4d } from '@tensorflow/tfjs-core';
import type { SparseAttentionAttributes } from './attributes.ts';
import type { TileBucket } from './tile-buckets.ts';

/** Far below any score, yet finite: differences of two of them must not be NaN. */
const hidden = -1e30;

/** Whose tiles the bucket's own ones are. */
export type BucketSide = 'query' | 'key';

/**
 * The bias of a bucket, queries by keys: `[B or 1, 1, count × tile, width × tile]` for a bucket of query tiles,
 * `[B or 1, 1, count × width × tile, tile]` for one of key tiles; null when every cell is a pair.
 */
export function scoreBias(
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
  batch: number,
): Tensor4D | null {
  const { keyLengths, documents } = attributes;
  const perEntry = keyLengths !== null || documents !== null;
  if (!perEntry && bucket.masks.every((mask) => mask < 0)) return null;
  const [rows, columns] = biasShape(pass.tile, bucket, side);
  const entries = perEntry ? batch : 1;
  const values = new Float32Array(entries * rows * columns);
  for (let entry = 0; entry < entries; entry++) {
    const bias = values.subarray(entry * rows * columns, (entry + 1) * rows * columns);
    forEachTile(pass, bucket, side, (tileAt) => {
      writeMask(bias, columns, pass, tileAt);
      if (perEntry) writeEntry(bias, columns, pass, tileAt, attributes, entry);
    });
  }
  return tensor4d(values, [entries, 1, rows, columns]);
}

function biasShape(tile: number, { count, width }: TileBucket, side: BucketSide): [number, number] {
  return side === 'query' ? [count * tile, width * tile] : [count * width * tile, tile];
}

/** One tile of a bucket, and where its first cell stands in the bias. */
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
  bias: Float32Array,
  columns: number,
  { masks, tile }: Pass,
  { mask, row, column }: TileAt,
): void {
  if (mask < 0) return;
  for (let i = 0; i < tile; i++) {
    for (let j = 0; j < tile; j++) {
      const word = masks.words[(mask * tile + i) * masks.wordsPerRow + (j >>> 5)]!;
      if (((word >>> (j & 31)) & 1) === 0) bias[(row + i) * columns + column + j] = hidden;
    }
  }
}

/** Hides padding keys and keys of other documents. */
function writeEntry(
  bias: Float32Array,
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
      if (!isSeen) bias[(row + i) * columns + column + j] = hidden;
    }
  }
}
