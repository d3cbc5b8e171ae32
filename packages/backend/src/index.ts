/**
 * One TensorFlow.js backend over any device: shapes, broadcasting, dtypes and memory are here; the work is the device's.
 *
 * Importing this package registers nothing.
 *
 * @packageDocumentation
 */
export type { AllocatorMemory } from './allocator.ts';
export {
  type Address,
  type Device,
  type DeviceMemory,
  DeviceMemoryError,
  MissingKernelError,
} from './device.ts';
export { type ComplexParts, DeviceBackend } from './device-backend.ts';
export { FallbackError, type FallbackMode, type FallbackReason } from './fallbacks.ts';
export { loadFallbacks } from './kernels/fallback.ts';
export { type Family, familyKernels } from './kernels/families.ts';
export { composedOps, type DeviceBackendOptions, registerDeviceBackend } from './register.ts';
export type { Storage } from './storage.ts';
