/**
 * The orders in which rows stand, one for each kind of key set.
 *
 * `rank` gives the place of a position among the ordered key rows, so that a range of positions becomes a range of rows.
 */
import type { KeySet } from './term.ts';

/** Key rows of one section of a pass, from row 0. */
export interface KeyOrder {
  /** Key index of each row, −1 for padding; a multiple of `tile` long. */
  readonly rows: Int32Array;
  /** The number of key rows that belong to the query at `position` and hold a key before `key`, counted from the section's start. */
  rank(key: number, position: number): number;
}

/** Rows 0, 1, 2, … padded to whole tiles. */
export function identityRows(count: number, tile: number): Int32Array {
  const rows = paddedRows(count, tile);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

/** Key rows in the order of a key set. `residues` must be given for residue key sets. */
export function keyOrder(
  keySet: KeySet,
  keys: number,
  tile: number,
  residues: ResidueOrder | null,
): KeyOrder {
  if (keySet.kind === 'all') return { rows: identityRows(keys, tile), rank: (key) => key };
  if (keySet.kind === 'columns') return columnsOrder(keySet, keys, tile);
  if (residues === null) throw new Error('keyOrder: a residue key set comes with its residues');
  const { rows, slot } = residues;
  const { stride } = keySet;
  return {
    rows,
    rank: (key, position) => {
      const residue = position % stride;
      return residue * slot + Math.max(0, Math.ceil((key - residue) / stride));
    },
  };
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
  const rows = paddedRows(classes * slot, tile);
  for (let residue = 0; residue < classes; residue++) {
    const start = firstMember(residue);
    for (let member = start; member * stride + residue < offset + count; member++) {
      rows[residue * slot + member - lowest] = member * stride + residue - offset;
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

function columnsOrder(
  { block, first, columns }: Extract<KeySet, { kind: 'columns' }>,
  keys: number,
  tile: number,
): KeyOrder {
  const rank = (key: number) =>
    Math.floor(key / block) * columns + Math.min(Math.max((key % block) - first, 0), columns);
  const count = rank(keys);
  const rows = paddedRows(count, tile);
  for (let row = 0; row < count; row++)
    rows[row] = Math.floor(row / columns) * block + first + (row % columns);
  return { rows, rank };
}

function paddedRows(count: number, tile: number): Int32Array {
  const rows = new Int32Array(Math.ceil(count / tile) * tile);
  return rows.fill(-1);
}
