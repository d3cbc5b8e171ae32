/**
 * Passes of a structured pattern: terms that share a query order share a pass.
 *
 * Ranges are worked out for some thousand query rows at a time, which stay in the processor's cache.
 */

import type { KeySet, Term } from '../terms/index.ts';
import { joinRanges, type QueryRows } from '../terms/index.ts';
import type { PlanSize } from './compile.ts';
import { finishPass } from './finish-pass.ts';
import { maskTableBuilder } from './mask-table.ts';
import type { Pass } from './plan.ts';
import { addTiles, spansOf, type TileWriter, type TouchedTiles } from './range-tiles.ts';
import { identityRows, type KeyOrder, keyOrder, type ResidueOrder, residueOrder } from './row-order.ts';
import { tileListBuilder } from './tile-lists.ts';
import { workspace } from './workspace.ts';

/** Tiles of queries whose ranges are worked out together. */
const chunkTiles = 64;

/** One term within a pass, and where its key rows stand. */
interface Section {
  readonly term: Term;
  readonly order: KeyOrder;
  readonly firstKeyTile: number;
}

/** The row orders of both sides of a pass. */
interface Sides {
  readonly queryRows: Int32Array;
  /** Keys in the order of the queries: by index, or by residue. */
  readonly keyRows: Int32Array;
  readonly residues: ResidueOrder | null;
}

/** The passes of disjoint terms. A pass that shows nothing at this size is left out. */
export function passesOfTerms(terms: readonly Term[], size: PlanSize): Pass[] {
  const inOrder = terms.filter(({ keySet }) => keySet.kind !== 'residue');
  const byResidue = terms.filter(({ keySet }) => keySet.kind === 'residue');
  const groups = [...(inOrder.length > 0 ? [inOrder] : []), ...byResidue.map((term) => [term])];
  return groups.map((group) => passOfGroup(group, size)).filter((pass) => pass !== null);
}

function passOfGroup(terms: readonly Term[], size: PlanSize): Pass | null {
  const tile = tileOf(terms[0]!.keySet, size);
  const sides = sidesOf(terms[0]!.keySet, size, tile);
  const sections = sectionsOf(terms, size.keys, tile, sides);
  const writer = { tile, lists: tileListBuilder(), masks: maskTableBuilder(tile), recent: [] };
  addChunks(writer, sections, sides.queryRows, size);
  const parts = sections.map(({ term, order }) => ({ name: term.name, keyRows: order.rows }));
  return finishPass(parts, sides.queryRows, tile, writer.lists, writer.masks);
}

/** Both sides share one array where they are equal, which saves a million writes. */
function sidesOf(keySet: KeySet, { queries, keys, offset }: PlanSize, tile: number): Sides {
  const areEqual = queries === keys && offset === 0;
  if (keySet.kind !== 'residue') {
    const queryRows = identityRows(queries, tile);
    return { queryRows, keyRows: areEqual ? queryRows : identityRows(keys, tile), residues: null };
  }
  const ofQueries = residueOrder(queries, offset, keySet.stride, tile);
  const residues = areEqual ? ofQueries : residueOrder(keys, 0, keySet.stride, tile);
  return { queryRows: ofQueries.rows, keyRows: residues.rows, residues };
}

/** 64 rows, or 32 where the classes of a stride would waste more than half of every last 64. */
function tileOf(keySet: KeySet, { queries, tile }: PlanSize): number {
  if (tile !== 'auto') return tile;
  const rows = keySet.kind === 'residue' ? Math.ceil(queries / keySet.stride) : queries;
  return rows % 64 > 0 && rows % 64 <= 32 && rows < 256 ? 32 : 64;
}

function sectionsOf(terms: readonly Term[], keys: number, tile: number, sides: Sides): Section[] {
  let firstKeyTile = 0;
  return terms.map((term) => {
    const order = keyOrder(term.keySet, keys, tile, sides.keyRows, sides.residues);
    const section = { term, order, firstKeyTile };
    firstKeyTile += order.rows.length / tile;
    return section;
  });
}

/** Adds the tiles of all query rows, a chunk at a time. */
function addChunks(
  writer: TileWriter,
  sections: readonly Section[],
  allRows: Int32Array,
  { keys, offset }: PlanSize,
): void {
  const rows = Math.min(chunkTiles * writer.tile, allRows.length);
  const queries = workspace(rows, keys);
  const last = workspace(allRows.length % rows, keys);
  for (let row = 0; row < allRows.length; row += rows) {
    const queryRows = allRows.subarray(row, row + rows);
    const chunk = queryRows.length === rows ? queries : last;
    chunk.begin(queryRows, offset);
    addChunk(writer, sections, queryRows, chunk);
  }
}

function addChunk(
  writer: TileWriter,
  sections: readonly Section[],
  queryRows: Int32Array,
  queries: QueryRows,
): void {
  const touched = sections.map((section) => touchedTiles(section, queryRows, queries, writer.tile));
  for (let queryTile = 0; queryTile < queryRows.length / writer.tile; queryTile++) {
    for (const section of touched) addTiles(writer, section, queryTile);
    writer.lists.next();
  }
}

function touchedTiles(
  { term, order, firstKeyTile }: Section,
  queryRows: Int32Array,
  queries: QueryRows,
  tile: number,
): TouchedTiles {
  const ranges = joinRanges(queries, term.ranges(queries));
  for (const { start, end } of ranges) {
    order.toRows(start, queries.positions);
    order.toRows(end, queries.positions);
    for (let row = queryRows.indexOf(-1); row >= 0; row = queryRows.indexOf(-1, row + 1)) {
      end[row] = start[row]!;
    }
  }
  return { ranges, spans: ranges.map((range) => spansOf(range, tile)), firstKeyTile };
}
