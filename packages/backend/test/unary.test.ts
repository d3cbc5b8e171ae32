import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice, valuesOf } from './each-device.ts';

/** Floats of all sizes and signs: every 40,009th bit pattern, and where functions have their edges. */
const floats = (() => {
  const patterns = Uint32Array.from({ length: Math.floor(2 ** 32 / 40009) }, (_, i) => i * 40009);
  const edges = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, Infinity, -Infinity, NaN, 1e-45, -1e-45, 88.72, 88.73];
  return Float32Array.from([...new Float32Array(patterns.buffer), ...edges, -87.4, -103.9, -104.1, 2 ** 24]);
})();

/** A float's last place: the distance to the next one. */
function lastPlace(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126)));
  return 2 ** (exponent - 23);
}

/** Units in the last place between a float and the true value; Infinity where one is no number or endless and the other isn't. */
function unitsApart(actual: number, truth: number): number {
  const rounded = Math.fround(truth);
  if (Object.is(actual, rounded)) return 0;
  if (actual === 0 && rounded === 0) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(actual) && !Number.isFinite(rounded)) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(rounded)) return Math.abs(actual) >= 3.4028e38 ? 1 : Number.POSITIVE_INFINITY;
  if (Number.isNaN(actual)) return Number.POSITIVE_INFINITY;
  return Math.abs(actual - truth) / lastPlace(truth);
}

/** The floats with their true values, which are the same on every device. */
const truths = new Map<string, readonly number[]>();

function truthsOf(name: string, expected: (x: number) => number): readonly number[] {
  const known = truths.get(name) ?? Array.from(floats, expected);
  truths.set(name, known);
  return known;
}

function worst(actual: readonly number[], expected: readonly number[]) {
  let units = 0;
  let at = 0;
  actual.forEach((value, i) => {
    const apart = unitsApart(value, expected[i]!);
    if (!(apart > units)) return;
    units = apart;
    at = floats[i] ?? 0;
  });
  return { units, at };
}

function halfToEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Object.is(x, -0) || (x < 0 && x >= -0.5) ? -0 : Math.round(x);
  return down % 2 === 0 ? (x < 0 && down === 0 ? -0 : down) : down + 1 === 0 ? -0 : down + 1;
}

const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;

/** Each function, what it must give, and by how many units in the last place it may miss it. */
const functions: [
  name: string,
  run: (x: tf.Tensor) => tf.Tensor,
  expected: (x: number) => number,
  units: number,
][] = [
  ['abs', tf.abs, Math.abs, 0],
  ['neg', tf.neg, (x) => -x, 0],
  ['ceil', tf.ceil, Math.ceil, 0],
  ['floor', tf.floor, Math.floor, 0],
  ['round', tf.round, halfToEven, 0],
  ['sqrt', tf.sqrt, Math.sqrt, 0.5],
  ['square', tf.square, (x) => x * x, 0.5],
  ['reciprocal', tf.reciprocal, (x) => 1 / x, 0.5],
  ['rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), 1.5],
  ['exp', tf.exp, Math.exp, 2],
  ['expm1', tf.expm1, Math.expm1, 2.5],
  ['log', tf.log, Math.log, 2],
  ['log1p', tf.log1p, Math.log1p, 2],
  ['sin', tf.sin, Math.sin, 2],
  ['cos', tf.cos, Math.cos, 2],
  ['tan', tf.tan, Math.tan, 1],
  ['asin', tf.asin, Math.asin, 3],
  ['acos', tf.acos, Math.acos, 2],
  ['atan', tf.atan, Math.atan, 3],
  ['sinh', tf.sinh, Math.sinh, 3],
  ['cosh', tf.cosh, Math.cosh, 2],
  ['tanh', tf.tanh, Math.tanh, 3],
  ['asinh', tf.asinh, Math.asinh, 3],
  ['acosh', tf.acosh, Math.acosh, 3],
  ['atanh', tf.atanh, Math.atanh, 3],
  ['sigmoid', tf.sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 3],
  ['softplus', tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 2.5],
  ['elu', tf.elu, (x) => (x >= 0 ? x : Math.expm1(x)), 2.5],
  ['selu', tf.selu, (x) => scale * (x >= 0 ? x : alpha * Math.expm1(x)), 4],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.25), (x) => (x < 0 ? 0.25 * x : x), 0.5],
];

