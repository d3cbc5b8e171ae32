import type { TensorContainer } from '@tensorflow/tfjs-core';
import { dispose, memory } from '@tensorflow/tfjs-core';

/**
 * Runs `run`, disposes what it returns, and throws if tensors or buffers are left over. Don't wrap `run` in `tf.tidy`:
 * that would hide what an op forgets.
 *
 * @param run gives back tensors (in arrays or objects, or a promise of them) or nothing
 * @returns when the count is done
 * @throws Error that says how many tensors and buffers are left
 */
export async function expectNoLeaks(run: () => TensorContainer | Promise<TensorContainer>): Promise<void> {
  const before = memory();
  dispose(await run());
  const after = memory();
  const tensors = after.numTensors - before.numTensors;
  const buffers = after.numDataBuffers - before.numDataBuffers;
  if (tensors !== 0 || buffers !== 0) {
    throw new Error(`leak: ${tensors} tensors and ${buffers} buffers more than before`);
  }
}
