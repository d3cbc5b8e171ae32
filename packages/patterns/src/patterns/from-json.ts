/** Reads a saved pattern back. The input may be hostile: every field is checked, and no more than was saved is built. */

import { PatternError, show } from '../errors.ts';
import { and } from './and.ts';
import { blockLocal } from './block-local.ts';
import { column } from './column.ts';
import { fixed } from './fixed.ts';
import { full } from './full.ts';
import { local } from './local.ts';
import { or } from './or.ts';
import type { Pattern } from './pattern.ts';
import { perHead } from './per-head.ts';
import { strided } from './strided.ts';
import { summary } from './summary.ts';

const deepestNesting = 32;
const mostParts = 65_536;

type Fields = ReadonlyMap<string, unknown>;

/**
 * The pattern that `toJSON()` wrote, from the parsed JSON.
 *
 * @throws PatternError when the format, the version or a field is not what this release writes.
 */
export function fromJSON(json: unknown): Pattern {
  const envelope = fieldsOf(json, ['format', 'version', 'pattern']);
  if (envelope.get('format') !== 'sparse-transformers/pattern') {
    throw new PatternError(
      `fromJSON: \`format\` must be "sparse-transformers/pattern", but it is ${show(envelope.get('format'))}.`,
    );
  }
  if (envelope.get('version') !== 1) {
    throw new PatternError(
      `fromJSON: version ${show(envelope.get('version'))} isn't known here, only 1. Use a newer release of this package.`,
    );
  }
  return read(envelope.get('pattern'), 0);
}

// Each constructor checks its own numbers, so a wrong type is refused there by name.
const readers: ReadonlyMap<string, (fields: unknown, depth: number) => Pattern> = new Map([
  ['full', (json) => full(options(json, ['causal']))],
  ['local', (json) => local(options(json, ['window', 'causal']))],
  ['column', (json) => column(options(json, ['stride', 'causal']))],
  ['strided', (json) => strided(options(json, ['stride', 'window', 'causal']))],
  ['blockLocal', (json) => blockLocal(options(json, ['block', 'causal']))],
  ['summary', (json) => summary(options(json, ['block', 'summary', 'slot', 'causal']))],
  ['fixed', (json) => fixed(options(json, ['block', 'summary', 'slot', 'causal']))],
  ['and', (json, depth) => and(...parts(json, depth))],
  ['or', (json, depth) => or(...parts(json, depth))],
  ['perHead', (json, depth) => perHead(parts(json, depth))],
]);

function read(json: unknown, depth: number): Pattern {
  if (depth > deepestNesting)
    throw new PatternError(`fromJSON: patterns are nested more than ${deepestNesting} deep.`);
  const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined;
  const reader = typeof kind === 'string' ? readers.get(kind) : undefined;
  if (!reader) {
    throw new PatternError(
      `fromJSON: \`kind\` must be one of ${[...readers.keys()].join(', ')}, but it is ${show(kind)}.`,
    );
  }
  return reader(json, depth);
}

/** All fields, with the types that the constructor is about to check. */
function options<Name extends string>(json: unknown, names: readonly Name[]): Record<Name, never> {
  const fields = fieldsOf(json, ['kind', ...names]);
  return Object.fromEntries(names.map((name) => [name, fields.get(name)])) as Record<Name, never>;
}

function parts(json: unknown, depth: number): Pattern[] {
  const patterns = fieldsOf(json, ['kind', 'patterns']).get('patterns');
  if (!Array.isArray(patterns) || patterns.length > mostParts) {
    throw new PatternError(
      `fromJSON: \`patterns\` must be an array of at most ${mostParts}, but it is ${show(patterns)}.`,
    );
  }
  return patterns.map((part) => read(part, depth + 1));
}

/** The own fields of an object that has exactly these. */
function fieldsOf(json: unknown, names: readonly string[]): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new PatternError(
      `fromJSON: an object with ${names.join(', ')} is expected, but ${show(json)} came.`,
    );
  }
  const fields = new Map(Object.entries(json));
  const wrong =
    [...fields.keys()].find((name) => !names.includes(name)) ?? names.find((name) => !fields.has(name));
  if (wrong !== undefined) {
    throw new PatternError(
      `fromJSON: field ${show(wrong)} is ${fields.has(wrong) ? 'unknown' : 'missing'}; expected ${names.join(', ')}.`,
    );
  }
  return fields;
}