describeOnEachDevice('functions of one operand', () => {
  it.each(functions)(
    '%s is exact to its last places for floats of all sizes',
    (name, run, expected, units) => {
      const result = worst(
        valuesOf(() => run(tf.tensor1d(floats))),
        truthsOf(name, expected),
      );
      expect(result.units, `at ${result.at}`).toBeLessThanOrEqual(units);
    },
  );

  it('erf is exact to its last places', () => {
    // From tables to 10 digits.
    const known = [
      [1e-8, 1.128379167e-8],
      [0.1, 0.112462916],
      [0.5, 0.5204998778],
      [0.9, 0.7969082124],
      [1, 0.8427007929],
      [2, 0.995322265],
      [3, 0.9999779095],
      [-1, -0.8427007929],
    ] as const;
    const actual = valuesOf(() => tf.erf(tf.tensor1d(known.map(([x]) => x))));
    known.forEach(([x, truth], i) => {
      expect(Math.abs((actual[i] ?? 0) - truth), `erf(${x})`).toBeLessThanOrEqual(2 * lastPlace(truth));
    });
    expect(valuesOf(() => tf.erf(tf.tensor1d([Infinity, -Infinity, NaN, 0])))).toEqual([1, -1, NaN, 0]);
  });

  it('what is no number stays so, but relu6, sign and step keep their range', () => {
    const x = () => tf.tensor1d([NaN, -2, 3, 9]);
    expect(valuesOf(() => tf.relu(x()))).toEqual([NaN, 0, 3, 9]);
    expect(valuesOf(() => tf.relu6(x()))).toEqual([NaN, 0, 3, 6]);
    expect(valuesOf(() => tf.sign(x()))).toEqual([0, -1, 1, 1]);
    expect(valuesOf(() => tf.step(x(), 0.5))).toEqual([NaN, 0.5, 1, 1]);
    expect(valuesOf(() => tf.clipByValue(x(), -1, 4))).toEqual([NaN, -1, 3, 4]);
  });

  it('tells finite, infinite and no numbers apart', () => {
    const x = () => tf.tensor1d([1, Infinity, -Infinity, NaN]);
    expect(valuesOf(() => tf.isFinite(x()))).toEqual([1, 0, 0, 0]);
    expect(valuesOf(() => tf.isInf(x()))).toEqual([0, 1, 1, 0]);
    expect(valuesOf(() => tf.isNaN(x()))).toEqual([0, 0, 0, 1]);
  });

  it('computes whole numbers without a detour over floats', () => {
    const x = () => tf.tensor1d([16777217, -16777217, 3], 'int32');
    expect(valuesOf(() => tf.abs(x()))).toEqual([16777217, 16777217, 3]);
    expect(valuesOf(() => tf.neg(x()))).toEqual([-16777217, 16777217, -3]);
    expect(valuesOf(() => tf.relu(x()))).toEqual([16777217, 0, 3]);
    expect(valuesOf(() => tf.round(x()))).toEqual([16777217, -16777217, 3]);
    expect(valuesOf(() => tf.clipByValue(x(), -2, Infinity))).toEqual([16777217, -2, 3]);
  });

  it('gives each cell the same bits wherever it stands', () => {
    const value = 0.7310585975646973;
    for (const run of [tf.exp, tf.tanh, tf.sin]) {
      expect(new Set(valuesOf(() => run(tf.fill([37], value)))).size).toBe(1);
    }
  });

  it('casts to int as an Int32Array does', () => {
    const x = [1.9, -1.9, NaN, Infinity, 3e9, -3e9, 2 ** 40 + 2 ** 20, -2147483648];
    expect(valuesOf(() => tf.cast(tf.tensor1d(x), 'int32'))).toEqual([
      ...Int32Array.from(x.map(Math.fround)),
    ]);
  });

  it('casts what is not 0 to true', () => {
    const x = tf.tensor1d([0, -0, 0.1, NaN]);
    expect(valuesOf(() => tf.cast(x, 'bool'))).toEqual([0, 0, 1, 1]);
    expect(valuesOf(() => tf.cast(tf.cast(x, 'bool'), 'float32'))).toEqual([0, 0, 1, 1]);
  });

  it('takes tensors without a cell', () => {
    expect(valuesOf(() => tf.exp(tf.zeros([0, 3])))).toEqual([]);
    expect(valuesOf(() => tf.cast(tf.zeros([0]), 'int32'))).toEqual([]);
  });
});
