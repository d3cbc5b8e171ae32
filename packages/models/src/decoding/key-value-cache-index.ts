/**
 * Which rows of a cache hold which positions of one sequence, under one pattern.
 *
 * A row is given to a position until the last query that may see it is done, and then to another position. So the rows in
 * use are as many as later tokens can see, however long the text. All layers and heads with this pattern share the index.
 */
import type { Pattern } from '@sparse-transformers/patterns';
import { IntegerTable } from './key-value-cache-table.ts';

const none = -1;

/** Rows by position. */
export class CacheIndex {
  readonly #pattern: Pattern;
  /** The most positions that the model sees: a row whose last query lies beyond is kept for ever. */
  readonly #length: number;
  #rowOf = new IntegerTable();
  /** The first row of the list of those that a query is the last to see. */
  #expiring = new IntegerTable();
  /** The next row of the same list, or the next free one. */
  #next: Int32Array = new Int32Array(16);
  #positionOf: Int32Array = new Int32Array(16);
  #firstFree = none;
  #rows = 0;
  #size = 0;

  constructor(pattern: Pattern, length: number) {
    this.#pattern = pattern;
    this.#length = length;
  }

  /** Number of positions held. */
  get size(): number {
    return this.#size;
  }

  /** An index of the same content that shares nothing with this one. */
  copy(): CacheIndex {
    const index = new CacheIndex(this.#pattern, this.#length);
    index.#rowOf = this.#rowOf.copy();
    index.#expiring = this.#expiring.copy();
    index.#next = this.#next.slice();
    index.#positionOf = this.#positionOf.slice();
    index.#firstFree = this.#firstFree;
    index.#rows = this.#rows;
    index.#size = this.#size;
    return index;
  }

  /** Gives rows to those of the first `length` positions that a later query may see: row i to the i-th of what it returns. */
  addPrompt(length: number): Int32Array {
    const kept: number[] = [];
    for (let position = 0; position < length; position++) {
      const lastQuery = this.#pattern.lastQuery(position);
      if (lastQuery < length) continue;
      this.#give(position, lastQuery);
      kept.push(position);
    }
    return Int32Array.from(kept);
  }

  /** Gives a row to a position and returns it; −1 if neither its own query nor a later one sees it. */
  add(position: number): number {
    const lastQuery = this.#pattern.lastQuery(position);
    return lastQuery < position ? none : this.#give(position, lastQuery);
  }

  /** The rows of the positions that a query sees, in the order of positions. */
  shownTo(query: number): Int32Array {
    const shown = this.#pattern.keys(query);
    for (let index = 0; index < shown.length; index++) {
      const row = this.#rowOf.get(shown[index]!);
      if (row === none) {
        throw new Error(`The cache has dropped position ${shown[index]}, which query ${query} still sees.`);
      }
      shown[index] = row;
    }
    return shown;
  }

  /** Takes back the rows that no query after this one sees. */
  finish(query: number): void {
    let row = this.#expiring.get(query);
    this.#expiring.delete(query);
    while (row !== none) {
      const next = this.#next[row]!;
      this.#rowOf.delete(this.#positionOf[row]!);
      this.#next[row] = this.#firstFree;
      this.#firstFree = row;
      this.#size--;
      row = next;
    }
  }

  #give(position: number, lastQuery: number): number {
    const row = this.#takeRow();
    this.#rowOf.set(position, row);
    this.#positionOf[row] = position;
    this.#size++;
    if (lastQuery < this.#length) {
      this.#next[row] = this.#expiring.get(lastQuery);
      this.#expiring.set(lastQuery, row);
    }
    return row;
  }

  #takeRow(): number {
    const free = this.#firstFree;
    if (free !== none) {
      this.#firstFree = this.#next[free]!;
      return free;
    }
    if (this.#rows === this.#next.length) {
      this.#next = doubled(this.#next);
      this.#positionOf = doubled(this.#positionOf);
    }
    return this.#rows++;
  }
}

function doubled(values: Int32Array): Int32Array {
  const longer = new Int32Array(2 * values.length);
  longer.set(values);
  return longer;
}
