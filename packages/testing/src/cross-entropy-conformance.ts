import type { crossEntropy } from '@sparse-transformers/kernels';
import { referenceCrossEntropy, referenceCrossEntropyGradient } from '@sparse-transformers/kernels';
import { ones, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';

/** What every `crossEntropy` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function crossEntropyConformance(backend: string, implementation: typeof crossEntropy): Fact[] {
  const classes = [2, 63, 64, 65, 127, 128, 129];
  return factsOn(backend, [
    ...classes.flatMap((count) => precisionFacts(crossEntropyCase(implementation, [33], count))),
    ...precisionFacts(crossEntropyCase(implementation, [3, 5, 7], 11)),
    ...precisionFacts(crossEntropyCase(implementation, [65], 33, 1e4)),
    ...hygieneFacts(crossEntropyCase(implementation, [3, 11], 7)),
    differenceFact(crossEntropyCase(implementation, [3, 11], 7)),
    {
      name: 'a target outside the classes is refused, or its loss is NaN',
      run: () => badTarget(implementation),
    },
    { name: 'targets that do not fit the logits are refused', run: () => wrongTargets(implementation) },
  ]);
}

function crossEntropyCase(
  implementation: typeof crossEntropy,
  axes: number[],
  classes: number,
  size = 1,
): OpCase {
  const random = randomFrom(classes);
  const positions = axes.reduce((a, b) => a * b, 1);
  const targets = random.integers(positions, classes);
  return {
    name: `for logits [${[...axes, classes]}] around ±${size}`,
    inputs: [
      { name: 'logits', shape: [...axes, classes], values: random.normals(positions * classes, size) },
    ],
    run: (logits) => {
      const classesWanted = tensor(targets, axes, 'int32');
      const loss = implementation(logits!, classesWanted);
      classesWanted.dispose();
      return loss;
    },
    reference: ([logits], round) => referenceCrossEntropy(logits!, targets, round),
    gradient: (dy, [logits], round) => [referenceCrossEntropyGradient(dy, logits!, targets, round)],
  };
}

async function badTarget(implementation: typeof crossEntropy): Promise<void> {
  for (const bad of [-1, 4, 2 ** 31 - 1]) {
    const found = await readNumbers(() => [implementation(ones([2, 4]), tensor1d([0, bad], 'int32'))]).catch(
      String,
    );
    if (typeof found === 'string')
      check(found.includes(`${bad}`), `expected an error that names ${bad}, got: ${found}`);
    else check(Number.isNaN(found[0]![1]), `target ${bad} gave the loss ${found[0]![1]}`);
  }
}

function wrongTargets(implementation: typeof crossEntropy): void {
  tidy(() => {
    const targets = tensor1d([0, 1, 2], 'int32');
    checkThrows(() => implementation(ones([2, 4]), targets), /crossEntropy.*targets.*\[2\].*\[3\]/);
  });
}
