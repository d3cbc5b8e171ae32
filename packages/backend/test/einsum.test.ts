/** Einsum and its gradient: values against loops over all letters in float64, gradients against the same loops, on three backends. */
import '@tensorflow/tfjs-backend-cpu';
import '@sparse-transformers/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';
import { matrixOf } from './product-reference.ts';

const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 4, d: 5, e: 2, f: 3 };

const equations = [
  ...['a->a', 'a->', 'ab->', 'ab->a', 'ab->b', 'ab->ba', 'abc->cab', 'abcd->db'],
  ...[
    ',->',
    'a,->',
    'a,->a',
    ',ab->ba',
    'a,a->',
    'a,b->ab',
    'a,b->ba',
    'ab,ab->',
    'ab,ba->',
    'ab,b->a',
    'b,ab->a',
  ],
  ...[
    'ab,bc->ac',
    'ab,bc->ca',
    'ba,bc->ac',
    'ab,cb->ac',
    'ba,cb->ca',
    'ab,ab->a',
    'ab,ac->abc',
    'ab,ac->cab',
  ],
  ...[
    'abc,acd->abd',
    'adc,abc->abd',
    'adc,abc->adb',
    'abcd,cde->abe',
    'abcd,dce->abe',
    'aecd,abcd->acbe',
    'aecd,abcd->abe',
  ],
  ...[
    'abcd,aecd->acbe',
    'acbe,aecd->abcd',
    'abc,abd->cd',
    'ab,c->',
    'abf,c->bc',
    'abc,bcd->ad',
    'abcd,acde->ebda',
  ],
];

/** TensorFlow.js's own kernel gives back its operand or another shape. */
const wrongOnCpu = new Set(['a->a', 'ab,c->', 'abf,c->bc']);

const backends: [string, (() => Promise<void>) | null][] = [
  ...cpuDevices.map(([name, create]): [string, () => Promise<void>] => [
    `einsum-${name}`,
    async () => void registerDeviceBackend(`einsum-${name}`, await create({ threads: 1 })),
  ]),
  ['cpu', null],
];

describe.each(backends)('einsum on %s', (name, start) => {
  beforeAll(async () => {
    await start?.();
    await tf.setBackend(name);
  });

  afterAll(() => {
    if (start) tf.removeBackend(name);
  });

  const known = equations.filter((equation) => start || !wrongOnCpu.has(equation));

  it.each(known)('%s has the right values', (equation) => {
    tf.tidy(() => {
      const operands = operandsOf(equation);
      const result = tf.einsum(equation, ...operands);
      expect(result.shape).toEqual(shapeOf(equation.split('->')[1]!));
      expectClose(result, loops(equation, operands.map(valuesOf)));
    });
  });

  it.each(known)('%s has the right gradient', (equation) => {
    tf.tidy(() => {
      const operands = operandsOf(equation);
      const [inputs, output] = equation.split('->') as [string, string];
      const dy = matrixOf(shapeOf(output), 9);
      const gradients = tf.grads((...xs: tf.Tensor[]) => tf.einsum(equation, ...xs))(operands, dy);
      // What is linear in an operand has one gradient: the same sum with dy in the operand's place.
      inputs.split(',').forEach((letters, place) => {
        const terms = inputs.split(',').with(place, output);
        const values = operands.map(valuesOf).with(place, valuesOf(dy));
        expect(gradients[place]!.shape).toEqual(shapeOf(letters));
        expectClose(gradients[place]!, loops(`${terms}->${letters}`, values));
      });
    });
  });

  it('frees what it makes on its way', () => {
    const before = tf.memory().numDataBuffers;
    tf.tidy(() => void tf.einsum('abc,dcbe->dae', ones('abc'), ones('dcbe')));
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});

describe.each(backends.slice(0, 2))('einsum on %s alone', (name, start) => {
  beforeAll(async () => {
    await start?.();
    await tf.setBackend(name);
  });

  afterAll(() => tf.removeBackend(name));

  it('multiplies whole numbers exactly', () => {
    const x = tf.tensor1d([65537, 3], 'int32');
    const result = tf.einsum('a,a->', x, tf.tensor1d([3, 5], 'int32'));
    expect([result.dtype, ...result.dataSync()]).toEqual(['int32', 3 * 65537 + 15]);
  });

  it('says what is wrong with letters', () => {
    expect(() => tf.einsum('ab->ab', tf.zeros([2, 3, 4]))).toThrow('gives 2 letters to operand 0');
    expect(() => tf.einsum('a->aa', tf.zeros([2]))).toThrow("'a->aa' repeats one");
  });
});

const shapeOf = (letters: string) => [...letters].map((letter) => sizes[letter]!);
const ones = (letters: string) => tf.ones(shapeOf(letters));
const valuesOf = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

function operandsOf(equation: string): tf.Tensor[] {
  return equation
    .split('->')[0]!
    .split(',')
    .map((letters, place) => matrixOf(shapeOf(letters), place + 1));
}

/** The definition: one loop for each letter. */
function loops(equation: string, operands: readonly number[][]): number[] {
  const [inputs, output] = equation.split('->') as [string, string];
  const terms = inputs.split(',');
  const letters = [...new Set(equation.replace(/[^a-z]/g, ''))];
  const result = new Array<number>(tf.util.sizeFromShape(shapeOf(output))).fill(0);
  const at = (own: string, place: Map<string, number>) =>
    [...own].reduce((index, letter) => index * sizes[letter]! + place.get(letter)!, 0);
  for (let cell = 0; cell < tf.util.sizeFromShape(shapeOf(letters.join(''))); cell++) {
    let rest = cell;
    const place = new Map<string, number>();
    for (const letter of letters) {
      place.set(letter, rest % sizes[letter]!);
      rest = Math.floor(rest / sizes[letter]!);
    }
    result[at(output, place)]! += terms.reduce(
      (product, own, term) => product * operands[term]![at(own, place)]!,
      1,
    );
  }
  return result;
}

function expectClose(tensor: tf.Tensor, expected: readonly number[]): void {
  const values = valuesOf(tensor);
  expect(values.length).toBe(expected.length);
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThan(1e-5);
}
