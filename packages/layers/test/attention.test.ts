import '@tensorflow/tfjs-backend-cpu';
import { causal, compile, fixed, local, type Pattern, perHead, strided } from '@sparse-transformers/patterns';
import { expectNoLeaks, randomFrom } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { attention, paperInitialiser } from '../src/index.ts';
import { attentionLoops } from './plain-loops.ts';
import { expectLoops, randomised, shapesOf, weightsOf } from './random-layer.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [batch, length, width, heads] = [2, 11, 6, 3];
const make = () => randomised(attention({ width, heads }, paperInitialiser(1)));
const x = randomFrom(3).normals(batch * length * width);
const input = () => tf.tensor3d(Float32Array.from(x), [batch, length, width]);
const allowsOf = (pattern: Pattern) => (head: number, query: number, key: number) =>
  (pattern.heads?.[head] ?? pattern).allows(query, key);

describe('attention', () => {
  it.each<[string, Pattern]>([
    ['causal', causal()],
    ['strided', strided({ stride: 4 })],
    ['fixed', fixed({ block: 4, summary: 1 })],
    ['another pattern a head', perHead([causal(), local({ window: 2 }), strided({ stride: 3 })])],
  ])('is the softmax average of the values that %s shows', (_, pattern) => {
    const layer = make();
    const sizes = { heads, width, length, allows: allowsOf(pattern) };
    const y = layer.apply(input(), pattern);
    expect(y.shape).toEqual([batch, length, width]);
    expectLoops(y, (round) => attentionLoops(x, weightsOf(layer), sizes, round));
  });

  it('can have narrower queries and keys', () => {
    const narrow = randomised(attention({ width, heads, queryKeyWidth: 3 }, paperInitialiser(1)));
    const pattern = strided({ stride: 4 });
    const sizes = { heads, width, queryKeyWidth: 3, length, allows: allowsOf(pattern) };
    expectLoops(narrow.apply(input(), pattern), (round) =>
      attentionLoops(x, weightsOf(narrow), sizes, round),
    );
    expect(shapesOf(narrow).map(([name, shape]) => `${name} ${shape}`)).toEqual([
      'query.weight 6,3',
      'query.bias 3',
      'key.weight 6,3',
      'key.bias 3',
      'value.weight 6,6',
      'value.bias 6',
      'output.weight 6,6',
      'output.bias 6',
    ]);
  });

  it('takes a plan as well as a pattern', () => {
    const layer = make();
    const plan = compile(causal(), { queries: length });
    expect(layer.apply(input(), plan).dataSync()).toEqual(layer.apply(input(), causal()).dataSync());
  });

  it('leaves padding out', () => {
    const layer = make();
    const allows = (_: number, query: number, key: number) => key <= query && key < 5;
    const y = layer.apply(input(), causal(), { keyLengths: [5, 11] });
    const first = tf.slice(y, [0, 0, 0], [1, length, width]);
    expectLoops(first, (round) =>
      attentionLoops(
        x.subarray(0, length * width),
        weightsOf(layer),
        { heads, width, length, allows },
        round,
      ),
    );
  });

  it('keeps packed documents apart', () => {
    const layer = make();
    const documents = Array.from({ length: batch }, () => [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]);
    const allows = (_: number, query: number, key: number) =>
      key <= query && documents[0]![key] === documents[0]![query];
    expectLoops(layer.apply(input(), causal(), { documents }), (round) =>
      attentionLoops(x, weightsOf(layer), { heads, width, length, allows }, round),
    );
  });

  it('is its two halves with sparse attention between', () => {
    const { q, k, v } = make().project(input());
    for (const part of [q, k, v]) expect(part.shape).toEqual([batch, heads, length, width / heads]);
    const layer = make();
    // A query that sees itself only gives its own value.
    const own = layer.apply(input(), local({ window: 1 })).dataSync();
    expect(layer.merge(layer.project(input()).v).dataSync()).toEqual(own);
  });

  it('has query, key, value and output, each a matrix with a bias', () => {
    expect(shapesOf(make())).toEqual(
      ['query', 'key', 'value', 'output'].flatMap((name) => [
        [`${name}.weight`, [width, width]],
        [`${name}.bias`, [width]],
      ]),
    );
  });

  it('refuses a width that the heads do not divide', () => {
    expect(() => attention({ width: 6, heads: 4 }, paperInitialiser(1))).toThrow(
      /width must be a multiple of heads, but 6 is none of 4/,
    );
    expect(() => attention({ width: 6, heads: 3, queryKeyWidth: 4 }, paperInitialiser(1))).toThrow(
      /queryKeyWidth must be a multiple of heads, but 4 is none of 3/,
    );
  });

  it('leaves no tensor behind but its result', async () => {
    const [layer, x] = [make(), input()];
    await expectNoLeaks(() => tf.tidy(() => layer.apply(x, causal())));
  });
});
