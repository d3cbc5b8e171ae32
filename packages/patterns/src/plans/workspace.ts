/** Arrays that are used again for every chunk of query rows, so that a million queries don't take a million bytes each time. */
import type { QueryRows } from '../terms/index.ts';

/** The queries of one chunk after another. */
export interface Workspace extends QueryRows {
  /** Begins the next chunk: fills `positions`, and takes back all arrays. Padding stands at position 0. */
  begin(queryRows: Int32Array, offset: number): void;
}

/** A workspace for chunks of `rows` query rows. */
export function workspace(rows: number, keys: number): Workspace {
  const positions = new Int32Array(rows);
  const arrays: Int32Array[] = [];
  let used = 0;
  return {
    positions,
    keys,
    array: () => {
      if (used === arrays.length) arrays.push(new Int32Array(rows));
      return arrays[used++]!;
    },
    begin: (queryRows, offset) => {
      used = 0;
      for (let row = 0; row < rows; row++) {
        const query = queryRows[row]!;
        positions[row] = query < 0 ? 0 : query + offset;
      }
    },
  };
}
