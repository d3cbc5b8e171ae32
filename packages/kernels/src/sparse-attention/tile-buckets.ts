/**
 * Tiles as stacks of equal products, for engines that have no loop over tiles of their own.
 *
 * Query tiles that see equally many key tiles stand in one bucket: their keys are gathered side by side, and the whole bucket is one
 * batched product. The same the other way round, for the gradients of keys and values.
 */
import type { TileLists } from '@sparse-transformers/patterns';

/** `count` tiles of one side, each with `width` tiles of the other. */
export interface TileBucket {
  /** Number of own tiles. */
  readonly count: number;
  /** Number of the other side's tiles that each of them meets. */
  readonly width: number;
  /** `[count]`: the own tiles. */
  readonly tiles: Int32Array;
  /** `[count × width]`: the other side's tiles. */
  readonly others: Int32Array;
  /** `[count × width]`: their masks, −1 for none. */
  readonly masks: Int32Array;
}

/** The buckets of tile lists; tiles whose list is empty are in none. A bucket holds at most `mostTiles` tile pairs, or one own tile. */
export function tileBuckets({ pointers, first, count, mask }: TileLists, mostTiles: number): TileBucket[] {
  const byWidth = new Map<number, number[]>();
  for (let tile = 0; tile + 1 < pointers.length; tile++) {
    let width = 0;
    for (let run = pointers[tile]!; run < pointers[tile + 1]!; run++) width += count[run]!;
    if (width === 0) continue;
    const tiles = byWidth.get(width) ?? [];
    tiles.push(tile);
    byWidth.set(width, tiles);
  }
  return [...byWidth].flatMap(([width, tiles]) => {
    const size = Math.max(1, Math.floor(mostTiles / width));
    const parts = Array.from({ length: Math.ceil(tiles.length / size) }, (_, part) =>
      tiles.slice(part * size, (part + 1) * size),
    );
    return parts.map((part) => bucketOf({ pointers, first, count, mask }, width, part));
  });
}

function bucketOf({ pointers, first, count, mask }: TileLists, width: number, tiles: number[]): TileBucket {
  const others = new Int32Array(tiles.length * width);
  const masks = new Int32Array(tiles.length * width);
  let at = 0;
  for (const tile of tiles) {
    for (let run = pointers[tile]!; run < pointers[tile + 1]!; run++) {
      for (let step = 0; step < count[run]!; step++) {
        others[at] = first[run]! + step;
        masks[at] = mask[run]!;
        at++;
      }
    }
  }
  return { count: tiles.length, width, tiles: Int32Array.from(tiles), others, masks };
}

/** The row indices of some tiles, one tile behind the other; padding rows read row 0, which their masks hide. */
export function rowsOfTiles(rows: Int32Array, tiles: Int32Array, tile: number): Int32Array {
  const out = new Int32Array(tiles.length * tile);
  tiles.forEach((index, at) => {
    for (let row = 0; row < tile; row++) out[at * tile + row] = Math.max(rows[index * tile + row]!, 0);
  });
  return out;
}

/**
 * Where the rows of buckets, written one bucket behind the other, belong: for each index below `size`, the row that holds it.
 * An index that stands in several rows has an entry in several lists; `rowCount`, one behind the last row, stands for none.
 */
export function rowsOfIndices(
  rows: Int32Array,
  buckets: readonly TileBucket[],
  tile: number,
  size: number,
): Int32Array[] {
  const rowCount = buckets.reduce((sum, { count }) => sum + count * tile, 0);
  const lists: Int32Array[] = [];
  let at = 0;
  for (const { tiles } of buckets) {
    for (const index of tiles) {
      for (let row = index * tile; row < (index + 1) * tile; row++, at++) {
        const target = rows[row]!;
        if (target < 0) continue;
        let list = lists.find((entries) => entries[target] === rowCount);
        if (!list) {
          list = new Int32Array(size).fill(rowCount);
          lists.push(list);
        }
        list[target] = at;
      }
    }
  }
  return lists;
}
