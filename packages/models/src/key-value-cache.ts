/** The keys and values that later tokens can still see, for one sequence in one layer. */

/** The key and value of one position, all heads side by side: `[d]` each. */
export interface CachedRow {
  /** The key `[H·D]`. */
  readonly key: Float32Array;
  /** The value `[H·D]`. */
  readonly value: Float32Array;
}

/** Rows by position. A row goes when the last query that may see it is done. */
export class KeyValueCache {
  readonly #rows = new Map<number, CachedRow>();
  readonly #expiring = new Map<number, number[]>();

  /** Number of rows held. */
  get size(): number {
    return this.#rows.size;
  }

  /** Keeps a row until the query at position `lastQuery` is done; infinity: for ever. A row that is past its last query is not kept. */
  add(position: number, row: CachedRow, lastQuery: number): void {
    if (lastQuery < position) return;
    this.#rows.set(position, row);
    if (lastQuery === Number.POSITIVE_INFINITY) return;
    const expiring = this.#expiring.get(lastQuery) ?? [];
    expiring.push(position);
    this.#expiring.set(lastQuery, expiring);
  }

  /** The row of a position that a pattern shows. */
  row(position: number): CachedRow {
    const row = this.#rows.get(position);
    if (!row) throw new Error(`The cache has dropped position ${position}, which a query still sees.`);
    return row;
  }

  /** Drops the rows that no query after this one sees. */
  finish(query: number): void {
    for (const position of this.#expiring.get(query) ?? []) this.#rows.delete(position);
    this.#expiring.delete(query);
  }
}
