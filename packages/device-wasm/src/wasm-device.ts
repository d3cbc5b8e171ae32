/// <reference lib="dom" />
/// <reference types="node" />
/** The device: a WebAssembly module of kernels over one memory that holds all tensors, and workers that share it. */
import type { Address, Device } from '@sparse-transformers/backend';
import { linearMemory } from './linear-memory.ts';
import { chooseBuild, loadModule } from './modules.ts';
import { startWorkers } from './workers.ts';

/** Options of `createWasmDevice`. */
export interface WasmDeviceOptions {
  /** Threads in all. Default: one for each core; 1 where memory can't be shared. */
  readonly threads?: number;
}

type Kernel = (record: number) => number;

const pageBytes = 65536;
const mostPages = 65536;
/** Doubles that a launch may take: addresses and numbers. */
const recordLength = 128;

/** Starts the device. */
export async function createWasmDevice(options: WasmDeviceOptions = {}): Promise<Device> {
  const build = chooseBuild(options.threads);
  const memory = new WebAssembly.Memory({ initial: 256, maximum: mostPages, shared: build.threads > 1 });
  const module = await loadModule(build);
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const { exports } = instance;
  const heap = linearMemory(
    memory,
    Number((exports['__heap_base'] as WebAssembly.Global).value),
    mostPages * pageBytes,
  );
  const workers =
    build.threads > 1 ? await startWorkers(module, memory, build.threads - 1, heap, exports) : null;
  const threads = 1 + (workers?.count ?? 0);
  const record = heap.allocate(recordLength * 8);

  const copyOut = (address: Address, bytes: number): ArrayBuffer => {
    const copy = new ArrayBuffer(bytes);
    new Uint8Array(copy).set(new Uint8Array(memory.buffer, address, bytes));
    return copy;
  };
  return {
    name: 'wasm',
    description: `WebAssembly ${build.name}, ${threads} thread${threads === 1 ? '' : 's'}`,
    threads,
    allocate: (bytes) => heap.allocate(bytes),
    free: (address) => heap.free(address),
    upload: (address, { buffer, byteOffset, byteLength }) =>
      new Uint8Array(memory.buffer, address, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength)),
    download: async (address, bytes) => copyOut(address, bytes),
    downloadSync: copyOut,
    has: (kernel) => `kernel_${kernel}` in exports,
    launch: (kernel, addresses, numbers) => {
      const run = exports[`kernel_${kernel}`] as Kernel | undefined;
      if (run === undefined) throw new Error(`The wasm device has no kernel '${kernel}'.`);
      if (addresses.length + numbers.length > recordLength)
        throw new RangeError(`${kernel}: too many arguments.`);
      const fields = new Float64Array(memory.buffer, record, recordLength);
      fields.set(addresses);
      fields.set(numbers, addresses.length);
      return run(record);
    },
    synchronize: async () => {},
    memory: () => ({ allocated: heap.allocated(), limit: mostPages * pageBytes }),
    dispose: () => workers?.stop(),
  };
}
