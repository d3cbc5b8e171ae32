/** Refuses a run that the machine has no memory for, before anything is allocated. */

import type { RunConfig } from '../configuration/index.ts';
import { machine } from '../doctor/index.ts';
import { TrainerError } from '../messages/index.ts';
import { estimateRun } from './estimate.ts';

/** WebAssembly's addresses have 32 bits. */
const wasmBytes = 2 ** 32;

/** Bytes that tensors can have on an engine; null where this machine's memory says nothing of it. */
export function memoryLimitOf(engine: string): number | null {
  const { memory, memoryLimit } = machine();
  const bytes = memoryLimit ?? memory;
  if (engine === 'wasm') return Math.min(bytes, wasmBytes);
  return engine === 'webgpu' || engine === 'tensorflow' ? null : bytes;
}

/**
 * Call it before a run is begun.
 *
 * @param vocabulary token ids that the data has, or may have
 * @param limit bytes; that of the engine unless given
 * @throws TrainerError that says what is needed, what there is, and what to change
 */
export function refuseBeyondMemory(
  config: RunConfig,
  vocabulary: number,
  { engine, limit = memoryLimitOf(engine) }: { readonly engine: string; readonly limit?: number | null },
): void {
  const { peak } = estimateRun(config, vocabulary).memory;
  if (limit === null || peak <= limit) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new TrainerError(
    `This run needs about ${gib(peak)} for tensors, and engine ${engine} has at most ${gib(limit)} here. ` +
      'Try --training.recompute true, a larger --training.accumulate, a smaller --training.batch or --validation.batch, --training.optimizer adafactor, or a smaller --model.length, --model.width or --model.layers; ' +
      'sparse-train estimate tells what each saves. --force begins it all the same.',
  );
}
