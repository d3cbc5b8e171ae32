import type { biasQuickGelu } from '@sparse-transformers/kernels';
import { referenceBiasQuickGelu, referenceBiasQuickGeluGradient } from '@sparse-transformers/kernels';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { ones, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';

/** What every `biasQuickGelu` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function biasQuickGeluConformance(backend: string, implementation: typeof biasQuickGelu): Fact[] {
  const widths = [1, 63, 64, 65, 129];
  const odd = biasQuickGeluCase(implementation, [3, 5, 7]);
  return factsOn(backend, [
    ...widths.flatMap((width) => precisionFacts(biasQuickGeluCase(implementation, [33, width]))),
    ...precisionFacts(biasQuickGeluCase(implementation, [1000, 33])), // more rows than a thread takes at once
    ...precisionFacts(odd),
    ...hygieneFacts(odd),
    differenceFact(odd),
    { name: 'a bias that does not fit x is refused', run: () => refusesWrongBias(implementation) },
  ]);
}

function biasQuickGeluCase(implementation: typeof biasQuickGelu, shape: number[]): OpCase {
  const width = shape.at(-1)!;
  const random = randomFrom(width);
  const count = shape.reduce((a, b) => a * b);
  return {
    name: `for x [${shape}]`,
    inputs: [
      { name: 'x', shape, values: random.normals(count, 3) },
      { name: 'bias', shape: [width], values: random.normals(width) },
    ],
    run: (x, bias) => implementation(x!, bias as Tensor1D),
    reference: ([x, bias], round) => referenceBiasQuickGelu(x!, bias!, round),
    gradient: (dy, [x, bias], round) => {
      const { dx, dBias } = referenceBiasQuickGeluGradient(dy, x!, bias!, round);
      return [dx, dBias];
    },
  };
}

function refusesWrongBias(implementation: typeof biasQuickGelu): void {
  tidy(() => {
    checkThrows(() => implementation(ones([2, 3]), ones([4])), /biasQuickGelu.*bias.*\[3\].*\[4\]/);
  });
}
