/**
 * The fields of a kind of pattern: one table, in the kind's own file. By it options are checked and completed, patterns named, saved and read,
 * and programs learn what a configuration may say.
 */
import { checkBoolean, checkSize } from '../errors.ts';
import type { PatternSpec } from './json-form.ts';
import type { Pattern } from './pattern.ts';

/** Another field of the same pattern, whose value is taken. */
export interface OtherField {
  /** Its name. */
  readonly sameAs: string;
}

/** A field of a kind of pattern. */
export interface PatternField {
  /** `size`: a whole number from 1 to 2³¹ − 1; `count`: from 0; `flag`: true or false; `patterns`: other patterns. */
  readonly type: 'size' | 'count' | 'flag' | 'patterns';
  /** What it says, in a line. */
  readonly meaning: string;
  /** What it is unless given: a value, or that of another field. A field without one must be given. */
  readonly unlessGiven?: number | boolean | OtherField;
}

/** A kind of pattern: what `kind` says in a saved form or a configuration. */
export interface PatternKind {
  /** The function that makes it. */
  readonly kind: string;
  /** What it shows, in a line. */
  readonly meaning: string;
  /** Its fields, in the order in which they are saved. */
  readonly fields: Readonly<Record<string, PatternField>>;
  /** Makes one from values of the fields; what has a default may be left out. */
  make(options: never): Pattern;
}

/** `causal`, which all plain patterns have. */
export const causalField = {
  type: 'flag',
  meaning: 'False: later keys are seen too.',
  unlessGiven: true,
} as const satisfies PatternField;

/** `patterns`, which combinations have. */
export const partsField = {
  type: 'patterns',
  meaning: 'The parts, in order.',
} as const satisfies PatternField;

type Fields = PatternKind['fields'];

type Values<Table extends Fields> = {
  [Name in keyof Table]: Table[Name] extends { readonly type: 'flag' } ? boolean : number;
};

/** What a kind was given, checked and completed; with its name and its saved form. */
export interface Completed<Table extends Fields> {
  readonly values: Values<Table>;
  /** For people, without what is at its default: `strided(stride 4, window 4)`. */
  readonly name: string;
  readonly spec: PatternSpec;
}

/**
 * Checks the options of a kind, in the order of its fields, and fills in what was not given.
 *
 * @throws PatternError that names the kind, the field and what came
 */
export function completed<const Table extends Fields>(
  { kind, fields }: { readonly kind: string; readonly fields: Table },
  options: Readonly<Record<string, unknown>>,
): Completed<Table> {
  const values: Record<string, number | boolean> = {};
  const shown: string[] = [];
  for (const [name, { type, unlessGiven }] of Object.entries(fields)) {
    const value = options[name] === undefined ? defaultOf(unlessGiven, values) : options[name];
    values[name] =
      type === 'flag'
        ? checkBoolean(kind, name, value)
        : checkSize(kind, name, value, type === 'size' ? 1 : 0);
    if (values[name] !== unlessGiven)
      shown.push(name === 'causal' ? 'bidirectional' : `${name} ${values[name]}`);
  }
  return {
    values: values as Values<Table>,
    name: `${kind}(${shown.join(', ')})`,
    spec: { kind, ...values },
  };
}

function defaultOf(
  unlessGiven: PatternField['unlessGiven'],
  values: Readonly<Record<string, unknown>>,
): unknown {
  return typeof unlessGiven === 'object' ? values[unlessGiven.sameAs] : unlessGiven;
}
