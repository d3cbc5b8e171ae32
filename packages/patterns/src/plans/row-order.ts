/**
 * The orders in which rows stand, one for each kind of key set.
 *
 * `toRows` turns key positions into places among the ordered key rows, so that a range of positions becomes a range of rows.
 */
import type { ColumnKeys, KeySet } from '../terms/index.ts';

/** Key rows of one section of a pass, from row 0. */
export interface KeyOrder {
  /** Key index of each row, −1 for padding; a multiple of `tile` long. */
  readonly rows: Int32Array;
  /** Overwrites each key position by the first row at or behind it, among those that the query at the same index of `positions` may see. */
  toRows(keyPositions: Int32Array, positions: Int32Array): void;
}

/** Rows 0, 1, 2, … padded to whole tiles. */
export function identityRows(count: number, tile: number): Int32Array {
  const rows = new Int32Array(Math.ceil(count / tile) * tile);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows.fill(-1, count);
}

/** Key rows in the order of a key set; `sharedRows` are the keys in the order of the queries, by residue if `residues` is given. */
export function keyOrder(
  keySet: KeySet,
  keys: number,
  tile: number,
  sharedRows: Int32Array,
  residues: ResidueOrder | null,
): KeyOrder {
  if (keySet.kind === 'columns') return columnsOrder(keySet, keys, tile);
  const toRows =
    keySet.kind === 'residue' && residues ? residueToRows(keySet.stride, residues.slot) : () => {};
  return { rows: sharedRows, toRows };
}

/** Rows sorted by residue; each residue class has a slot of equal size. */
export interface ResidueOrder {
  /** Index of each row, −1 for padding. */
  readonly rows: Int32Array;
  /** Rows a class: whole tiles, or a power of two of which several share a tile. */
  readonly slot: number;
}

/** Rows of indices 0 … count − 1, which stand at positions offset + index, sorted by position mod stride. */
export function residueOrder(count: number, offset: number, stride: number, tile: number): ResidueOrder {
  const classes = Math.min(stride, offset + count);
  // A slot starts at the class's first position, be it before the offset, so that class members are found by division.
  const firstMember = (residue: number) => Math.max(0, Math.ceil((offset - residue) / stride));
  const lowest = Math.floor(offset / stride);
  const most = Math.floor((offset + count - 1) / stride) - lowest + 1;
  const slot = slotSize(most, tile);
  const rows = new Int32Array(Math.ceil((classes * slot) / tile) * tile).fill(-1);
  for (let residue = 0; residue < classes; residue++) {
    let row = residue * slot + firstMember(residue) - lowest;
    for (let index = firstMember(residue) * stride + residue - offset; index < count; index += stride) {
      rows[row++] = index;
    }
  }
  return { rows, slot };
}

function slotSize(members: number, tile: number): number {
  if (members >= tile) return Math.ceil(members / tile) * tile;
  let slot = 1;
  while (slot < members) slot *= 2;
  return slot;
}

function residueToRows(stride: number, slot: number): KeyOrder['toRows'] {
  return (keyPositions, positions) => {
    for (let at = 0; at < keyPositions.length; at++) {
      const residue = positions[at]! % stride;
      keyPositions[at] = residue * slot + Math.ceil((keyPositions[at]! - residue) / stride);
    }
  };
}

function columnsOrder({ block, first, columns }: ColumnKeys, keys: number, tile: number): KeyOrder {
  const toRows = (keyPositions: Int32Array) => {
    for (let at = 0; at < keyPositions.length; at++) {
      const key = keyPositions[at]!;
      const inBlock = key % block;
      const before = Math.max(0, Math.min(inBlock - first, columns));
      keyPositions[at] = ((key - inBlock) / block) * columns + before;
    }
  };
  const count = Int32Array.of(keys);
  toRows(count);
  const rows = new Int32Array(Math.ceil(count[0]! / tile) * tile).fill(-1);
  for (let row = 0; row < count[0]!; row++)
    rows[row] = Math.floor(row / columns) * block + first + (row % columns);
  return { rows, toRows };
}
