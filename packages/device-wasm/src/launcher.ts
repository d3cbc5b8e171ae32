/**
 * Calls kernels: a record of doubles in the module's memory, addresses first, then numbers. How many addresses there are stands before it; how
 * many numbers, in the question for a workspace.
 */
import { type Address, MissingKernelError } from '@sparse-transformers/backend';
import type { LinearMemory } from './linear-memory.ts';

/** Calls kernels of one module. */
export interface Launcher {
  /** Whether there is a kernel of this name. */
  has(kernel: string): boolean;
  /**
   * Bytes that one wants to work in, for a launch of these numbers.
   * @throws MissingKernelError if there is none of this name
   */
  workspace(kernel: string, numbers: readonly number[]): number;
  /**
   * Runs one; gives its answer.
   * @throws MissingKernelError if there is none of this name; Error if it crashes: then it and every later launch
   */
  launch(kernel: string, addresses: readonly Address[], numbers: readonly number[]): number;
}

type Call = (record: Address) => number;

const bytesOfField = 8;
/** Most kernels take fewer arguments; for those of many tensors the record grows. */
const firstCapacity = 128;

/** The kernels that a module exports. `workerFailure` tells whether another thread crashed, in its words. */
export function launcher(
  exports: WebAssembly.Exports,
  memory: WebAssembly.Memory,
  heap: LinearMemory,
  workerFailure: () => string | null,
): Launcher {
  const kernels = named(exports, 'kernel_');
  const workspaces = named(exports, 'workspace_');
  let capacity = firstCapacity;
  let record = heap.allocate(capacity * 8);
  let fields = new Float64Array(memory.buffer, record, capacity);
  let crash: Error | null = null;

  const find = (calls: ReadonlyMap<string, Call>, name: string): Call => {
    if (crash) throw new Error(`${name}: ${crash.message}`, { cause: crash });
    const call = calls.get(name);
    if (call === undefined) throw new MissingKernelError('wasm', name);
    return call;
  };
  const renewRecord = (count: number): void => {
    if (count > capacity) {
      heap.free(record);
      capacity = 2 ** Math.ceil(Math.log2(count));
      record = heap.allocate(capacity * 8);
    }
    fields = new Float64Array(memory.buffer, record, capacity);
  };
  const write = (count: number, addresses: readonly Address[], numbers: readonly number[]): Address => {
    const length = 1 + addresses.length + numbers.length;
    // Where memory isn't shared, its growth leaves earlier views without a single field.
    if (length > fields.length) renewRecord(length);
    let place = 0;
    fields[place++] = count;
    for (const address of addresses) fields[place++] = address;
    for (const number of numbers) fields[place++] = number;
    return record + bytesOfField;
  };
  const fail = (kernel: string, words: string, cause?: unknown): never => {
    crash = new Error(`the kernel '${kernel}' crashed (${words}), and the device can't be used any more`, {
      cause,
    });
    throw crash;
  };
  return {
    has: (kernel) => kernels.has(kernel),
    workspace: (name, numbers) => find(workspaces, name)(write(numbers.length, [], numbers)),
    launch: (name, addresses, numbers) => {
      const kernel = find(kernels, name);
      const written = write(addresses.length, addresses, numbers);
      let answer = 0;
      try {
        answer = kernel(written);
      } catch (cause) {
        fail(name, String(cause), cause);
      }
      const failure = workerFailure();
      if (failure !== null) fail(name, `in a worker: ${failure}`);
      return answer;
    },
  };
}

/** The functions whose names begin so, by the rest of their names. */
function named(exports: WebAssembly.Exports, prefix: string): ReadonlyMap<string, Call> {
  return new Map(
    Object.entries(exports)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, call]) => [name.slice(prefix.length), call as Call]),
  );
}
