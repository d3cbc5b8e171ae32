/** The keys and values of one head in one layer of one sequence, in flat memory. Which row holds what, its index knows. */
import type { Cells, KeyValueRows } from './attend-rows.ts';

const fewest = 16;
/** A long text's cache is large: it is copied more often than with doubling, and holds at most a quarter that is empty. */
const growth = 1.25;

/** Rows of keys and values. It grows; rows that are given back are used again. */
export class KeyValueCache implements KeyValueRows {
  readonly keyWidth: number;
  readonly valueWidth: number;
  #keys: Float32Array;
  #values: Float32Array;

  /** @param keys the first rows `[rows, keyWidth]`; @param values `[rows, valueWidth]`: both are copied */
  constructor(
    { keyWidth, valueWidth }: Pick<KeyValueRows, 'keyWidth' | 'valueWidth'>,
    keys: Float32Array = new Float32Array(0),
    values: Float32Array = new Float32Array(0),
  ) {
    this.keyWidth = keyWidth;
    this.valueWidth = valueWidth;
    this.#keys = withRoom(keys, fewest * keyWidth);
    this.#values = withRoom(values, fewest * valueWidth);
  }

  get keys(): Float32Array {
    return this.#keys;
  }

  get values(): Float32Array {
    return this.#values;
  }

  /** Rows of the same content that share nothing with these. */
  copy(): KeyValueCache {
    return new KeyValueCache(this, this.#keys, this.#values);
  }

  /** Writes one row. */
  write(row: number, key: Cells, value: Cells): void {
    if ((row + 1) * this.keyWidth > this.#keys.length) {
      const rows = Math.ceil(growth * (row + 1));
      this.#keys = withRoom(this.#keys, rows * this.keyWidth);
      this.#values = withRoom(this.#values, rows * this.valueWidth);
    }
    copyCells(key, this.#keys, row * this.keyWidth, this.keyWidth);
    copyCells(value, this.#values, row * this.valueWidth, this.valueWidth);
  }
}

function copyCells({ values, first }: Cells, into: Float32Array, at: number, width: number): void {
  for (let cell = 0; cell < width; cell++) into[at + cell] = values[first + cell]!;
}

/** A copy, at least so long. */
function withRoom(values: Float32Array, length: number): Float32Array {
  const copy = new Float32Array(Math.max(values.length, length));
  copy.set(values);
  return copy;
}
