import { arch, availableParallelism, cpus, freemem, release, totalmem, type } from 'node:os';
import type { Machine } from './report.ts';

/** Looks at Node and the machine. */
export function machine(): Machine {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${type()} ${release()} ${arch()}`,
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    usableCores: availableParallelism(),
    memory: totalmem(),
    freeMemory: freemem(),
    memoryLimit: memoryLimit(),
  };
}

/** Without a limit Node gives nothing, 0, or more than there is. */
function memoryLimit(): number | null {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? limit : null;
}

/** The environment variables that engines read, as far as they are set. */
export function environment(): Record<string, string> {
  const read =
    /^(SPARSE_|TF_(CPP|ENABLE|FORCE|NUM|XLA)_|OMP_|NODE_OPTIONS$|LD_LIBRARY_PATH$|CUDA_VISIBLE_DEVICES$)/;
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => read.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
