/** Calls kernels: a record of doubles in the module's memory, addresses first, then numbers. */
import type { Address } from '@sparse-transformers/backend';
import type { LinearMemory } from './linear-memory.ts';

/** Calls kernels of one module. */
export interface Launcher {
  /** Whether there is a kernel of this name. */
  has(kernel: string): boolean;
  /**
   * Runs one; gives its answer.
   * @throws Error if there is none of this name, or if it crashes: then it and every later launch
   */
  launch(kernel: string, addresses: readonly Address[], numbers: readonly number[]): number;
}

type Kernel = (record: Address) => number;

const prefix = 'kernel_';
/** Most kernels take fewer arguments; for those of many tensors the record grows. */
const firstCapacity = 128;

/** The kernels that a module exports. `workerFailure` tells whether another thread crashed, in its words. */
export function launcher(
  exports: WebAssembly.Exports,
  memory: WebAssembly.Memory,
  heap: LinearMemory,
  workerFailure: () => string | null,
): Launcher {
  const kernels = new Map(
    Object.entries(exports)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, kernel]) => [name.slice(prefix.length), kernel as Kernel]),
  );
  let capacity = firstCapacity;
  let record = heap.allocate(capacity * 8);
  let fields = new Float64Array(memory.buffer, record, capacity);
  let crash: Error | null = null;

  const find = (name: string): Kernel => {
    if (crash) throw new Error(`${name}: ${crash.message}`, { cause: crash });
    const kernel = kernels.get(name);
    if (kernel === undefined) throw new Error(`The wasm device has no kernel '${name}'.`);
    return kernel;
  };
  const renewRecord = (count: number): void => {
    if (count > capacity) {
      heap.free(record);
      capacity = 2 ** Math.ceil(Math.log2(count));
      record = heap.allocate(capacity * 8);
    }
    fields = new Float64Array(memory.buffer, record, capacity);
  };
  const fail = (kernel: string, words: string, cause?: unknown): never => {
    crash = new Error(`the kernel '${kernel}' crashed (${words}), and the device can't be used any more`, {
      cause,
    });
    throw crash;
  };
  return {
    has: (kernel) => kernels.has(kernel),
    launch: (name, addresses, numbers) => {
      const kernel = find(name);
      const count = addresses.length + numbers.length;
      // Where memory isn't shared, its growth leaves earlier views without a single field.
      if (count > fields.length) renewRecord(count);
      let field = 0;
      for (const address of addresses) fields[field++] = address;
      for (const number of numbers) fields[field++] = number;
      let answer = 0;
      try {
        answer = kernel(record);
      } catch (cause) {
        fail(name, String(cause), cause);
      }
      const failure = workerFailure();
      if (failure !== null) fail(name, `in a worker: ${failure}`);
      return answer;
    },
  };
}
