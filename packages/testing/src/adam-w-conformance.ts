import type {
  AdamWParameter,
  adamWStep,
  ReferenceAdamWParameter,
  Rounding,
} from '@sparse-transformers/kernels';
import { adamWNumbers, exact, referenceAdamW } from '@sparse-transformers/kernels';
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { clone, dispose, memory, tensor, tensor1d, tidy, variable } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import { randomFrom } from './random.ts';
import { errorWithin } from './tolerance.ts';

type Implementation = typeof adamWStep;

const shapes = [[3, 5], [], [1], [17], [64, 65], [100, 333], [2, 3, 4]];
const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, learningRate: 0.05 };
const steps = 3;

/** What every `adamWStep` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function adamWConformance(backend: string, implementation: Implementation): Fact[] {
  return factsOn(backend, [
    { name: 'weights and moments are as good as plain float32', run: () => asGood(implementation) },
    { name: 'takes a hundred variables', run: () => takesMany(implementation) },
    {
      name: 'a tensor that shares a variable’s data keeps its values',
      run: () => keepsShared(implementation),
    },
    {
      name: 'the tensor that a variable was made of keeps its values',
      run: () => keepsOrigin(implementation),
    },
    { name: 'gradients are left as they are', run: () => keepsGradients(implementation) },
    { name: 'a variable that was assigned to moves on from there', run: () => movesAssigned(implementation) },
    { name: 'the same inputs give the same bits', run: () => sameBits(implementation) },
    { name: 'no tensor is left behind', run: () => leavesNothing(implementation) },
    { name: 'a gradient of another shape is refused', run: () => refusesShape(implementation) },
  ]);
}

const numbersAt = (step: number) => adamWNumbers({ ...settings, step });

/** Makes variables of these shapes, runs, and disposes of them. */
async function withParameters<Result>(
  all: readonly number[][],
  run: (parameters: AdamWParameter[], values: ReferenceAdamWParameter[]) => Result | Promise<Result>,
): Promise<Result> {
  const random = randomFrom(11);
  const values = all.map((shape): ReferenceAdamWParameter => {
    const size = shape.reduce((a, b) => a * b, 1);
    const zeros = () => new Float64Array(size);
    const decays = shape.length > 1;
    return {
      weight: random.normals(size),
      first: zeros(),
      second: zeros(),
      gradient: random.normals(size),
      decays,
    };
  });
  const parameters = values.map((value, i): AdamWParameter => {
    const upload = (numbers: Float64Array) => tensor(Float32Array.from(numbers), all[i]!, 'float32');
    const own = (numbers: Float64Array) => tidy(() => variable(upload(numbers), false));
    const { weight, first, second, gradient, decays } = value;
    return {
      weight: own(weight),
      first: own(first),
      second: own(second),
      gradient: upload(gradient),
      decays,
    };
  });
  try {
    return await run(parameters, values);
  } finally {
    for (const { weight, first, second, gradient } of parameters) dispose([weight, first, second, gradient]);
  }
}

function move(implementation: Implementation, parameters: readonly AdamWParameter[], step: number): void {
  tidy(() => implementation(parameters, tensor1d(numbersAt(step))));
}

function referenceSteps(
  values: readonly ReferenceAdamWParameter[],
  round: Rounding,
): ReferenceAdamWParameter[] {
  return values.map(({ weight, first, second, gradient, decays }) => {
    const moved = { weight: weight.slice(), first: first.slice(), second: second.slice(), gradient, decays };
    for (let step = 1; step <= steps; step++) referenceAdamW(moved, numbersAt(step), round);
    return moved;
  });
}

async function asGood(implementation: Implementation): Promise<void> {
  await withParameters(shapes, async (parameters, values) => {
    for (let step = 1; step <= steps; step++) move(implementation, parameters, step);
    const [oracle, plain] = [referenceSteps(values, exact), referenceSteps(values, Math.fround)];
    for (const [i, parameter] of parameters.entries()) {
      for (const part of ['weight', 'first', 'second'] as const) {
        const actual = await numbersOf(parameter[part]);
        errorWithin(`${part} ${i}`, { actual, exact: oracle[i]![part], plain: plain[i]![part] });
      }
    }
  });
}

