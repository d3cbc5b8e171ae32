/** A pattern as text. */
import { checkSize, PatternError } from '../errors.ts';
import type { Pattern } from '../patterns/index.ts';

/** The part of a pattern to draw. */
export interface DrawOptions {
  /** Rows: queries 0 … queries − 1. */
  queries: number;
  /** Columns: keys 0 … keys − 1; as many as queries unless given. */
  keys?: number;
}

const mostCells = 2 ** 26;

/**
 * One line a query, `#` where it sees the key and `.` where not. Per-head patterns stand side by side.
 *
 * @throws PatternError when a size makes no sense.
 */
export function draw(pattern: Pattern, { queries, keys = queries }: DrawOptions): string {
  const heads = drawnHeads('draw', pattern, { queries, keys }, mostCells);
  const rows = Array.from({ length: queries }, (_, query) =>
    heads.map((head) =>
      Array.from({ length: keys }, (_, key) => (head.allows(query, key) ? '#' : '.')).join(''),
    ),
  );
  return rows.map((row) => row.join('   ')).join('\n');
}

/** Checks the size of a drawing; gives the patterns that it shows side by side. */
export function drawnHeads(
  where: string,
  pattern: Pattern,
  { queries, keys }: Required<DrawOptions>,
  mostCells: number,
): readonly Pattern[] {
  checkSize(where, 'queries', queries);
  checkSize(where, 'keys', keys);
  const heads = pattern.heads ?? [pattern];
  if (queries * keys * heads.length > mostCells) {
    throw new PatternError(
      `${where}: ${queries} × ${keys} cells of ${heads.length} heads are more than a drawing of ${mostCells} cells. Draw a smaller part.`,
    );
  }
  return heads;
}
