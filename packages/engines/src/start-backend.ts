import { setBackend } from '@tensorflow/tfjs-core';
import { brokenEngine, type EngineNeed } from './engine-package.ts';

/** Makes a registered backend TensorFlow.js's active one and waits until it has started. */
export async function startBackend(need: EngineNeed, backendName: string): Promise<void> {
  let cause: unknown;
  try {
    if (await setBackend(backendName)) return;
  } catch (error) {
    cause = error;
  }
  throw brokenEngine(need, `TensorFlow.js could not start its backend '${backendName}'`, cause);
}
