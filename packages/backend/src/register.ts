import { getKernel, registerBackend, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import type { Device } from './device.ts';
import { DeviceBackend } from './device-backend.ts';
import type { FallbackMode } from './fallbacks.ts';
import { allKernels, ownKernels } from './kernels/all.ts';

/** Options of `registerDeviceBackend`. */
export interface DeviceBackendOptions {
  /**
   * What happens when a program uses an op of the few families that have no kernel on any device (convolution, pooling, image, FFT, strings), or
   * one that this device has no kernel for. Default: `warn`.
   */
  readonly fallbacks?: FallbackMode;
}

/**
 * Registers a backend over a device with TensorFlow.js, under a name without an underscore (TensorFlow.js splits names there), and the
 * kernels that the device can run. Choose it with `tf.setBackend(name)`.
 *
 * @throws RangeError for a name with an underscore, or one that is taken
 */
export function registerDeviceBackend(
  name: string,
  device: Device,
  { fallbacks = 'warn' }: DeviceBackendOptions = {},
): DeviceBackend {
  if (name.includes('_'))
    throw new RangeError(`registerDeviceBackend: the name must have no underscore; got '${name}'.`);
  const backend = new DeviceBackend(device, fallbacks);
  if (!registerBackend(name, () => backend)) {
    throw new RangeError(`registerDeviceBackend: a backend '${name}' is registered already.`);
  }
  const composed = composedOps(device);
  for (const kernel of allKernels) {
    // Kernels outlive a backend that was removed, and its device may have had others.
    if (getKernel(kernel.kernelName, name)) unregisterKernel(kernel.kernelName, name);
    if (!composed.has(kernel.kernelName)) registerKernel({ ...kernel, backendName: name });
  }
  return backend;
}

/**
 * The ops of `@sparse-transformers/kernels` that are composed of TensorFlow.js's ops on a device, and the kernels that it lacks for each. All
 * others are fused there.
 */
export function composedOps(device: Pick<Device, 'has'>): ReadonlyMap<string, readonly string[]> {
  const lacks = ownKernels.map(
    ({ kernelName, needs = [] }) => [kernelName, needs.filter((kernel) => !device.has(kernel))] as const,
  );
  return new Map(lacks.filter(([, missing]) => missing.length > 0));
}
