import '@tensorflow/tfjs-backend-cpu';
import { referenceDropout } from '@sparse-transformers/kernels';
import { fixed } from '@sparse-transformers/patterns';
import { expectNoLeaks, randomFrom } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DropoutSource, paperInitialiser, residualBlock } from '../src/index.ts';
import { attentionLoops, feedForwardLoops, normLoops, type Round, sumLoops, within } from './plain-loops.ts';
import { expectLoops, randomised, shapesOf, weightsOf } from './random-layer.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [batch, length, width, heads, inner] = [2, 9, 4, 2, 7];
const pattern = fixed({ block: 4, summary: 1 });
const make = () => randomised(residualBlock({ width, heads, inner }, paperInitialiser(1)));
const x = randomFrom(5).normals(batch * length * width);
const input = () => tf.tensor3d(Float32Array.from(x), [batch, length, width]);

/** The block by plain loops; `drop` is what happens at the end of the two branches. */
function loops(
  block: ReturnType<typeof make>,
  drop: (branch: number, values: Float64Array) => Float64Array,
  round?: Round,
): Float64Array {
  const weights = weightsOf(block);
  const normalised = (values: Float64Array, name: string) =>
    normLoops(values, within(weights, name), 1e-5, round);
  const sizes = {
    heads,
    width,
    length,
    allows: (_: number, query: number, key: number) => pattern.allows(query, key),
  };
  const attended = attentionLoops(normalised(x, 'attentionNorm'), within(weights, 'attention'), sizes, round);
  const middle = sumLoops(x, drop(0, attended), round);
  const changed = feedForwardLoops(
    normalised(middle, 'feedForwardNorm'),
    within(weights, 'feedForward'),
    width,
    round,
  );
  return sumLoops(middle, drop(1, changed), round);
}

describe('residualBlock', () => {
  it('is x + a(x) + b(x), each branch after a norm of its own', () => {
    const block = make();
    expectLoops(block.apply(input(), pattern), (round) => loops(block, (_, values) => values, round));
  });

  it('drops at the end of both branches, with the counter of its source and the next', () => {
    const block = make();
    const dropout: DropoutSource = { rate: 0.4, seed: 11, counter: 6 };
    const drop = (branch: number, values: Float64Array) =>
      Float64Array.from(referenceDropout(values, { ...dropout, counter: 6 + branch }));
    expectLoops(block.apply(input(), pattern, { dropout }), (round) => loops(block, drop, round));
  });

  it('replays its dropout from the same numbers, and takes another mask for another counter', () => {
    const block = make();
    const y = (counter: number) =>
      block.apply(input(), pattern, { dropout: { rate: 0.4, seed: 11, counter } }).dataSync();
    expect(y(6)).toEqual(y(6));
    expect(y(6)).not.toEqual(y(8));
  });

  it('does not drop at a rate of 0', () => {
    const block = make();
    const dropout = { rate: 0, seed: 1, counter: 0 };
    expect(block.apply(input(), pattern, { dropout }).dataSync()).toEqual(
      block.apply(input(), pattern).dataSync(),
    );
  });

  it('names its weights after its parts, in the order in which they work', () => {
    const dense = (name: string, inputs: number, outputs: number) => [
      [`${name}.weight`, [inputs, outputs]],
      [`${name}.bias`, [outputs]],
    ];
    const norm = (name: string) => [
      [`${name}.gain`, [width]],
      [`${name}.bias`, [width]],
    ];
    expect(shapesOf(make())).toEqual([
      ...norm('attentionNorm'),
      ...['query', 'key', 'value', 'output'].flatMap((name) => dense(`attention.${name}`, width, width)),
      ...norm('feedForwardNorm'),
      ...dense('feedForward.inner', width, inner),
      ...dense('feedForward.outer', inner, width),
    ]);
  });

  it('gives every weight a gradient', () => {
    const block = make();
    const weights = [...block.parameters.values()];
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.square(block.apply(input(), pattern))) as tf.Scalar,
      weights,
    );
    for (const [name, weight] of block.parameters) {
      expect(
        grads[weight.name]!.dataSync().some((gradient) => gradient !== 0),
        name,
      ).toBe(true);
    }
  });

  it('leaves no tensor behind but its result', async () => {
    const [block, x] = [make(), input()];
    const dropout = { rate: 0.1, seed: 1, counter: 0 };
    await expectNoLeaks(() => tf.tidy(() => block.apply(x, pattern, { dropout })));
  });
});
