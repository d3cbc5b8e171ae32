import { getKernel, registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import type { Device } from './device.ts';
import { DeviceBackend } from './device-backend.ts';
import type { FallbackMode } from './fallbacks.ts';
import { allKernels } from './kernels/all.ts';

/** Options of `registerDeviceBackend`. */
export interface DeviceBackendOptions {
  /**
   * What happens when a program uses an op of the few families that have no kernel on a device (convolution, pooling, image, FFT, strings).
   * Default: `warn`.
   */
  readonly fallbacks?: FallbackMode;
}

/**
 * Registers a backend over a device with TensorFlow.js, under a name without an underscore (TensorFlow.js splits names there), and all
 * kernels for it. Choose it with `tf.setBackend(name)`.
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
  // Kernels outlive a backend that was removed.
  for (const kernel of allKernels)
    if (!getKernel(kernel.kernelName, name)) registerKernel({ ...kernel, backendName: name });
  return backend;
}
