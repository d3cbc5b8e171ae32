/** What every implementation of sparse attention must satisfy, on every engine. */
import { strided } from '@sparse-transformers/patterns';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { grads, tensor } from '@tensorflow/tfjs-core';
import type { AttentionCase } from './attention-cases.ts';
import { attentionCases, farInputs, hugeInputs, ordinaryInputs, unseenCases } from './attention-cases.ts';
import { hiddenFacts } from './attention-hidden.ts';
import type { AttentionCall, AttentionInputs } from './dense-attention.ts';
import { attentionScale, denseAttention } from './dense-attention.ts';
import { denseAttentionGradient } from './dense-attention-gradient.ts';
import type { Fact } from './fact.ts';
import { check, factsOn } from './fact.ts';
import { once } from './once.ts';
import type { CaseInput, OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { readNumbers } from './read-numbers.ts';

/** What an implementation of attention gives. */
export interface AttentionTensors {
  /** `[B, H, n, Dv]` */
  readonly output: Tensor4D;
  /** `[B, H, n]`; −Infinity where a query sees no key. */
  readonly logSumExp: Tensor3D;
}

/** Attention under test: a few lines adapt an op of another signature. Must be differentiable in q, k and v. */
export type AttentionImplementation = (
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  call: AttentionCall,
) => AttentionTensors;

/**
 * The facts about attention, against dense attention in float64.
 *
 * @param backend the TensorFlow.js backend that must be active when the facts run
 */
export function attentionConformance(backend: string, implementation: AttentionImplementation): Fact[] {
  const { ordinary, unseen, huge, far } = cases();
  return factsOn(backend, [
    ...ordinary.flatMap((attentionCase) => factsOfCase(attentionCase, implementation)),
    ...unseen.flatMap((attentionCase) => factsOfUnseen(attentionCase, implementation)),
    ...precisionFacts(outputCase(huge, implementation)),
    ...precisionFacts(outputCase(far, implementation)),
    ...hiddenFacts((tensors, call) => {
      const { output, logSumExp } = runOn(implementation, tensors, call);
      return [output, logSumExp];
    }),
  ]);
}

/** A case with its inputs, those of the output's facts and those of the log-sum-exp's: by them `op-case.ts` knows what the oracle said. */
interface CaseWithInputs extends AttentionCase {
  readonly inputs: AttentionInputs;
  readonly forOutput: readonly CaseInput[];
  readonly forLogSumExp: readonly CaseInput[];
}

/** The same for all engines, so that the oracle is asked once. */
const cases = once(() => {
  const call = { ...hugeSizes, pattern: strided({ stride: 6 }), scale: 1 };
  const ordinary = (attentionCase: AttentionCase) =>
    withInputs(attentionCase, ordinaryInputs(attentionCase.call));
  return {
    ordinary: attentionCases().map(ordinary),
    unseen: unseenCases().map(ordinary),
    huge: withInputs({ name: 'for scores of ±10⁴', call }, hugeInputs(hugeSizes)),
    far: withInputs({ name: 'for scores of ±10⁷', call }, farInputs(hugeSizes)),
  };
});

function withInputs({ name, call }: AttentionCase, inputs: AttentionInputs): CaseWithInputs {
  const [forOutput, forLogSumExp] = [caseInputs(call, inputs), caseInputs(call, inputs)];
  return { name, call, inputs, forOutput, forLogSumExp };
}

const hugeSizes = { batch: 3, heads: 3, queries: 65, keys: 65, headDim: 5 };

/**
 * The log-sum-exp is tried up to the first row of another tile; it is of the same sums as the output. Memory, bits and differences are tried on the
 * short cases: they do not depend on length.
 */
function factsOfCase(attentionCase: CaseWithInputs, implementation: AttentionImplementation): Fact[] {
  const output = outputCase(attentionCase, implementation);
  const logSumExp = logSumExpCase(attentionCase, implementation);
  const { queries } = attentionCase.call;
  if (queries > 65) return precisionFacts(output);
  const facts = [...precisionFacts(output), ...precisionFacts(logSumExp)];
  if (queries === 65) return facts;
  return [...facts, ...hygieneFacts(output), differenceFact(output), differenceFact(logSumExp)];
}

function outputCase(
  { name, call, forOutput }: CaseWithInputs,
  implementation: AttentionImplementation,
): OpCase {
  return {
    name,
    inputs: forOutput,
    run: (...tensors) => {
      const { output, logSumExp } = runOn(implementation, tensors, call);
      logSumExp.dispose();
      return output;
    },
    reference: (values, round) => denseAttention(call, named(values), round).output,
    gradient: (dOutput, values, round) =>
      listed(denseAttentionGradient(call, named(values), { dOutput }, round)),
    largestTerms: (dOutput, values) => largestTerms(call, dOutput, values),
  };
}

function logSumExpCase(
  { name, call, inputs, forLogSumExp }: CaseWithInputs,
  implementation: AttentionImplementation,
): OpCase {
  const { headDim, valueDim = headDim } = call;
  const dOutput = new Float64Array((inputs.q.length / headDim) * valueDim);
  return {
    name: `of the log-sum-exp ${name}`,
    inputs: forLogSumExp,
    run: (...tensors) => {
      const { output, logSumExp } = runOn(implementation, tensors, call);
      output.dispose();
      return logSumExp;
    },
    reference: (values, round) => denseAttention(call, named(values), round).logSumExp,
    gradient: (dLogSumExp, values, round) =>
      listed(denseAttentionGradient(call, named(values), { dOutput, dLogSumExp }, round)),
  };
}

/** The score's gradient is the difference of two products of dOutput and v; times scale and k or q it gives dq and dk. */
function largestTerms(call: AttentionCall, dOutput: Float64Array, [q, k, v]: Float64Array[]): number[] {
  const largest = (values: Float64Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const product = largest(dOutput) * largest(v!);
  const scale = attentionScale(call);
  return [product * scale * largest(k!), product * scale * largest(q!), 0];
}

/** A query that sees nothing gives exactly zeros, and its gradients are exactly zeros. */
function factsOfUnseen(attentionCase: CaseWithInputs, implementation: AttentionImplementation): Fact[] {
  const { name, call, inputs } = attentionCase;
  const opCase = outputCase(attentionCase, implementation);
  return [
    ...precisionFacts(opCase),
    differenceFact(opCase),
    {
      name: `a query that sees no key gives zeros ${name}`,
      run: () => checkUnseen(call, inputs, implementation),
    },
  ];
}

async function checkUnseen(
  call: AttentionCall,
  inputs: AttentionInputs,
  implementation: AttentionImplementation,
): Promise<void> {
  const unseen = rowsThatSeeNothing(call, inputs);
  check(unseen.length > 0, 'the case has no such query');
  const [output, logSumExp, dq] = await readNumbers(() => {
    const tensors = caseInputs(call, inputs).map(({ values, shape }) =>
      tensor(Float32Array.from(values), [...shape]),
    );
    const result = runOn(implementation, tensors, call);
    const [gradient] = grads((...xs: Tensor[]) => runOn(implementation, xs, call).output)(tensors);
    return [result.output, result.logSumExp, gradient!];
  });
  for (const row of unseen) {
    const { headDim, valueDim = headDim } = call;
    const [outputs, gradients] = [rowOf(output!, row, valueDim), rowOf(dq!, row, headDim)];
    check(
      outputs.every((value) => value === 0),
      `row ${row}: output ${outputs}`,
    );
    check(
      gradients.every((value) => value === 0),
      `row ${row}: gradient of q ${gradients}`,
    );
    check(logSumExp![row] === Number.NEGATIVE_INFINITY, `row ${row}: log-sum-exp ${logSumExp![row]}`);
  }
}

function rowOf(values: ArrayLike<number>, row: number, width: number): number[] {
  return Array.from(values).slice(row * width, (row + 1) * width);
}

function rowsThatSeeNothing(call: AttentionCall, inputs: AttentionInputs): number[] {
  const { logSumExp } = denseAttention(call, inputs);
  return Array.from(logSumExp.keys()).filter((row) => logSumExp[row] === Number.NEGATIVE_INFINITY);
}

function runOn(
  implementation: AttentionImplementation,
  [q, k, v]: Tensor[],
  call: AttentionCall,
): AttentionTensors {
  return implementation(q as Tensor4D, k as Tensor4D, v as Tensor4D, call);
}

function caseInputs(call: AttentionCall, { q, k, v }: AttentionInputs): CaseInput[] {
  const { batch, heads, queries, keys, headDim, valueDim = headDim } = call;
  return [
    { name: 'q', shape: [batch, heads, queries, headDim], values: q },
    { name: 'k', shape: [batch, heads, keys, headDim], values: k },
    { name: 'v', shape: [batch, heads, keys, valueDim], values: v },
  ];
}

function named([q, k, v]: Float64Array[]): AttentionInputs {
  return { q: q!, k: k!, v: v! };
}

function listed({ dq, dk, dv }: { dq: Float64Array; dk: Float64Array; dv: Float64Array }): Float64Array[] {
  return [dq, dk, dv];
}
