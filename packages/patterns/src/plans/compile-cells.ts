/** The pass of a pattern without structure: every cell is looked at, one row of tiles at a time. */

import type { Pattern } from '../patterns/index.ts';
import type { PlanSize } from './compile.ts';
import { finishPass } from './finish-pass.ts';
import { emptyMask, type MaskTableBuilder, maskTableBuilder } from './mask-table.ts';
import type { Pass } from './plan.ts';
import { identityRows } from './row-order.ts';
import { tileListBuilder } from './tile-lists.ts';

/** One pass in the given order of rows; none when the pattern shows nothing. Memory grows with distinct masks and tiles. */
export function passesOfCells(pattern: Pattern, size: PlanSize): Pass[] {
  const tile = size.tile === 'auto' ? 64 : size.tile;
  const lists = tileListBuilder();
  const masks = maskTableBuilder(tile);
  for (let firstQuery = 0; firstQuery < size.queries; firstQuery += tile) {
    const lastPosition = size.offset + Math.min(firstQuery + tile, size.queries) - 1;
    const keyEnd = pattern.causal ? Math.min(size.keys, lastPosition + 1) : size.keys;
    for (let firstKey = 0; firstKey < keyEnd; firstKey += tile) {
      writeCells(masks, pattern, size, firstQuery, firstKey, tile);
      const mask = masks.add();
      if (mask !== emptyMask) lists.add(firstKey / tile, 1, mask);
    }
    lists.next();
  }
  const keyRows = identityRows(size.keys, tile);
  const pass = finishPass([{ name: 'cells', keyRows }], identityRows(size.queries, tile), tile, lists, masks);
  return pass ? [pass] : [];
}

function writeCells(
  masks: MaskTableBuilder,
  pattern: Pattern,
  { queries, keys, offset }: PlanSize,
  firstQuery: number,
  firstKey: number,
  tile: number,
): void {
  const rows = Math.min(tile, queries - firstQuery);
  const columns = Math.min(tile, keys - firstKey);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (pattern.allows(firstQuery + row + offset, firstKey + column))
        masks.setBits(row, column, column + 1);
    }
  }
}
