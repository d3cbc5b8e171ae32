/** The device: a WebAssembly module of kernels over one memory that holds all tensors, and workers that share it. */
import type { Address, Device } from '@sparse-transformers/backend';
import { type CheckedMemory, checkedMemory } from './checked-memory.ts';
import { type Launcher, launcher } from './launcher.ts';
import { type LinearMemory, linearMemory } from './linear-memory.ts';
import { limitOf, makeMemory } from './memory.ts';
import { chooseBuild, loadModule } from './modules.ts';
import { startWorkers, type Workers } from './workers.ts';

/** Options of `createWasmDevice`. */
export interface WasmDeviceOptions {
  /** Threads in all. Default: one for each core, at most 16. It is 1 where memory can't be shared. */
  readonly threads?: number;
  /** The most memory that the device may take. Default: 4 GiB, which is as much as WebAssembly can have. */
  readonly limitBytes?: number;
  /** The address of the package's folder `wasm` on a web server, for bundlers that don't copy its files. Default: beside this code. */
  readonly wasmFolder?: string | URL;
  /** Looks after every launch for writes outside of tensors, and makes memory that nobody wrote to NaN. Slow. */
  readonly debug?: boolean;
}

/** What a running device is made of. */
interface Parts {
  readonly memory: WebAssembly.Memory;
  readonly heap: LinearMemory;
  readonly kernels: Launcher;
  readonly workers: Workers | null;
}

/**
 * Starts the device.
 *
 * @throws RangeError for an option that makes no sense
 * @throws Error if its module can't be had, or a worker can't start
 */
export async function createWasmDevice(options: WasmDeviceOptions = {}): Promise<Device> {
  const build = chooseBuild(options.threads);
  const limit = limitOf(options.limitBytes);
  const module = await loadModule(build, options.wasmFolder);
  const memory = makeMemory(build.threads > 1, limit);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const plain = linearMemory(memory, Number((exports['__heap_base'] as WebAssembly.Global).value), limit);
  const checked = options.debug ? checkedMemory(memory, plain) : null;
  const heap = checked ?? plain;
  const workers =
    build.threads > 1 ? await startWorkers(module, memory, build.threads - 1, heap, exports) : null;
  const kernels = launcher(exports, memory, heap, workers?.failure ?? (() => null));
  const threads = 1 + (workers?.count ?? 0);
  const remark = build.remark && `: ${build.remark}`;
  const description = `WebAssembly ${build.name}, ${threads} thread${threads === 1 ? '' : 's'}${remark}`;
  const device = deviceOf({ memory, heap, kernels, workers }, { threads, description, limit });
  return checked ? checkedDevice(device, checked) : device;
}

function deviceOf(
  started: Parts,
  { threads, description, limit }: { threads: number; description: string; limit: number },
): Device {
  let parts: Parts | null = started;
  const live = (): Parts => {
    if (parts === null) throw new Error('The wasm device was disposed of, and does nothing any more.');
    return parts;
  };
  const download = (address: Address, bytes: number): ArrayBuffer => {
    const copy = new ArrayBuffer(bytes);
    new Uint8Array(copy).set(new Uint8Array(live().memory.buffer, address, bytes));
    return copy;
  };
  return {
    name: 'wasm',
    description,
    threads,
    allocate: (bytes) => live().heap.allocate(bytes),
    free: (address) => parts?.heap.free(address),
    upload: (address, { buffer, byteOffset, byteLength }) => {
      const to = new Uint8Array(live().memory.buffer, address, byteLength);
      to.set(new Uint8Array(buffer, byteOffset, byteLength));
    },
    download: async (address, bytes) => download(address, bytes),
    downloadSync: download,
    has: (kernel) => live().kernels.has(kernel),
    workspace: (kernel, numbers) => live().kernels.workspace(kernel, numbers),
    launch: (kernel, addresses, numbers) => live().kernels.launch(kernel, addresses, numbers),
    synchronize: async () => {},
    memory: () => ({ allocated: parts?.heap.allocated() ?? 0, limit }),
    dispose: () => {
      void parts?.workers?.stop();
      parts = null;
    },
  };
}

/** A device that looks at each use of its memory. */
function checkedDevice(device: Device, memory: CheckedMemory): Device {
  return {
    ...device,
    description: `${device.description}, checked`,
    isChecked: true,
    upload: (address, values) => {
      memory.checkUse('upload', address, values.byteLength);
      device.upload(address, values);
    },
    launch: (kernel, addresses, numbers) => {
      for (const address of addresses) if (address !== 0) memory.checkUse(kernel, address, 0);
      const answer = device.launch(kernel, addresses, numbers);
      memory.check(kernel);
      return answer;
    },
  };
}
