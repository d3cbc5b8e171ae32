import type { linear } from '@sparse-transformers/kernels';
import { referenceLinear, referenceLinearGradient } from '@sparse-transformers/kernels';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { ones, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';

/** What every `linear` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function linearConformance(backend: string, implementation: typeof linear): Fact[] {
  const rows = [1, 63, 64, 65, 129];
  return factsOn(backend, [
    ...rows.flatMap((count) => precisionFacts(linearCase(implementation, [count], 7, 5))),
    ...precisionFacts(linearCase(implementation, [3, 5, 7], 33, 65)),
    ...precisionFacts(linearCase(implementation, [], 9, 3)),
    ...hygieneFacts(linearCase(implementation, [3, 11], 5, 9)),
    differenceFact(linearCase(implementation, [3, 11], 5, 9)),
    { name: 'a weight that does not fit x is refused', run: () => refusesWrongWeight(implementation) },
  ]);
}

function linearCase(implementation: typeof linear, axes: number[], inputs: number, outputs: number): OpCase {
  const random = randomFrom(inputs + outputs);
  const rows = axes.reduce((a, b) => a * b, 1);
  const sizes = { inputs, outputs };
  return {
    name: `for x [${[...axes, inputs]}] and weight [${inputs}, ${outputs}]`,
    inputs: [
      { name: 'x', shape: [...axes, inputs], values: random.normals(rows * inputs) },
      { name: 'weight', shape: [inputs, outputs], values: random.normals(inputs * outputs) },
      { name: 'bias', shape: [outputs], values: random.normals(outputs) },
    ],
    run: (x, weight, bias) => implementation(x!, weight as Tensor2D, bias as Tensor1D),
    reference: ([x, weight, bias], round) => referenceLinear(x!, weight!, bias!, sizes, round),
    gradient: (dy, [x, weight], round) => {
      const { dx, dWeight, dBias } = referenceLinearGradient(dy, x!, weight!, sizes, round);
      return [dx, dWeight, dBias];
    },
  };
}

function refusesWrongWeight(implementation: typeof linear): void {
  tidy(() => {
    checkThrows(() => implementation(ones([2, 3]), ones([4, 5])), /linear.*weight.*\[3,5\].*\[4,5\]/);
  });
}
