/**
 * Fused sparse attention on both CPU devices: that threads and cuts of the work don't change a bit, every size of tile and head, and
 * what a plan takes on the device. Patterns, padding and documents are held to the conformance suite of packages/testing.
 */
import {
  type Rounding,
  referenceSparseAttention,
  referenceSparseAttentionGradient,
  type SparseAttentionAttributes,
  sparseAttention,
} from '@sparse-transformers/kernels';
import {
  blockLocal,
  causal,
  compile,
  fixed,
  type Pattern,
  type Plan,
  strided,
  summary,
  type TileLists,
} from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceBackend, registerDeviceBackend } from '../src/index.ts';
import { devicePlans } from '../src/kernels/sparse-attention-plan.ts';
import { cpuDevices } from './cpu-devices.ts';
import { onThreads } from './with-threads.ts';

/** Sizes of q; k is as q, v as long, and as wide unless valueDim is given. */
interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly headDim: number;
  readonly valueDim?: number;
}

const few: Sizes = { batch: 1, heads: 2, length: 150, headDim: 16 };
const many: Sizes = { ...few, batch: 2 };

describe.each(cpuDevices)('threads of %s', (name, create) => {
  it('change no bit of sparse attention', async () => {
    const results = await onThreads(name, create, () => [few, many].map((sizes) => bitsOf(sizes)).join());
    expect(results[1]).toBe(results[0]);
    expect(results[2]).toBe(results[0]);
  });
});

describe.each(cpuDevices)('sparse attention on %s', (name, create) => {
  const backendName = `attention-${name}`;
  let backend: DeviceBackend;

  beforeAll(async () => {
    backend = registerDeviceBackend(backendName, await create({ threads: 2 }));
    await tf.setBackend(backendName);
  });

  afterAll(() => tf.removeBackend(backendName));

  describe.each([
    ['a piece of work for each head', many],
    ['a piece of work for each tile', few],
  ])('with %s', (_, sizes) => {
    it.each([4, 8, 16, 32, 64, 128] as const)('is right in tiles of %d', (tile) => {
      for (const pattern of [fixed({ block: 16, summary: 3 }), strided({ stride: 11 })]) {
        expectRight(sizes, compile(pattern, { queries: sizes.length, keys: sizes.length, tile }));
      }
    });

    it.each([1, 5, 16, 67, 80, 128, 300])('is right for heads of width %d', (headDim) => {
      expectRight({ ...sizes, headDim }, planOf(strided({ stride: 11 }), sizes));
    });

    it.each([
      [8, 16],
      [16, 8],
      [3, 67],
      [67, 3],
      [16, 300],
      [300, 16],
    ])('is right for queries and keys of width %d and values of width %d', (headDim, valueDim) => {
      expectRight({ ...sizes, headDim, valueDim }, planOf(strided({ stride: 11 }), sizes));
    });

    it('adds up a key that stands in several tiles', () => {
      expectRight(sizes, planOf(fixed({ block: 40, summary: 10 }), sizes));
    });

    it('gives zeros to queries that see nothing', () => {
      expectRight(sizes, planOf(summary({ block: 64, summary: 1 }), sizes));
    });

    it('gives zeros to queries that stand in no pass', () => {
      const short = { ...sizes, length: 64 };
      const plan = compile(blockLocal({ block: 32 }), { queries: 64, keys: 64, tile: 32 });
      expectRight(short, withoutSecondTile(plan));
    });
  });

  it('shows a query that is no number in its row alone', () => {
    const output = tf.tidy(() => {
      const [q, k, v] = inputsOf(few);
      const isBad = tf.scatterND(tf.tensor2d([[0, 1, 70, 3]], [1, 4], 'int32'), tf.tensor1d([Number.NaN]), [
        ...q.shape,
      ]);
      return Array.from(sparseAttention(tf.add<tf.Tensor4D>(q, isBad), k, v, causal()).dataSync());
    });
    const row = (few.length + 70) * few.headDim;
    const bad = output.flatMap((value, cell) => (Number.isNaN(value) ? [cell] : []));
    expect(bad).toEqual(Array.from({ length: few.headDim }, (_, d) => row + d));
  });

  it('uploads a plan once, outside the count of tensors', () => {
    const plan = planOf(causal(), many);
    const tensors = tf.memory().numDataBuffers;
    bitsOf(many, plan);
    const bytes = devicePlans(backend).bytes();
    bitsOf(many, plan);
    expect(bytes).toBeGreaterThan(0);
    expect(devicePlans(backend).bytes()).toBe(bytes);
    expect(tf.memory().numDataBuffers).toBe(tensors);
  });

  it('takes one plan for any number of heads, one after the other', () => {
    const plan = planOf(strided({ stride: 16 }), few);
    for (const heads of [1, 4, 2]) expectRight({ ...few, heads }, plan);
  });

  it('lets go of old plans', () => {
    const short = { ...few, heads: 1, length: 65, headDim: 4 };
    const attend = (stride: number) => bitsOf(short, planOf(strided({ stride }), short));
    const plans = devicePlans(backend);
    for (let stride = 1; stride <= 64; stride++) attend(stride);
    const [bytes, blocks] = [plans.bytes(), backend.allocatorMemory().blocks];
    for (let stride = 1; stride <= 64; stride++) attend(stride);
    expect(plans.bytes()).toBe(bytes);
    expect(backend.allocatorMemory().blocks).toBe(blocks);
  });

  it('leaves no memory behind', () => {
    const plans = [fixed({ block: 16, summary: 3 }), summary({ block: 64, summary: 1 })].map((pattern) =>
      planOf(pattern, few),
    );
    const wide = { ...few, headDim: 300 };
    const attend = () => plans.map((plan) => bitsOf(wide, plan));
    attend();
    const { used, blocks } = backend.allocatorMemory();
    attend();
    expect(backend.allocatorMemory()).toMatchObject({ used, blocks });
  });

  it('launches a kernel for each pass of the plan', () => {
    const plan = planOf(strided({ stride: 64 }), many);
    const before = backend.launches();
    tf.tidy(() => sparseAttention(...inputsOf(many), plan));
    expect(backend.launches() - before).toBe(plan.groups[0]!.passes.length);
  });
});

