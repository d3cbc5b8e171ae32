/** Spoils a case in one way that no op lets through: a program can call any kernel by its name. */

import type { Case } from './case.ts';
import type { Given, Random } from './random.ts';

/** Numbers that no attribute expects. */
const extremes = [
  -1,
  -2,
  0,
  0.5,
  1,
  3,
  17,
  1000,
  2 ** 30,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

const dtypes = ['float32', 'int32', 'bool', 'complex64'] as const;

/** The case with another dtype, shape, attribute, or number of inputs. */
export function spoiled(r: Random, one: Case): Case {
  const way = r.pick(['dtype', 'dtype', 'shape', 'shape', 'attribute', 'attribute', 'left out'] as const);
  if (way === 'attribute') return { ...one, attributes: withExtreme(r, one.attributes ?? {}) };
  const inputs = one.inputs as Record<string, Given | Given[] | undefined>;
  const names = Object.keys(inputs).filter((name) => inputs[name] !== undefined);
  if (names.length === 0) return one;
  const name = r.pick(names);
  const change = (given: Given) =>
    way === 'dtype' ? r.tensor(given.shape, r.pick(dtypes)) : r.tensor(r.shape(), given.dtype);
  const old = inputs[name]!;
  const changed = way === 'left out' ? undefined : Array.isArray(old) ? old.map(change) : change(old);
  const isList = Array.isArray(inputs);
  if (isList && changed === undefined) return one;
  return { ...one, inputs: Object.assign(isList ? [] : {}, inputs, { [name]: changed }) };
}

/** Attributes of which one number, somewhere in a list or by itself, is an extreme one. */
function withExtreme(r: Random, attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const extreme = (value: unknown): unknown => {
    if (typeof value === 'number') return r.pick(extremes);
    if (!Array.isArray(value) || value.length === 0) return value;
    const place = r.whole(0, value.length - 1);
    return value.with(place, extreme(value[place]));
  };
  const names = Object.keys(attributes);
  if (names.length === 0) return {};
  const name = r.pick(names);
  return { ...attributes, [name]: extreme(attributes[name]) };
}
