/** Workers that run the module's pool over the shared memory: threads of Node, or web workers. */
import type { LinearMemory } from './linear-memory.ts';
import { nodeModule } from './node-module.ts';

/** Workers that are up. */
export interface Workers {
  /** How many. */
  readonly count: number;
  /**
   * What went wrong in one of them while it worked, in its own words; null if nothing did. What it was working on is not done then.
   */
  failure(): string | null;
  /** Ends them. */
  stop(): Promise<void>;
}

/** What a worker needs; structured cloning brings it there. */
interface Task {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly stackTop: number;
  readonly failureAddress: number;
}

/** One worker, on whatever platform. */
interface StartedWorker {
  /** Resolves when it is about to take part. */
  readonly ready: Promise<void>;
  /** Lets the program end without it. */
  release(): void;
  /** Ends it, and resolves when it is gone. */
  end(): Promise<void>;
}

const stackBytes = 1 << 20;
/** Room for the words of one failure: their length, then UTF-8. */
const failureBytes = 512;

/**
 * What a worker runs: it makes its own instance over the same memory, with a stack of its own, and works until it is stopped. The launching
 * thread can't get messages while it waits, so a crash is written to memory. It is text, since it must start from any bundle.
 */
const program = `
function work({ module, memory, thread, stackTop, failureAddress }, tell) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stackTop;
  tell('ready');
  try {
    exports.pool_work(thread);
  } catch (error) {
    const words = new TextEncoder().encode(String(error)).subarray(0, ${failureBytes - 4});
    new Uint8Array(memory.buffer, failureAddress + 4, words.length).set(words);
    Atomics.store(new Int32Array(memory.buffer, failureAddress, 1), 0, words.length);
    exports.pool_abandon();
  }
}`;

const nodeProgram = `${program}
const { workerData, parentPort } = process.getBuiltinModule('node:worker_threads');
work(workerData, (word) => parentPort.postMessage(word));`;

const browserProgram = `${program}
onmessage = ({ data }) => work(data, postMessage);`;

/**
 * Starts so many workers and waits until each takes part.
 *
 * @throws Error with its cause if one can't start; none is left then
 */
export async function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
  heap: LinearMemory,
  exports: WebAssembly.Exports,
): Promise<Workers> {
  const failureAddress = heap.allocate(failureBytes);
  new Uint8Array(memory.buffer, failureAddress, failureBytes).fill(0);
  const tasks = Array.from({ length: count }, (_, index): Task => {
    const stackTop = heap.allocate(stackBytes) + stackBytes;
    return { module, memory, thread: index + 1, stackTop, failureAddress };
  });
  const workers: StartedWorker[] = [];
  const endAll = async () => {
    await Promise.all(workers.map((worker) => worker.end()));
  };
  const lost: string[] = [];
  try {
    for (const task of tasks) workers.push(startWorker(task, (words) => lost.push(words)));
    await Promise.all(workers.map(({ ready }) => ready));
  } catch (cause) {
    await endAll();
    throw cannotStart(count, cause);
  }
  for (const worker of workers) worker.release();
  // A browser's page must not sleep, only spin.
  if (globalThis.document === undefined) (exports['pool_let_launcher_sleep'] as () => void)();
  const crashes = exports['pool_crashes'] as () => number;
  return {
    count,
    failure: () => (crashes() > 0 ? wordsAt(memory, failureAddress) : (lost[0] ?? null)),
    stop: endAll,
  };
}

function cannotStart(count: number, cause: unknown): Error {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `createWasmDevice: ${count} workers were to start, and one could not: ${words}. With the option threads: 1 none is needed.`,
    { cause },
  );
}

function wordsAt(memory: WebAssembly.Memory, address: number): string {
  const length = Atomics.load(new Int32Array(memory.buffer, address, 1), 0);
  // A decoder takes no shared memory.
  return new TextDecoder().decode(new Uint8Array(memory.buffer, address + 4, length).slice());
}

/** `lose` is told why a worker that was ready is gone without having been ended. */
function startWorker(task: Task, lose: (words: string) => void): StartedWorker {
  const threads = nodeModule('node:worker_threads');
  const worker = threads ? startNodeWorker(threads, task, lose) : startWebWorker(task, lose);
  // Where another worker's failure is reported, this one's is nobody's.
  worker.ready.catch(() => {});
  return worker;
}

function startNodeWorker(
  { Worker }: typeof import('node:worker_threads'),
  task: Task,
  lose: (words: string) => void,
): StartedWorker {
  // Without the program's own flags: loaders of source code would only make each worker slower to start.
  const worker = new Worker(nodeProgram, { eval: true, workerData: task, execArgv: [] });
  let ended = false;
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (words: string, cause?: unknown) => {
      reject(new Error(words, { cause }));
      if (!ended) lose(words);
    };
    worker.once('message', () => resolve());
    worker.once('error', (error) => fail(String(error), error));
    worker.once('exit', (code) => fail(`it ended with code ${code}`));
  });
  return {
    ready,
    release: () => worker.unref(),
    end: async () => {
      ended = true;
      await worker.terminate();
    },
  };
}

const forbidden = "the page's Content-Security-Policy must allow workers from blob: addresses";

function startWebWorker(task: Task, lose: (words: string) => void): StartedWorker {
  const url = URL.createObjectURL(new Blob([browserProgram], { type: 'text/javascript' }));
  const worker = new Worker(url);
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message = forbidden }) => {
      reject(new Error(message));
      lose(message);
    };
  });
  worker.postMessage(task);
  return {
    ready,
    release: () => URL.revokeObjectURL(url),
    end: async () => worker.terminate(),
  };
}