async function takesMany(implementation: Implementation): Promise<void> {
  const many = Array.from({ length: 100 }, (_, i) => [i + 1]);
  await withParameters(many, async (parameters, values) => {
    move(implementation, parameters, 1);
    const last = { ...values.at(-1)! };
    referenceAdamW(last, numbersAt(1));
    const moved = (await numbersOf(parameters.at(-1)!.weight))[99]!;
    check(Math.abs(moved - last.weight[99]!) < 1e-5, `weight ${moved}, expected ${last.weight[99]}`);
  });
}

async function keepsShared(implementation: Implementation): Promise<void> {
  await withParameters([[40]], async (parameters, [values]) => {
    const { weight, first } = parameters[0]!;
    const [copy, momentCopy] = [clone(weight), clone(first)];
    move(implementation, parameters, 1);
    await expectValues(copy, values!.weight);
    await expectValues(momentCopy, values!.first);
    await expectMoved(weight, copy);
    dispose([copy, momentCopy]);
  });
}

async function keepsOrigin(implementation: Implementation): Promise<void> {
  await withParameters([[40]], async ([parameter], [values]) => {
    const origin = tensor(Float32Array.from(values!.weight));
    const weight = variable(origin, false);
    move(implementation, [{ ...parameter!, weight }], 1);
    move(implementation, [{ ...parameter!, weight }], 2);
    await expectValues(origin, values!.weight);
    await expectMoved(weight, origin);
    dispose([origin, weight]);
  });
}

async function keepsGradients(implementation: Implementation): Promise<void> {
  await withParameters([[40]], async (parameters, [values]) => {
    move(implementation, parameters, 1);
    await expectValues(parameters[0]!.gradient, values!.gradient);
  });
}

async function movesAssigned(implementation: Implementation): Promise<void> {
  const weightAfter = (prepare: (weight: Variable) => void) =>
    withParameters([[40]], async (parameters) => {
      prepare(parameters[0]!.weight);
      move(implementation, parameters, 1);
      return numbersOf(parameters[0]!.weight);
    });
  const ones = new Float32Array(40).fill(1);
  const kept = tensor1d(ones);
  const assigned = await weightAfter((weight) => weight.assign(kept));
  check(assigned[0] !== 1 && Math.abs(assigned[0]! - 1) < 0.1, `weight ${assigned[0]}`);
  await expectValues(kept, ones);
  kept.dispose();
}

async function sameBits(implementation: Implementation): Promise<void> {
  const once = () =>
    withParameters(shapes, async (parameters) => {
      for (let step = 1; step <= steps; step++) move(implementation, parameters, step);
      return Promise.all(parameters.map(({ weight }) => numbersOf(weight)));
    });
  const [first, second] = [await once(), await once()];
  check(JSON.stringify(first) === JSON.stringify(second), 'two runs with the same inputs differ');
}

async function leavesNothing(implementation: Implementation): Promise<void> {
  await withParameters(shapes, async (parameters) => {
    const numbers: Tensor1D = tensor1d(numbersAt(1));
    const before = memory();
    implementation(parameters, numbers);
    const after = memory();
    check(after.numTensors === before.numTensors, `${after.numTensors - before.numTensors} tensors are left`);
    check(after.numDataBuffers === before.numDataBuffers, 'buffers are left');
    numbers.dispose();
  });
}

async function refusesShape(implementation: Implementation): Promise<void> {
  await withParameters([[2, 3]], async ([parameter]) => {
    tidy(() => {
      const gradient = tensor([1, 2, 3]);
      const numbers = tensor1d(numbersAt(1));
      checkThrows(
        () => implementation([{ ...parameter!, gradient }], numbers),
        /adamWStep.*gradient 0.*\[2,3\].*\[3\]/,
      );
    });
  });
}

/** The numbers of a tensor that stays. */
async function numbersOf(tensor: Tensor): Promise<Float32Array> {
  // A backend may give out the memory that it goes on to use.
  return (await tensor.data<'float32'>()).slice();
}

async function expectMoved(weight: Tensor, before: Tensor): Promise<void> {
  const [now, then] = [await numbersOf(weight), await numbersOf(before)];
  check(now[0] !== then[0], 'the weight has not moved');
}

async function expectValues(actual: Tensor, expected: ArrayLike<number>): Promise<void> {
  const values = await numbersOf(actual);
  const same = Array.from(expected).every((value, i) => value === values[i]);
  check(same, `expected ${Array.from(expected).slice(0, 3)}…, got ${Array.from(values).slice(0, 3)}…`);
}
