/** Reads a saved pattern back. The input may be hostile: every field is checked, and no more than was saved is built. */

import { PatternError, show } from '../errors.ts';
import type { PatternKind } from './fields.ts';
import { type PatternForm, patternKinds } from './kinds.ts';
import type { Pattern } from './pattern.ts';

const deepestNesting = 32;
const mostParts = 65_536;

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
  return read(envelope.get('pattern'), 0, { isWhole: true });
}

/**
 * The pattern of a form, as a configuration has it: without an envelope, and where what has a default may be left out.
 *
 * @throws PatternError that names the kind and the field that makes no sense
 */
export function fromForm(form: PatternForm): Pattern {
  return read(form, 0, { isWhole: false });
}

function read(json: unknown, depth: number, { isWhole }: { isWhole: boolean }): Pattern {
  if (depth > deepestNesting)
    throw new PatternError(`fromJSON: patterns are nested more than ${deepestNesting} deep.`);
  const name = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined;
  const found = patternKinds.find(({ kind }) => kind === name);
  if (!found) {
    const known = patternKinds.map(({ kind }) => kind).join(', ');
    throw new PatternError(`fromJSON: \`kind\` must be one of ${known}, but it is ${show(name)}.`);
  }
  const options: Record<string, unknown> = {};
  for (const [field, value] of fieldsOf(
    json,
    ['kind', ...Object.keys(found.fields)],
    isWhole ? [] : optional(found),
  )) {
    if (found.fields[field]?.type !== 'patterns') options[field] = value;
    else options[field] = partsOf(value).map((part) => read(part, depth + 1, { isWhole }));
  }
  // Each constructor checks its own numbers, so a wrong type is refused there by name.
  return found.make(options as never);
}

function optional({ fields }: PatternKind): string[] {
  return Object.keys(fields).filter((field) => fields[field]?.unlessGiven !== undefined);
}

function partsOf(patterns: unknown): readonly unknown[] {
  if (Array.isArray(patterns) && patterns.length <= mostParts) return patterns;
  throw new PatternError(
    `fromJSON: \`patterns\` must be an array of at most ${mostParts}, but it is ${show(patterns)}.`,
  );
}

/** The own fields of an object that has these and no others; some may be missing. */
function fieldsOf(
  json: unknown,
  names: readonly string[],
  mayMiss: readonly string[] = [],
): ReadonlyMap<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new PatternError(
      `fromJSON: an object with ${names.join(', ')} is expected, but ${show(json)} came.`,
    );
  }
  const fields = new Map(Object.entries(json));
  const wrong =
    [...fields.keys()].find((name) => !names.includes(name)) ??
    names.find((name) => fields.get(name) === undefined && !mayMiss.includes(name));
  if (wrong !== undefined) {
    throw new PatternError(
      `fromJSON: field ${show(wrong)} is ${names.includes(wrong) ? 'missing' : 'unknown'}; expected ${names.join(', ')}.`,
    );
  }
  return fields;
}
