/** Workers that run the module's pool over the shared memory. */
import type { LinearMemory } from './linear-memory.ts';

/** Workers that are up. */
export interface Workers {
  /** How many. */
  readonly count: number;
  /** Ends them. */
  stop(): void;
}

const stackBytes = 1 << 20;

/** What a worker runs: it makes its own instance over the same memory, with a stack of its own, and works until it is stopped. */
const program = `
const { workerData, parentPort } = require('node:worker_threads');
const { module, memory, stackTop, thread } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.__stack_pointer.value = stackTop;
exports.pool_work(thread);
`;

/** Starts so many workers and waits until each takes part. */
export async function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
  heap: LinearMemory,
  exports: WebAssembly.Exports,
): Promise<Workers> {
  const { Worker } = globalThis.process.getBuiltinModule('node:worker_threads');
  const threads = exports['pool_threads'] as () => number;
  const stop = exports['pool_stop'] as () => void;
  for (let thread = 1; thread <= count; thread++) {
    const stackTop = heap.allocate(stackBytes) + stackBytes;
    const worker = new Worker(program, { eval: true, workerData: { module, memory, stackTop, thread } });
    worker.unref();
  }
  while (threads() < count + 1) await new Promise((resolve) => setTimeout(resolve, 1));
  return { count, stop };
}
