import type { layerNorm } from '@sparse-transformers/kernels';
import { referenceLayerNorm, referenceLayerNormGradient } from '@sparse-transformers/kernels';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { fill, ones, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';

const epsilon = 1e-5;

/** What every `layerNorm` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function layerNormConformance(backend: string, implementation: typeof layerNorm): Fact[] {
  const widths = [2, 63, 64, 65, 127, 128, 129];
  return factsOn(backend, [
    ...widths.flatMap((width) => precisionFacts(layerNormCase(implementation, [33, width]))),
    ...precisionFacts(layerNormCase(implementation, [3, 5, 7])),
    ...hygieneFacts(layerNormCase(implementation, [3, 5, 7])),
    differenceFact(layerNormCase(implementation, [3, 5, 7])),
    { name: 'a constant row gives the bias', run: () => constantRow(implementation) },
    { name: 'a gain that does not fit x is refused', run: () => refusesWrongGain(implementation) },
  ]);
}

function layerNormCase(implementation: typeof layerNorm, shape: number[]): OpCase {
  const width = shape.at(-1)!;
  const random = randomFrom(width);
  const sizes = { width, epsilon };
  return {
    name: `for x [${shape}]`,
    inputs: [
      { name: 'x', shape, values: random.normals(shape.reduce((a, b) => a * b)) },
      { name: 'gain', shape: [width], values: random.normals(width) },
      { name: 'bias', shape: [width], values: random.normals(width) },
    ],
    run: (x, gain, bias) => implementation(x!, gain as Tensor1D, bias as Tensor1D, { epsilon }),
    reference: ([x, gain, bias], round) => referenceLayerNorm(x!, gain!, bias!, sizes, round),
    gradient: (dy, [x, gain], round) => {
      const { dx, dGain, dBias } = referenceLayerNormGradient(dy, x!, gain!, sizes, round);
      return [dx, dGain, dBias];
    },
  };
}

async function constantRow(implementation: typeof layerNorm): Promise<void> {
  const [output] = await readNumbers(() => [implementation(fill([1, 8], 3), ones([8]), fill([8], 0.25))]);
  check(
    output!.every((value) => value === 0.25),
    `expected 0.25 everywhere, got ${output}`,
  );
}

function refusesWrongGain(implementation: typeof layerNorm): void {
  tidy(() => {
    checkThrows(() => implementation(ones([2, 3]), ones([4]), zeros([3])), /layerNorm.*gain.*\[3\].*\[4\]/);
  });
}
