import { characterTokenizer, type Tokenizer } from '@sparse-transformers/tokenizers';
import type { DocumentPiece } from './documents.ts';
import type { DocumentTaker } from './read-sources.ts';

const codePointLimit = 0x110000;
const [absent, fresh, present] = [0, 1, 2];

/** The characters of a text that comes file by file, of which some turn out to be left out. */
export class Vocabulary implements DocumentTaker {
  readonly #separator: string;
  readonly #states = new Uint8Array(codePointLimit);
  readonly #present: number[] = [];
  /** Characters first met in the file that is being read. */
  #fresh: number[] = [];
  #utf8 = newDecoder();
  #documents = 0;
  #documentsBefore = 0;

  /** `separator` stands between documents. */
  constructor(separator: string) {
    this.#separator = separator;
  }

  /** How many documents there were in files that were not taken back. */
  get documents(): number {
    return this.#documents;
  }

  async startFile(): Promise<void> {
    this.#documentsBefore = this.#documents;
  }

  async take(_path: string, { bytes, isLast }: DocumentPiece): Promise<void> {
    this.#mark(this.#utf8.decode(bytes, { stream: !isLast }));
    if (isLast) this.#documents++;
    if (isLast && this.#documents === 2) this.#mark(this.#separator);
  }

  async endFile(isKept: boolean): Promise<void> {
    for (const codePoint of this.#fresh) {
      this.#states[codePoint] = isKept ? present : absent;
      if (isKept) this.#present.push(codePoint);
    }
    this.#fresh = [];
    this.#utf8 = newDecoder();
    if (!isKept) this.#documents = this.#documentsBefore;
  }

  #mark(text: string): void {
    for (let index = 0; index < text.length; ) {
      const codePoint = text.codePointAt(index)!;
      index += codePoint > 0xffff ? 2 : 1;
      if (this.#states[codePoint] !== absent) continue;
      this.#states[codePoint] = fresh;
      this.#fresh.push(codePoint);
    }
  }

  /** The tokenizer of all characters, in the order of their code points. */
  tokenizer(): Tokenizer {
    const letters = this.#present
      .toSorted((one, other) => one - other)
      .map((point) => String.fromCodePoint(point));
    return characterTokenizer(letters.join(''));
  }
}

/** `ignoreBOM` keeps the byte-order mark in the text, in spite of its name. */
function newDecoder() {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
