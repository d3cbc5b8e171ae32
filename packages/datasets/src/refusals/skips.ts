import type { SkippedItem } from '../token-dataset.ts';
import { DatasetError } from './errors.ts';

/** What becomes of files and lines that cannot be used. */
export type BadInputPolicy = 'refuse' | 'skip';

/** Items that are listed one by one: of more, only the numbers are kept, so that memory stays bounded. */
const listed = 1000;

/** How many were skipped, listed or not. */
export interface SkippedCounts {
  /** Whole files and folders. */
  readonly files: number;
  /** Lines of files that were read. */
  readonly lines: number;
}

/** What was skipped so far, or the refusal of the first thing that would be. */
export class Skips {
  readonly #policy: BadInputPolicy;
  #items: SkippedItem[] = [];
  #first: DatasetError | null = null;
  #counts: SkippedCounts = { files: 0, lines: 0 };

  constructor(policy: BadInputPolicy) {
    this.#policy = policy;
  }

  /** None so far, under the same policy. */
  fresh(): Skips {
    return new Skips(this.#policy);
  }

  /** Notes what is to be skipped; throws what is not: refusals of another kind, and all where the policy says so. */
  note(error: unknown, path: string, line?: number): void {
    const isInput = error instanceof DatasetError && error.detail !== null;
    if (!isInput || this.#policy === 'refuse') throw error;
    this.#first ??= error;
    this.add({ path, ...(line === undefined ? {} : { line }), reason: error.detail ?? error.message });
  }

  /** Adds an item. */
  add(item: SkippedItem): void {
    const { files, lines } = this.#counts;
    this.#counts = item.line === undefined ? { files: files + 1, lines } : { files, lines: lines + 1 };
    if (this.#items.length < listed) this.#items.push(item);
  }

  /** Adds what was skipped when a kept text was made. */
  addAll(items: readonly SkippedItem[], counts: SkippedCounts): void {
    this.#items = [...this.#items, ...items].slice(0, listed);
    this.#counts = { files: this.#counts.files + counts.files, lines: this.#counts.lines + counts.lines };
  }

  /** The refusal of what was skipped, with its ways out, if that is one thing; null otherwise. */
  get only(): DatasetError | null {
    return this.#counts.files + this.#counts.lines === 1 ? this.#first : null;
  }

  /** The first items, in the order in which they were met. */
  get items(): readonly SkippedItem[] {
    return this.#items;
  }

  /** How many there are in all. */
  get counts(): SkippedCounts {
    return this.#counts;
  }

  /** A place to come back to: a file is left out as a whole, with its lines. */
  mark(): () => void {
    const [length, counts] = [this.#items.length, this.#counts];
    return () => {
      this.#items.length = length;
      this.#counts = counts;
    };
  }
}
