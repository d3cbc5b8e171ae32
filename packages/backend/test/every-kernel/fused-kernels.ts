/** How the kernels of packages/kernels, and a few more that TensorFlow.js's cpu backend lacks, are called. Their results are held to references elsewhere; here it is about memory and refusals. */
import { compile, fixed, local, summary } from '@sparse-transformers/patterns';
import type { MakeCase } from './case.ts';
import type { Given, Random } from './random.ts';

const width = (r: Random) => r.pick([1, 3, 8, 17]);
const leading = (r: Random) => r.shape(0, 2);

const gelu: MakeCase = (r) => ({ inputs: { x: r.tensor(r.shape()) } });
const rows = (r: Random, d: number) => r.tensor([...leading(r), d]);

/** A call of sparse attention over a plan of its own. */
function attention(r: Random) {
  const [batch, heads, queries, d, valueWidth] = [
    r.whole(1, 2),
    r.whole(1, 2),
    r.pick([1, 5, 33]),
    width(r),
    width(r),
  ];
  const plan = compile(
    r.pick([local({ window: 3 }), fixed({ block: 4, summary: 1 }), summary({ block: 4, summary: 1 })]),
    { queries },
  );
  const keyLengths = r.chance(0.3) ? Int32Array.from({ length: batch }, () => r.whole(0, queries)) : null;
  const of = (last: number) => r.tensor([batch, heads, queries, last]);
  return {
    inputs: { q: of(d), k: of(d), v: of(valueWidth) },
    attributes: { plan, scale: 0.5, keyLengths, documents: null },
    rows: [batch, heads, queries],
    valueWidth,
  };
}

/**
 * Above any score of these calls, as the log-sum-exp of a forward pass is: where it is below one, a weight is e to a large number, and as wrong as
 * another build's rounding makes it.
 */
const aboveScores = 1e5;

const same = (shape: readonly number[], value: number): Given => ({
  shape,
  dtype: 'float32',
  values: new Array<number>(shape.reduce((size, count) => size * count, 1)).fill(value),
});

/** Every kernel of a device that TensorFlow.js's cpu backend lacks. */
export const fusedKernels: ReadonlyMap<string, MakeCase> = new Map<string, MakeCase>([
  ['LogSoftmax', (r) => ({ inputs: { logits: r.tensor(r.shape(1)) }, attributes: { axis: -1 } })],
  [
    'LogicalXor',
    (r) => {
      const shape = r.shape();
      return { inputs: { a: r.tensor(shape, 'bool'), b: r.tensor(shape, 'bool') } };
    },
  ],
  [
    'BroadcastTo',
    (r) => {
      const shape = r.shape();
      const own = shape.map((count) => (r.chance(0.3) ? 1 : count));
      return { inputs: { x: r.tensor(own, r.pick(['float32', 'bool'])) }, attributes: { shape } };
    },
  ],
  ['QuickGelu', gelu],
  [
    'QuickGeluGradient',
    (r) => {
      const shape = r.shape();
      return { inputs: { x: r.tensor(shape), dy: r.tensor(shape) } };
    },
  ],
  [
    'BiasQuickGelu',
    (r) => {
      const d = width(r);
      return { inputs: { x: rows(r, d), bias: r.tensor([d]) } };
    },
  ],
  [
    'BiasQuickGeluGradient',
    (r) => {
      const x = rows(r, width(r));
      return { inputs: { x, bias: r.tensor(x.shape.slice(-1)), dy: r.tensor(x.shape) } };
    },
  ],
  [
    'Dropout',
    (r) => ({
      ...gelu(r),
      attributes: { rate: r.pick([0, 0.1, 0.9]), seed: r.whole(0, 2 ** 40), counter: r.whole(0, 9) },
    }),
  ],
  [
    'LayerNorm',
    (r) => {
      const d = width(r);
      return {
        inputs: { x: rows(r, d), gain: r.tensor([d]), bias: r.tensor([d]) },
        attributes: { epsilon: 1e-5 },
      };
    },
  ],
  [
    'LayerNormGradient',
    (r) => {
      const x = rows(r, width(r));
      return {
        inputs: { dy: r.tensor(x.shape), x, gain: r.tensor(x.shape.slice(-1)) },
        attributes: { epsilon: 1e-5 },
      };
    },
  ],
  [
    'Linear',
    (r) => {
      const [a, b] = [width(r), width(r)];
      return {
        inputs: { x: rows(r, a), weight: r.tensor([a, b]), bias: r.chance(0.5) ? r.tensor([b]) : undefined },
      };
    },
  ],
  [
    'LinearInputGradient',
    (r) => {
      const [a, b] = [width(r), width(r)];
      return { inputs: { dy: rows(r, b), weight: r.tensor([a, b]) } };
    },
  ],
  [
    'LinearWeightGradient',
    (r) => {
      const shape = leading(r);
      return { inputs: { x: r.tensor([...shape, width(r)]), dy: r.tensor([...shape, width(r)]) } };
    },
  ],
  ['LinearBiasGradient', (r) => ({ inputs: { dy: rows(r, width(r)) } })],
  [
    'CrossEntropy',
    (r) => {
      const [shape, classes] = [leading(r), width(r)];
      return { inputs: { logits: r.tensor([...shape, classes]), targets: r.indices(shape, classes) } };
    },
  ],
  [
    'CrossEntropyGradient',
    (r) => {
      const [shape, classes] = [leading(r), width(r)];
      return {
        inputs: {
          dy: r.tensor(shape),
          logits: r.tensor([...shape, classes]),
          targets: r.indices(shape, classes),
        },
      };
    },
  ],
  [
    'Embedding',
    (r) => {
      const [count, d] = [r.whole(1, 5), width(r)];
      return {
        inputs: { table: r.tensor([count, d]), indices: r.indices(leading(r), count) },
        attributes: { rows: count, width: d },
      };
    },
  ],
  [
    'EmbeddingGradient',
    (r) => {
      const [count, d, shape] = [r.whole(1, 5), width(r), leading(r)];
      return {
        inputs: { dy: r.tensor([...shape, d]), indices: r.indices(shape, count) },
        attributes: { rows: count, width: d },
      };
    },
  ],
  [
    'ClipByGlobalNorm',
    (r) => {
      const gradients = Array.from({ length: r.whole(1, 4) }, () => r.tensor(r.shape()));
      return { inputs: Object.fromEntries(gradients.entries()), attributes: { maximumNorm: 1 } };
    },
  ],
  [
    'AdamW',
    (r) => {
      const shapes = Array.from({ length: r.whole(1, 3) }, () => r.shape());
      const names = ['weights', 'firsts', 'seconds', 'gradients'];
      const inputs = names.map((name) => [name, shapes.map((shape) => r.tensor(shape))] as const);
      return {
        inputs: { numbers: r.tensor([7]), ...Object.fromEntries(inputs) },
        attributes: { decays: shapes.map(() => r.chance(0.5)) },
      };
    },
  ],
  [
    'SparseAttention',
    (r) => {
      const { inputs, attributes } = attention(r);
      return { inputs, attributes };
    },
  ],
  [
    'SparseAttentionGradient',
    (r) => {
      const { inputs, attributes, rows: shape, valueWidth } = attention(r);
      const [output, dOutput] = [r.tensor([...shape, valueWidth]), r.tensor([...shape, valueWidth])];
      return {
        inputs: {
          ...inputs,
          output,
          logSumExp: same(shape, aboveScores),
          logSumExpRest: same(shape, 0),
          dOutput,
          dLogSumExp: r.tensor(shape),
        },
        attributes,
      };
    },
  ],
]);
