import type { quickGelu } from '@sparse-transformers/kernels';
import { referenceQuickGelu, referenceQuickGeluGradient } from '@sparse-transformers/kernels';
import type { Fact } from './fact.ts';
import { factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { differenceFact, hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';

/** What every `quickGelu` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function quickGeluConformance(backend: string, implementation: typeof quickGelu): Fact[] {
  const ordinary = quickGeluCase(implementation, [3, 7, 65], randomFrom(1).normals(3 * 7 * 65, 3));
  const huge = quickGeluCase(implementation, [6], Float64Array.of(-1e4, -100, -20, 20, 100, 1e4));
  return factsOn(backend, [
    ...precisionFacts(ordinary),
    ...precisionFacts(huge),
    ...hygieneFacts(ordinary),
    differenceFact(ordinary),
  ]);
}

function quickGeluCase(implementation: typeof quickGelu, shape: number[], values: Float64Array): OpCase {
  return {
    name: `for ${values.length} numbers up to ${values.reduce((a, b) => Math.max(a, b)).toFixed(0)}`,
    inputs: [{ name: 'x', shape, values }],
    run: (x) => implementation(x!),
    reference: ([x], round) => referenceQuickGelu(x!, round),
    gradient: (dy, [x], round) => [referenceQuickGeluGradient(dy, x!, round)],
  };
}
