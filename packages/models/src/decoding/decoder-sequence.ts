/** What a decoder knows of one sequence: how long it is, and the keys and values that its later tokens can still see. */
import { attendRows, type Cells } from './attend-rows.ts';
import type { DecoderLayout } from './decoder-layout.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { CacheIndex } from './key-value-cache-index.ts';

/** One row of a head's keys or values, or many. */
export interface HeadWidths {
  /** Cells of a query and of a key. */
  readonly keyWidth: number;
  /** Cells of a value. */
  readonly valueWidth: number;
}

/** The cells of one token in one layer, heads side by side. */
export interface TokenCells {
  /** `[heads, keyWidth]` */
  readonly query: Cells;
  /** `[heads, keyWidth]` */
  readonly key: Cells;
  /** `[heads, valueWidth]` */
  readonly value: Cells;
  /** `[heads, valueWidth]`: where the answer goes. */
  readonly attended: Cells;
}

/** A slot that is being added, under one pattern. */
interface AddedSlot {
  /** Its row; −1: nobody sees it. */
  readonly row: number;
  /** The rows that it sees. */
  readonly shown: Int32Array;
}

/** The cache of one sequence. Slots are what the model attends to: the tokens, and the start vector before them if there is one. */
export class SequenceCache {
  readonly #layout: DecoderLayout;
  readonly #length: number;
  /** One a pattern. */
  #indices: CacheIndex[];
  /** `[layer][head]` */
  #caches: KeyValueCache[][] = [];
  /** One a pattern, of the slot that is being added. */
  #added: AddedSlot[] = [];
  /** Slots that were added. */
  slots = 0;

  /** @param length the most slots that the model sees */
  constructor(layout: DecoderLayout, length: number) {
    this.#layout = layout;
    this.#length = length;
    this.#indices = layout.patterns.map((pattern) => new CacheIndex(pattern, length));
  }

  /** Rows held, a row counted once a head that can still see it. */
  get rows(): number {
    return this.#indices.reduce((sum, { size }, pattern) => sum + size * this.#layout.heads[pattern]!, 0);
  }

  /** A cache of the same content that shares nothing with this one. */
  copy(): SequenceCache {
    const cache = new SequenceCache(this.#layout, this.#length);
    cache.#indices = this.#indices.map((index) => index.copy());
    cache.#caches = this.#caches.map((heads) => heads.map((head) => head.copy()));
    cache.slots = this.slots;
    return cache;
  }

  /** Begins with this many slots; gives, for each pattern, those that a later one may see: they are to be kept, in this order. */
  beginPrompt(slots: number): Int32Array[] {
    this.slots = slots;
    this.#caches = this.#layout.layers.map(() => []);
    return this.#indices.map((index) => index.addPrompt(slots));
  }

  /** Keeps a head's rows of the prompt. */
  keepPrompt(
    layer: number,
    head: number,
    widths: HeadWidths,
    keys: Float32Array,
    values: Float32Array,
  ): void {
    this.#caches[layer]![head] = new KeyValueCache(widths, keys, values);
  }

  /** Begins with the next slot; gives how many rows it reads over all layers, a row counted once a head that reads it. */
  beginSlot(): number {
    this.#added = this.#indices.map((index) => ({
      row: index.add(this.slots),
      shown: index.shownTo(this.slots),
    }));
    return this.#added.reduce(
      (sum, { shown }, pattern) => sum + shown.length * this.#layout.heads[pattern]!,
      0,
    );
  }

  /** Keeps the slot's key and value in one layer, and writes what its query attends to. */
  attend(layer: number, { query, key, value, attended }: TokenCells): void {
    for (const { pattern, heads } of this.#layout.layers[layer]!) {
      const { row, shown } = this.#added[pattern]!;
      for (const head of heads) {
        const cache = this.#caches[layer]![head]!;
        if (row >= 0)
          cache.write(row, cellsOf(key, head, cache.keyWidth), cellsOf(value, head, cache.valueWidth));
        attendRows(
          cellsOf(query, head, cache.keyWidth),
          cache,
          shown,
          cellsOf(attended, head, cache.valueWidth),
        );
      }
    }
  }

  /** Ends with the slot: rows that it was the last to see are free. */
  finishSlot(): void {
    for (const index of this.#indices) index.finish(this.slots);
    this.slots++;
    this.#added = [];
  }
}

function cellsOf({ values, first }: Cells, head: number, width: number): Cells {
  return { values, first: first + head * width };
}
