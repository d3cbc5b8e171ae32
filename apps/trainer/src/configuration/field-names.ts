/** The fields of the configuration by their names, as the command line and files of configurations write them: `model.positions.stride`. */
import { z } from 'zod';
import { type FieldWords, fieldWords } from '../fields/index.ts';
import { kindWords, runConfigSchema, unions } from './run-config.ts';

/** A field, and what people are told of it. */
export interface NamedField extends FieldWords {
  /** `model.layers`. */
  readonly name: string;
}

/** Everything in the schema that has a name: sections, whole objects and fields, each once. */
const named: ReadonlyMap<string, z.core.$ZodType> = new Map(namedWithin('', runConfigSchema));

/** Every field, section by section. */
export const namedFields: readonly NamedField[] = [...named].flatMap(([name, schema]) => {
  const words = fieldWords.get(schema) ?? kindWords[name];
  return words === undefined ? [] : [{ name, ...words }];
});

/** The names of all fields that can be set, of whole objects too: `model.positions` and `model.positions.stride`. */
export const fieldNames: readonly string[] = [...named.keys()].filter((name) => name.includes('.'));

function namedWithin(path: string, schema: z.core.$ZodType): [string, z.core.$ZodType][] {
  return entriesOf(schema).flatMap(([key, inner]) => {
    const name = path === '' ? key : `${path}.${key}`;
    return [[name, inner], ...namedWithin(name, inner)];
  });
}

/** The fields of an object, of each object of a union, or none. */
function entriesOf(schema: z.core.$ZodType): [string, z.core.$ZodType][] {
  if (schema instanceof z.ZodPrefault) return entriesOf(schema.unwrap());
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape);
  return schema instanceof z.ZodDiscriminatedUnion ? schema.options.flatMap(entriesOf) : [];
}

/** The fields that a value of a `kind` may have; null where there is but one kind. */
function fieldsOfKind(path: string, kind: unknown): readonly string[] | null {
  const union = new Map<string, z.ZodDiscriminatedUnion>(Object.entries(unions)).get(path);
  const member = union?.options.find((option) => {
    const [, literal] = entriesOf(option).find(([key]) => key === 'kind') ?? [];
    return literal instanceof z.ZodLiteral && literal.value === kind;
  });
  return member === undefined ? null : entriesOf(member).map(([key]) => key);
}

/**
 * Sets fields of a configuration by their names. A new `kind` drops the fields that only the old one has.
 *
 * @param config changed in place
 */
export function setFields(config: object, settings: ReadonlyMap<string, unknown>): void {
  // Whole objects and kinds first, so that the order of options doesn't matter.
  const rank = (name: string) => name.split('.').length - (name.endsWith('.kind') ? 0.5 : 0);
  for (const [name, value] of [...settings].sort(([a], [b]) => rank(a) - rank(b))) {
    const keys = name.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce<object>((found, key) => Object(valueAt(found, [key])), config);
    Object.assign(parent, { [last]: value });
    if (last === 'kind') dropOtherFields(parent, fieldsOfKind(keys.join('.'), value));
  }
}

function dropOtherFields(parent: object, known: readonly string[] | null): void {
  if (known === null) return;
  for (const field of Object.keys(parent)) if (!known.includes(field)) Reflect.deleteProperty(parent, field);
}

/** The value of a field; undefined where it isn't there. */
export function fieldValue(config: object, name: string): unknown {
  return valueAt(config, name.split('.'));
}

/** The value at a path; undefined where nothing is. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    found = new Map<PropertyKey, unknown>(Object.entries(Object(found))).get(String(key));
  }
  return found;
}
