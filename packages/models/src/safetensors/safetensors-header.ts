/**
 * The JSON of a safetensors header, read by a scanner of its own and not by JSON.parse: of two equal keys that keeps the
 * last without a word, and a header may come from anywhere.
 */
import { checkText, quote, SafetensorsError } from './safetensors-error.ts';

/** The part of JSON that a header may hold: no true, false or null. Objects are maps, so that every name is a name. */
export type Json = string | number | Json[] | Map<string, Json>;

/** A value of the header as an error message shows it. */
export function showJson(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** UTF-8 by the one strict decoder that the language itself has. */
function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  try {
    return decodeURIComponent(
      text.replace(/[%\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`),
    );
  } catch {
    throw new SafetensorsError('expected the header to be UTF-8');
  }
}

/** Reads the bytes of a header; the names of its tensors are the keys. */
export function parseHeader(bytes: Uint8Array): Map<string, Json> {
  const text = decodeUtf8(bytes);
  if (!text.startsWith('{'))
    throw new SafetensorsError('expected the header to begin with {; is it another format?');
  const scanner = new HeaderScanner(text);
  const header = scanner.object(0);
  scanner.end();
  return header;
}

/** A recursive-descent JSON reader that refuses equal keys and depth. Headers are 3 deep: header, entry, list. */
class HeaderScanner {
  private readonly text: string;
  private position = 0;
  /** The member of the header that is being read. */
  private tensor: string | null = null;

  constructor(text: string) {
    this.text = text;
  }

  object(depth: number): Map<string, Json> {
    const members = new Map<string, Json>();
    this.list('{', '}', () => {
      const key = this.string();
      if (depth === 0) this.tensor = key;
      if (members.has(key))
        throw new SafetensorsError(`the key ${quote(key)} comes twice in the header`, this.tensor);
      this.expect(':');
      members.set(key, this.value(depth + 1));
    });
    return members;
  }

  end(): void {
    if (this.peek() !== '') this.fail('the end of the header');
  }

  private value(depth: number): Json {
    const first = this.peek();
    if (first === '"') return this.string();
    if (first === '{' && depth < 3) return this.object(depth);
    if (first === '[' && depth < 3) {
      const items: Json[] = [];
      this.list('[', ']', () => items.push(this.value(depth + 1)));
      return items;
    }
    return this.number();
  }

  private list(open: string, close: string, readItem: () => void): void {
    this.expect(open);
    if (this.peek() !== close) {
      readItem();
      while (this.peek() === ',') {
        this.position++;
        readItem();
      }
    }
    this.expect(close);
  }

  private string(): string {
    this.expect('"');
    const begin = this.position - 1;
    for (let unit = ''; unit !== '"'; this.position++) {
      if (this.position >= this.text.length) this.fail('the end of a text');
      unit = this.text.charAt(this.position);
      if (unit === '\\') this.position++;
    }
    return this.unescape(this.text.slice(begin, this.position));
  }

  private unescape(literal: string): string {
    let text = '';
    try {
      text = JSON.parse(literal) as string;
    } catch {
      this.fail('a well-formed text before it');
    }
    checkText(text, this.tensor);
    return text;
  }

  private number(): number {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.position;
    const literal = pattern.exec(this.text)?.[0];
    if (literal === undefined) return this.fail('a text, a number, a list or an object (at most 3 deep)');
    this.position += literal.length;
    return Number(literal);
  }

  private expect(character: string): void {
    if (this.peek() !== character) this.fail(`"${character}"`);
    this.position++;
  }

  /** The next character that is not white space, or nothing at the end. */
  private peek(): string {
    while (' \t\n\r'.includes(this.text.charAt(this.position)) && this.position < this.text.length)
      this.position++;
    return this.text.charAt(this.position);
  }

  private fail(expected: string): never {
    const found = quote(this.text.slice(this.position, this.position + 12));
    throw new SafetensorsError(
      `header, character ${this.position}: expected ${expected}; got ${found}`,
      this.tensor,
    );
  }
}
