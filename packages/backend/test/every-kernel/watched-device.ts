/** A device whose allocations are watched: nothing is kept for reuse, sizes are exact, and it can run out of memory when a test says so. */
import { type Device, type DeviceBackend, DeviceMemoryError } from '../../src/index.ts';
import { devicePlans } from '../../src/kernels/sparse-attention-plan.ts';
import type { CreateDevice } from '../cpu-devices.ts';

/** Attributes may ask for any size; no case needs more than this. */
const mostBytes = 2 ** 22;

/** The device, and how many allocations it still gives. */
export interface WatchedDevice extends Device {
  /** From now on so many allocations go well, and all others fail. */
  allow(allocations: number): void;
}

/** Starts one. */
export async function watchedDevice(create: CreateDevice): Promise<WatchedDevice> {
  const device = await create({ threads: 2, debug: true } as Parameters<CreateDevice>[0]);
  let left = Number.POSITIVE_INFINITY;
  return {
    ...device,
    isChecked: true,
    allow: (allocations) => {
      left = allocations;
    },
    allocate: (bytes) => {
      if (bytes > mostBytes || left-- <= 0) throw new DeviceMemoryError(`${bytes} bytes are not there.`);
      return device.allocate(bytes);
    },
  };
}

/** Bytes that tensors and scratch hold, and the number of tensors: plans are kept for the next call. */
export function heldBy(backend: DeviceBackend): string {
  const bytes = backend.allocatorMemory().used - devicePlans(backend).bytes();
  return `${bytes} bytes in ${backend.numDataIds()} tensors`;
}
