import { byteTokenizer } from './byte-tokenizer.ts';
import { characterTokenizer } from './character-tokenizer.ts';
import { codePointLimit } from './code-points.ts';
import { TokenizerError } from './errors.ts';
import { muLawTokenizer } from './mu-law-tokenizer.ts';
import { pixelTokenizer } from './pixel-tokenizer.ts';
import type { AnyTokenizer, TokenizerJson } from './tokenizer.ts';

/** The fields of a kind's saved form, and what makes a tokenizer of them. */
interface SavedKind {
  readonly fields: readonly string[];
  make(fields: Fields): AnyTokenizer;
}

const kinds: Readonly<Record<TokenizerJson['kind'], SavedKind>> = {
  bytes: { fields: [], make: byteTokenizer },
  characters: { fields: ['alphabet'], make: (fields) => characterTokenizer(alphabetOf(fields)) },
  pixels: {
    fields: ['rows', 'columns', 'channels'],
    make: (fields) =>
      pixelTokenizer({
        rows: numberOf(fields, 'rows'),
        columns: numberOf(fields, 'columns'),
        channels: numberOf(fields, 'channels'),
      }),
  },
  'mu-law': {
    fields: ['sampleRate'],
    make: (fields) => muLawTokenizer({ sampleRate: numberOf(fields, 'sampleRate') }),
  },
};

type Fields = ReadonlyMap<string, unknown>;

/**
 * The tokenizer of a saved form: the value that `JSON.parse` gives for a saved {@link TokenizerJson}.
 *
 * The value may come from anywhere: only known fields of known types are taken.
 *
 * @throws {@link TokenizerError} naming the field that is missing, unknown or wrong.
 */
export function tokenizerFromJSON(value: unknown): AnyTokenizer {
  const fields = fieldsOf(value);
  expectField(fields, 'format', 'sparse-transformers/tokenizer');
  expectField(fields, 'version', 1);
  const kind = new Map<unknown, SavedKind>(Object.entries(kinds)).get(fields.get('kind'));
  if (kind === undefined) throw refusal('kind', oneOf(Object.keys(kinds)), fields.get('kind'));
  for (const [name, came] of fields) {
    const isKnown = ['format', 'version', 'kind', ...kind.fields].includes(name);
    if (!isKnown) throw refusal(name, 'absent', came);
  }
  return kind.make(fields);
}

/** `"a", "b" or "c"`. */
function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenizerError(
      `tokenizerFromJSON: value must be an object, got ${show(value)}; pass what toJSON() gave`,
    );
  }
  return new Map(Object.entries(value));
}

function expectField(fields: Fields, name: string, expected: string | number): void {
  if (fields.get(name) !== expected) throw refusal(name, JSON.stringify(expected), fields.get(name));
}

/** A number, whose range the tokenizer itself checks. */
function numberOf(fields: Fields, name: string): number {
  const value = fields.get(name);
  if (typeof value === 'number') return value;
  throw refusal(name, 'a number', value);
}

function alphabetOf(fields: Fields): string {
  const alphabet = fields.get('alphabet');
  // A code point takes at most two units, so a longer string names some character twice.
  if (typeof alphabet === 'string' && alphabet.length <= 2 * codePointLimit) return alphabet;
  throw refusal('alphabet', `a string of at most ${codePointLimit} characters`, alphabet);
}

function refusal(field: string, expected: string, came: unknown): TokenizerError {
  return new TokenizerError(
    `tokenizerFromJSON: field ${show(field)} must be ${expected}, got ${show(came)}; ` +
      'save it again with toJSON(), or update the package that reads it',
  );
}

/** A short JSON of a value that may be huge or hostile. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
