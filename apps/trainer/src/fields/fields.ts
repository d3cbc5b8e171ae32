/**
 * How a field of the configuration is written down, once: its schema, what it means, what it may be, and what it is unless given. Types, checks,
 * messages, help and docs/configuration.md are made of it.
 */
import { z } from 'zod';

/** What people are told of a field. */
export interface FieldWords {
  /** A line. */
  readonly meaning: string;
  /** What it may be, in words that end «must be …». */
  readonly expected: string;
  /** What it is unless given; absent where it must be given. */
  readonly unlessGiven?: unknown;
}

/** The words of each field, by its schema. */
export const fieldWords = z.registry<FieldWords>();

function told<Schema extends z.ZodType>(schema: Schema, words: FieldWords): Schema {
  fieldWords.add(schema as z.ZodType, words);
  return schema;
}

/** Of one field, `given` or `or(default)`. */
interface Field<Schema extends z.ZodType> {
  /** It must be given. */
  readonly given: Schema;
  /** It may be left out. */
  or(unlessGiven: z.util.NoUndefined<z.output<Schema>>): z.ZodDefault<Schema>;
}

/** A field of any schema, each of whose messages is `expected`. */
export function field<Schema extends z.ZodType>(
  meaning: string,
  expected: string,
  schema: Schema,
): Field<Schema> {
  return {
    get given() {
      return told(schema, { meaning, expected });
    },
    or: (unlessGiven) => told(schema.default(unlessGiven), { meaning, expected, unlessGiven }),
  };
}

/** A whole number. */
export function whole(meaning: string, from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  return field(meaning, expected, z.int(expected).min(from, expected).max(to, expected));
}

/** A number in a range that words tell. */
export function number(meaning: string, expected: string, isInRange: (value: number) => boolean) {
  return field(meaning, expected, z.number(expected).refine(isInRange, expected));
}

/** A number above 0. */
export function positive(meaning: string) {
  return number(meaning, 'a number above 0', (value) => value > 0);
}

/** A number from 0 up. */
export function notNegative(meaning: string) {
  return number(meaning, 'a number from 0 up', (value) => value >= 0);
}

/** A share or a chance. */
export function belowOne(meaning: string) {
  return number(meaning, 'a number from 0 to below 1', (value) => value >= 0 && value < 1);
}

/** True or false. */
export function flag(meaning: string) {
  return field(meaning, 'true or false', z.boolean('true or false'));
}

/** One of some words or numbers. */
export function choice<
  const Values extends readonly [string | number, string | number, ...(string | number)[]],
>(meaning: string, values: Values) {
  const expected = oneOf(values);
  return field(meaning, expected, z.literal(values, expected));
}

/** Several words or numbers to choose from: `"a", "b" or 3`. */
export function oneOf(values: readonly (string | number)[]): string {
  const shown = values.map((value) => JSON.stringify(value));
  return `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}
