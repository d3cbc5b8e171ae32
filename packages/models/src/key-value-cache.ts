/** The keys and values that later tokens can still see, for one sequence in one layer. */

/** The key and value of one position, heads side by side. */
export interface CachedRow {
  /** The key `[H·D]`. */
  readonly key: Float32Array;
  /** The value `[H·D]`. */
  readonly value: Float32Array;
}

/** Rows by position. A row goes when the last query that may see it is done. */
export class KeyValueCache {
  readonly #rows = new Map<number, CachedRow>();
  /** Positions by their last query; those that are seen for ever are not among them. */
  readonly #expiring = new Map<number, number[]>();

  /** Number of rows held. */
  get size(): number {
    return this.#rows.size;
  }

  /** Keeps a row until the query at position `lastQuery` is done; infinity: for ever. */
  add(position: number, row: CachedRow, lastQuery: number): void {
    this.#rows.set(position, row);
    if (lastQuery === Number.POSITIVE_INFINITY) return;
    const expiring = this.#expiring.get(lastQuery);
    if (expiring) expiring.push(position);
    else this.#expiring.set(lastQuery, [position]);
  }

  /** The rows of positions that a pattern shows, in their order. */
  rows(positions: Int32Array): CachedRow[] {
    return Array.from(positions, (position) => {
      const row = this.#rows.get(position);
      if (!row) throw new Error(`The cache has dropped position ${position}, which a query still sees.`);
      return row;
    });
  }

  /** Drops the rows that no query after this one sees. */
  finish(query: number): void {
    for (const position of this.#expiring.get(query) ?? []) this.#rows.delete(position);
    this.#expiring.delete(query);
  }
}
