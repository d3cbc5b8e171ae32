import type { embedding } from '@sparse-transformers/kernels';
import { referenceEmbedding, referenceEmbeddingGradient } from '@sparse-transformers/kernels';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ones, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';

/** What every `embedding` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function embeddingConformance(backend: string, implementation: typeof embedding): Fact[] {
  const lengths = [1, 63, 64, 65, 127, 128, 129];
  return factsOn(backend, [
    ...lengths.flatMap((length) => precisionFacts(embeddingCase(implementation, [3, length], 17, 5))),
    ...precisionFacts(embeddingCase(implementation, [], 3, 1)),
    ...precisionFacts(embeddingCase(implementation, [500], 1, 3)), // each row adds to the same one
    ...hygieneFacts(embeddingCase(implementation, [3, 65], 17, 5)),
    differenceFact(embeddingCase(implementation, [3, 65], 17, 5)),
    { name: 'an index outside the table is refused, or its row is NaN', run: () => badIndex(implementation) },
    { name: 'indices that are no int32 are refused', run: () => floatIndex(implementation) },
  ]);
}

function embeddingCase(
  implementation: typeof embedding,
  axes: number[],
  rows: number,
  width: number,
): OpCase {
  const random = randomFrom(rows);
  const indices = random.integers(
    axes.reduce((a, b) => a * b, 1),
    rows,
  );
  return {
    name: `for indices [${axes}] into a table [${rows}, ${width}]`,
    inputs: [{ name: 'table', shape: [rows, width], values: random.normals(rows * width) }],
    run: (table) => {
      const places = tensor(indices, axes, 'int32');
      const output = implementation(table as Tensor2D, places);
      places.dispose();
      return output;
    },
    reference: ([table]) => referenceEmbedding(table!, indices, width),
    gradient: (dy, _table, round) => [referenceEmbeddingGradient(dy, indices, rows, width, round)],
  };
}

async function badIndex(implementation: typeof embedding): Promise<void> {
  for (const bad of [-1, 4, 2 ** 31 - 1, -(2 ** 31)]) {
    const found = await readNumbers(() => [implementation(ones([4, 2]), tensor1d([0, bad], 'int32'))]).catch(
      String,
    );
    if (typeof found === 'string') {
      check(found.includes(`${bad}`), `expected an error that names ${bad}, got: ${found}`);
      continue;
    }
    const row = [...found[0]!.slice(2, 4)];
    check(row.every(Number.isNaN), `index ${bad} gave ${row}`);
  }
}

function floatIndex(implementation: typeof embedding): void {
  tidy(() => {
    checkThrows(() => implementation(ones([4, 2]), tensor1d([0.5])), /embedding.*indices.*int32.*float32/);
  });
}
