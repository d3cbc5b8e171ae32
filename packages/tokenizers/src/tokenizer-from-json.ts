import { byteTokenizer } from './byte-tokenizer.ts';
import { characterTokenizer } from './character-tokenizer.ts';
import { codePointLimit } from './code-points.ts';
import { TokenizerError } from './errors.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * The tokenizer of a saved form: the value that `JSON.parse` gives for a saved {@link TokenizerJson}.
 *
 * The value may come from anywhere: only known fields of known types are taken.
 *
 * @throws {@link TokenizerError} naming the field that is missing, unknown or wrong.
 */
export function tokenizerFromJSON(value: unknown): Tokenizer {
  const fields = fieldsOf(value);
  expectField(fields, 'format', 'sparse-transformers/tokenizer');
  expectField(fields, 'version', 1);
  const kind = fields.get('kind');
  if (kind === 'bytes') return withFields(fields, ['format', 'version', 'kind'], byteTokenizer);
  if (kind === 'characters') {
    return withFields(fields, ['format', 'version', 'kind', 'alphabet'], () =>
      characterTokenizer(alphabetOf(fields)),
    );
  }
  throw refusal('kind', '"bytes" or "characters"', kind);
}

function fieldsOf(value: unknown): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenizerError(
      `tokenizerFromJSON: value must be an object, got ${show(value)}; pass what toJSON() gave`,
    );
  }
  return new Map(Object.entries(value));
}

function expectField(fields: Map<string, unknown>, name: string, expected: string | number): void {
  if (fields.get(name) !== expected) throw refusal(name, JSON.stringify(expected), fields.get(name));
}

function withFields(
  fields: Map<string, unknown>,
  known: readonly string[],
  make: () => Tokenizer,
): Tokenizer {
  for (const name of fields.keys()) {
    if (!known.includes(name)) throw refusal(name, 'absent', fields.get(name));
  }
  return make();
}

function alphabetOf(fields: Map<string, unknown>): string {
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
