/** `SparseAttention` and its gradient: a kernel for each pass of the plan, whatever the batch and the heads. */
import type {
  SparseAttentionAttributes,
  SparseAttentionGradientInputs,
  SparseAttentionInputs,
} from '@sparse-transformers/kernels';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectRank, expectShape } from './expect-shape.ts';
import { fill } from './fill.ts';
import { type DevicePass, devicePlans } from './sparse-attention-plan.ts';

/** Sizes of a call, in the order in which kernels take them. */
interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Of a query's and a key's row. */
  readonly width: number;
  /** Of a value's row. */
  readonly valueWidth: number;
}

function sizesOf({ q, v }: { readonly q: TensorInfo; readonly v: TensorInfo }): Sizes {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  return { batch, heads, queries, keys: v.shape[2]!, width, valueWidth: v.shape[3]! };
}

/** Numbers of a pass, in the order in which kernels take them: with these a launcher knows how much there is to do. */
function numbersOf(sizes: Sizes, { plan, scale }: SparseAttentionAttributes, pass: DevicePass) {
  const { batch, heads, queries, keys, width, valueWidth } = sizes;
  const ofPass = [pass.tile, pass.heads, pass.queryTiles, pass.keyTiles];
  return [batch, heads, queries, keys, width, valueWidth, plan.offset, scale, ...ofPass];
}

/** What a call hides beside its plan, for the time of `run`. */
function withEntries<Result>(
  { keyLengths, documents }: SparseAttentionAttributes,
  backend: DeviceBackend,
  run: (entries: readonly (TensorInfo | null)[]) => Result,
): Result {
  const entries = [keyLengths, documents].map((values) =>
    values ? backend.makeFrom(values, [values.length], 'int32') : null,
  );
  const result = run(entries);
  for (const entry of entries) if (entry) backend.release(entry);
  return result;
}

function forward(
  { q, k, v }: SparseAttentionInputs,
  attributes: SparseAttentionAttributes,
  backend: DeviceBackend,
): TensorInfo[] {
  const sizes = sizesOf({ q, v });
  const { valueWidth } = sizes;
  const output = backend.make([...q.shape.slice(0, 3), valueWidth], 'float32');
  const logSumExp = backend.make(q.shape.slice(0, 3), 'float32');
  const logSumExpRest = backend.make(q.shape.slice(0, 3), 'float32'); // sums, until the last pass is done
  const rows = sizes.batch * sizes.heads * sizes.queries;
  const { groups } = devicePlans(backend).of(attributes.plan, sizes.heads);
  const isWhole = groups.every((passes) => passes[0]?.coversQueries && passes.at(-1)!.coversQueries);
  withEntries(attributes, backend, (entries) => {
    const state = [output, logSumExp, logSumExpRest] as const;
    if (!isWhole) backend.launch('attention_begin', state, [rows, valueWidth]);
    for (const passes of groups) {
      passes.forEach((pass, index) => {
        const resumes = !isWhole || index > 0;
        const finishes = isWhole && index === passes.length - 1;
        backend.launchInWorkspace(
          'attention_forward',
          [q, k, v, pass.address, ...entries, ...state],
          [...numbersOf(sizes, attributes, pass), Number(resumes), Number(finishes)],
        );
      });
    }
    if (!isWhole) backend.launch('attention_finish', state, [rows, valueWidth]);
  });
  return [output, logSumExp, logSumExpRest];
}

function backward(
  inputs: SparseAttentionGradientInputs,
  attributes: SparseAttentionAttributes,
  backend: DeviceBackend,
): TensorInfo[] {
  const { q, k, v, output, logSumExp, logSumExpRest, dOutput, dLogSumExp } = inputs;
  const sizes = sizesOf({ q, v });
  const gradients = [q, k, v].map(({ shape }) => fill(backend, shape, 0, 'float32'));
  const rows = sizes.batch * sizes.heads * sizes.queries;
  const { groups } = devicePlans(backend).of(attributes.plan, sizes.heads);
  const delta = backend.make([rows], 'float32');
  backend.launch('attention_delta', [dOutput, output, dLogSumExp, delta], [rows, sizes.valueWidth]);
  withEntries(attributes, backend, (entries) => {
    for (const pass of groups.flat()) {
      const tensors = [q, k, v, dOutput, logSumExp, logSumExpRest, delta, pass.address, ...entries];
      const numbers = numbersOf(sizes, attributes, pass);
      backend.launchInWorkspace('attention_backward', [...tensors, ...gradients], numbers);
    }
  });
  backend.release(delta);
  return gradients;
}

/** The kernels read a plan and tensors by the plan's lengths. */
function checkInputs(
  op: string,
  { q, k, v }: SparseAttentionInputs,
  { plan, keyLengths, documents }: SparseAttentionAttributes,
): void {
  for (const [name, tensor] of [
    ['q', q],
    ['k', k],
    ['v', v],
  ] as const)
    expectRank(op, name, tensor, 4);
  const { batch, heads, keys, width, valueWidth } = sizesOf({ q, v });
  expectShape(op, 'q', q, [batch, plan.heads ?? heads, plan.queries, width], "the plan's heads and queries");
  expectShape(op, 'k', k, [batch, heads, plan.keys, width], "that of q, with the plan's keys");
  expectShape(op, 'v', v, k.shape.with(3, valueWidth), 'that of k, with a width of its own');
  expectLength(op, 'keyLengths', keyLengths, batch);
  expectLength(op, 'documents', documents, batch * keys);
}

function expectLength(op: string, argument: string, values: Int32Array | null, length: number): void {
  if (values === null || values.length === length) return;
  throw new RangeError(`${op}: ${argument} must be ${length} numbers; got ${values.length}.`);
}

function checkGradientInputs(
  inputs: SparseAttentionGradientInputs,
  attributes: SparseAttentionAttributes,
): void {
  const op = 'SparseAttentionGradient';
  checkInputs(op, inputs, attributes);
  const rows = inputs.q.shape.slice(0, 3);
  const output = [...rows, inputs.v.shape[3]];
  expectShape(op, 'output', inputs.output, output, "that of q, with v's width");
  expectShape(op, 'dOutput', inputs.dOutput, output, "that of q, with v's width");
  expectShape(op, 'logSumExp', inputs.logSumExp, rows, 'that of q without its width');
  expectShape(op, 'logSumExpRest', inputs.logSumExpRest, rows, 'that of q without its width');
  expectShape(op, 'dLogSumExp', inputs.dLogSumExp, rows, 'that of q without its width');
}

const floats = { q: onlyFloat, k: onlyFloat, v: onlyFloat };

/** `SparseAttention` and `SparseAttentionGradient`. */
export const sparseAttentionKernels: readonly BackendKernel[] = [
  kernel<SparseAttentionInputs, SparseAttentionAttributes>(
    'SparseAttention',
    floats,
    ({ inputs, attributes, backend }) => {
      checkInputs('SparseAttention', inputs, attributes);
      return forward(inputs, attributes, backend);
    },
    { needs: ['attention_begin', 'attention_forward', 'attention_finish'] },
  ),
  kernel<SparseAttentionGradientInputs, SparseAttentionAttributes>(
    'SparseAttentionGradient',
    {
      ...floats,
      output: onlyFloat,
      logSumExp: onlyFloat,
      logSumExpRest: onlyFloat,
      dOutput: onlyFloat,
      dLogSumExp: onlyFloat,
    },
    ({ inputs, attributes, backend }) => {
      checkGradientInputs(inputs, attributes);
      return backward(inputs, attributes, backend);
    },
    { needs: ['fill_float', 'attention_delta', 'attention_backward'] },
  ),
];
