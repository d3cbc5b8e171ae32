/** Passes in tiles that the kernels take: at most 64 rows. Larger ones are cut into tiles of 64. */
import { fullTile, type MaskTable, type Pass, type TileLists } from '@sparse-transformers/patterns';

/** For each row of a tile, which of up to 64 columns it sees: bits 0 … 31 and 32 … 63. */
export type Mask = readonly { readonly low: number; readonly high: number }[];

/** A pass whose tiles have at most 64 rows. */
export interface TilePass extends Pick<Pass, 'tile' | 'queryRows' | 'keyRows' | 'byQuery' | 'byKey'> {
  /** The full tile first, then the masks of the pass: that of index −1 is the full one. */
  readonly masks: readonly Mask[];
}

const mostRows = 64;

/** A pass in such tiles. */
export function tilePass(pass: Pass): TilePass {
  return pass.tile > mostRows ? cut(pass) : { ...pass, masks: masksOf(pass) };
}

function masksOf({ tile, masks }: Pass): Mask[] {
  const all = fullMask(tile);
  return [all, ...Array.from({ length: masks.size }, (_, index) => maskOf(masks, index, tile, 0, 0, tile))];
}

function fullMask(tile: number): Mask {
  const bits = (count: number) => (count >= 32 ? -1 : (1 << Math.max(count, 0)) - 1);
  return Array.from({ length: tile }, () => ({ low: bits(tile), high: bits(tile - 32) }));
}

/** A square of a mask. */
function maskOf(
  { words, wordsPerRow }: MaskTable,
  index: number,
  tile: number,
  row: number,
  column: number,
  size: number,
): Mask {
  return Array.from({ length: size }, (_, r) => {
    const at = (index * tile + row + r) * wordsPerRow + column / 32;
    return { low: words[at]! | 0, high: size > 32 ? words[at + 1]! | 0 : 0 };
  });
}

/** Cuts each tile into squares of 64 rows. */
function cut(pass: Pass): TilePass {
  const parts = pass.tile / mostRows;
  const masks: Mask[] = [fullMask(mostRows)];
  /** Of each mask, its squares row by row: −2 empty, −1 full, else a place behind the full mask. */
  const squares = Array.from({ length: pass.masks.size }, (_, index) =>
    Array.from({ length: parts * parts }, (_, square) => {
      const [row, column] = [Math.floor(square / parts) * mostRows, (square % parts) * mostRows];
      const mask = maskOf(pass.masks, index, pass.tile, row, column, mostRows);
      if (mask.every(({ low, high }) => low === 0 && high === 0)) return -2;
      if (mask.every(({ low, high }) => low === -1 && high === -1)) return fullTile;
      return masks.push(mask) - 2;
    }),
  );
  const squareOf = (mask: number, row: number, column: number) =>
    mask === fullTile ? fullTile : squares[mask]![row * parts + column]!;
  return {
    ...pass,
    tile: mostRows,
    byQuery: cutLists(pass.byQuery, parts, squareOf),
    byKey: cutLists(pass.byKey, parts, (mask, column, row) => squareOf(mask, row, column)),
    masks,
  };
}

function cutLists(
  { pointers, first, count, mask }: TileLists,
  parts: number,
  squareOf: (mask: number, own: number, other: number) => number,
): TileLists {
  const runs = { first: [] as number[], count: [] as number[], mask: [] as number[] };
  const ends = [0];
  for (let tile = 0; tile + 1 < pointers.length; tile++) {
    for (let own = 0; own < parts; own++) {
      for (let run = pointers[tile]!; run < pointers[tile + 1]!; run++) {
        for (let other = first[run]! * parts; other < (first[run]! + count[run]!) * parts; other++) {
          const square = squareOf(mask[run]!, own, other % parts);
          if (square < fullTile) continue;
          runs.first.push(other);
          runs.count.push(1);
          runs.mask.push(square);
        }
      }
      ends.push(runs.first.length);
    }
  }
  return {
    pointers: Int32Array.from(ends),
    first: Int32Array.from(runs.first),
    count: Int32Array.from(runs.count),
    mask: Int32Array.from(runs.mask),
  };
}
