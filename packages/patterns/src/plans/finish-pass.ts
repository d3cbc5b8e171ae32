/** The finished pieces of a pass, put together. */
import type { MaskTableBuilder } from './mask-table.ts';
import type { Pass } from './plan.ts';
import { type TileListBuilder, transpose } from './tile-lists.ts';

/** Key rows that stand together in a pass, under the name of their term. */
interface NamedRows {
  readonly name: string;
  readonly keyRows: Int32Array;
}

/** The pass of these sections of key rows and what was written; null when it has no tile. */
export function finishPass(
  sections: readonly NamedRows[],
  queryRows: Int32Array,
  tile: number,
  lists: TileListBuilder,
  masks: MaskTableBuilder,
): Pass | null {
  const byQuery = lists.finish();
  if (byQuery.first.length === 0) return null;
  const keyRows = concatenate(sections.map((section) => section.keyRows));
  const tiles = { full: 0, partial: 0 };
  for (let run = 0; run < byQuery.mask.length; run++) {
    tiles[byQuery.mask[run]! < 0 ? 'full' : 'partial'] += byQuery.count[run]!;
  }
  return {
    name: sections.map(({ name }) => name).join(' + '),
    tile,
    queryRows,
    keyRows,
    byQuery,
    byKey: transpose(byQuery, keyRows.length / tile),
    masks: masks.finish(),
    fullTiles: tiles.full,
    partialTiles: tiles.partial,
  };
}

function concatenate(arrays: readonly Int32Array[]): Int32Array {
  const only = arrays.length === 1 ? arrays[0] : undefined;
  if (only) return only;
  const out = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}