function planOf(pattern: Pattern, { length }: Sizes): Plan {
  return compile(pattern, { queries: length, keys: length });
}

/** A plan of two blocks of 32, by hand without the queries of the second: compiled plans leave none out, the type allows it. */
function withoutSecondTile(plan: Plan): Plan {
  const [group] = plan.groups;
  const [pass] = group!.passes;
  const first = ({ first, count, mask }: TileLists, pointers: number[]) => ({
    pointers: Int32Array.from(pointers),
    first: first.slice(0, 1),
    count: count.slice(0, 1),
    mask: mask.slice(0, 1),
  });
  const halved = {
    ...pass!,
    queryRows: pass!.queryRows.slice(0, 32),
    byQuery: first(pass!.byQuery, [0, 1]),
    byKey: first(pass!.byKey, [0, 1, 1]),
  };
  return { ...plan, groups: [{ ...group!, passes: [halved] }] };
}

/** Those that were asked for: sines of large numbers take long. */
const known = new Map<string, Float32Array>();

/** Ordinary numbers, the same at each call. */
function numbers(length: number, seed: number): Float32Array {
  const found = known.get(`${length} ${seed}`) ?? newNumbers(length, seed);
  known.set(`${length} ${seed}`, found);
  return found;
}

function newNumbers(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = 2 * Math.sin(seed + i * i * 0.37);
  return values;
}

function inputsOf(sizes: Sizes): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const { batch, heads, length, headDim, valueDim = headDim } = sizes;
  const input = (seed: number, width: number) =>
    tf.tensor4d(numbers(batch * heads * length * width, seed), [batch, heads, length, width]);
  return [input(1, headDim), input(2, headDim), input(3, valueDim)];
}

/** The output and the gradients. */
function attend(sizes: Sizes, plan: Plan): Float32Array[] {
  return tf.tidy(() => {
    const inputs = inputsOf(sizes);
    const dy = tf.tensor(numbers(inputs[2].size, 4), inputs[2].shape);
    const run = (...[q, k, v]: tf.Tensor[]) =>
      sparseAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, plan);
    const results = [run(...inputs), ...tf.grads(run)(inputs, dy)];
    return results.map((result) => result.dataSync<'float32'>());
  });
}

function bitsOf(sizes: Sizes, plan = planOf(fixed({ block: 64, summary: 5 }), sizes)): string {
  return attend(sizes, plan)
    .map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    )
    .join();
}

/** What the reference gives, by sizes and plan: the same for all devices. */
const references = new Map<string, Reference[]>();

/** The output or a gradient in float64, and how far from it a cell may be: by the plain float32 computation. */
interface Reference {
  readonly exact: Float64Array;
  readonly allowed: number;
}

function referencesOf(sizes: Sizes, plan: Plan): Reference[] {
  const { tiles, pairs, groups, pattern } = plan;
  const passes = groups.flatMap(({ passes }) =>
    passes.map(({ tile, queryRows }) => [tile, queryRows.length]),
  );
  const key = JSON.stringify([sizes, pattern.name, tiles, String(pairs), passes]);
  const found = references.get(key) ?? newReferences(sizes, plan);
  references.set(key, found);
  return found;
}

function newReferences(sizes: Sizes, plan: Plan): Reference[] {
  const { headDim, valueDim = headDim } = sizes;
  const rows = sizes.batch * sizes.heads * sizes.length;
  const input = (seed: number, width: number) => Float64Array.from(numbers(rows * width, seed));
  const attributes: SparseAttentionAttributes = {
    plan,
    scale: 1 / Math.sqrt(sizes.headDim),
    keyLengths: null,
    documents: null,
  };
  const inputs = { q: input(1, headDim), k: input(2, headDim), v: input(3, valueDim) };
  const cotangents = {
    dOutput: input(4, valueDim),
    dLogSumExp: new Float64Array(rows),
  };
  const reference = (round?: Rounding) => {
    const { dq, dk, dv } = referenceSparseAttentionGradient(cotangents, inputs, sizes, attributes, round);
    return [referenceSparseAttention(inputs, sizes, attributes, round).output, dq, dk, dv];
  };
  const plain = reference(Math.fround);
  return reference().map((exact, i) => {
    const rounding = 2 ** -22 * largestGap(exact, new Float64Array(exact.length));
    return { exact, allowed: 2 * largestGap(plain[i]!, exact) + rounding };
  });
}

function expectRight(sizes: Sizes, plan: Plan): void {
  const expected = referencesOf(sizes, plan);
  attend(sizes, plan).forEach((actual, i) => {
    const { exact, allowed } = expected[i]!;
    expect(largestGap(actual, exact)).toBeLessThanOrEqual(allowed);
  });
}

function largestGap(actual: ArrayLike<number>, expected: Float64Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let cell = 0; cell < expected.length; cell++) {
    most = Math.max(most, Math.abs(expected[cell]! - actual[cell]!));
  }
  return most;
}
