/** A device in plain JavaScript, whose memory is the host's: it can queue, run out of memory, watch over its memory, and tells what it did. */
import { type Device, DeviceMemoryError, MissingKernelError } from '../src/device.ts';

/** How it behaves. */
export interface HostDeviceOptions {
  /** Runs uploads and launches only when somebody waits. */
  readonly queues?: boolean;
  /** The most bytes allocated at once. */
  readonly limitBytes?: number;
  /** Watches over its memory. */
  readonly isChecked?: boolean;
}

/** The device and what it did. */
export interface HostDevice extends Device {
  /** The calls so far, by name, with what matters of their arguments. */
  readonly calls: string[];
  /** What is queued and not run yet. */
  readonly queued: (() => void)[];
}

type Memory = Map<number, Uint8Array>;

const kernels: Record<
  string,
  (memory: Memory, addresses: readonly number[], numbers: readonly number[]) => void
> = {
  fill_float: (memory, [address = 0], [count = 0, value = 0]) => {
    if (address !== 0) floats(memory, address).fill(value, 0, count);
  },
};

function bytesAt(memory: Memory, address: number): Uint8Array {
  const bytes = memory.get(address);
  if (bytes === undefined) throw new Error(`${address} is no memory in use.`);
  return bytes;
}

function floats(memory: Memory, address: number): Float32Array {
  const { buffer, byteLength } = bytesAt(memory, address);
  return new Float32Array(buffer, 0, Math.floor(byteLength / 4));
}

/** Makes one. Freed memory goes when the launches before it have run. */
export function hostDevice(options: HostDeviceOptions = {}): HostDevice {
  const { queues = false, limitBytes = 2 ** 40, isChecked = false } = options;
  const memory: Memory = new Map();
  const sizes = new Map<number, number>();
  const calls: string[] = [];
  const queued: (() => void)[] = [];
  let allocated = 0;
  let next = 64;
  let isDisposed = false;

  const live = () => {
    if (isDisposed) throw new Error('The host device was disposed of.');
  };
  const enqueue = (run: () => void) => {
    live();
    queued.push(run);
    if (!queues) drain();
  };
  const drain = () => {
    for (const run of queued.splice(0)) run();
  };
  const download = (address: number, bytes: number): ArrayBuffer => {
    live();
    drain();
    return bytesAt(memory, address).slice(0, bytes).buffer as ArrayBuffer;
  };
  return {
    name: 'host',
    description: 'JavaScript over the memory of the host',
    threads: 1,
    isChecked,
    calls,
    queued,
    allocate: (bytes) => {
      live();
      calls.push(`allocate ${bytes}`);
      if (allocated + bytes > limitBytes) {
        throw new DeviceMemoryError(
          `${bytes} bytes were asked for, ${allocated} are in use of ${limitBytes}.`,
        );
      }
      const address = next;
      next += Math.ceil(bytes / 64) * 64;
      memory.set(address, new Uint8Array(Math.ceil(bytes / 4) * 4));
      sizes.set(address, bytes);
      allocated += bytes;
      return address;
    },
    free: (address) => {
      if (isDisposed) return;
      calls.push('free');
      allocated -= sizes.get(address) ?? Number.NaN;
      sizes.delete(address);
      enqueue(() => memory.delete(address));
    },
    upload: (address, { buffer, byteOffset, byteLength }) => {
      calls.push(`upload ${byteLength}`);
      const copy = new Uint8Array(buffer, byteOffset, byteLength).slice();
      enqueue(() => bytesAt(memory, address).set(copy));
    },
    download: async (address, bytes) => {
      calls.push('download');
      return download(address, bytes);
    },
    downloadSync: (address, bytes) => {
      calls.push('downloadSync');
      return download(address, bytes);
    },
    has: (kernel) => kernel in kernels,
    workspace: () => 0,
    launch: (name, addresses, numbers) => {
      const kernel = kernels[name];
      if (!kernel) throw new MissingKernelError('host', name);
      calls.push(`launch ${name}`);
      const copies = [[...addresses], [...numbers]] as const;
      enqueue(() => kernel(memory, ...copies));
      return 0;
    },
    synchronize: async () => {
      calls.push('synchronize');
      drain();
    },
    memory: () => ({ allocated, limit: limitBytes }),
    dispose: () => {
      calls.push('dispose');
      isDisposed = true;
      memory.clear();
    },
  };
}
