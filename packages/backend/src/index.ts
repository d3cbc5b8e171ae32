/**
 * One TensorFlow.js backend over any device: shapes, broadcasting, dtypes and memory are here; the work is the device's.
 *
 * Importing this package registers nothing.
 *
 * @packageDocumentation
 */
export type { AllocatorMemory } from './allocator.ts';
export { type Address, type Device, type DeviceMemory, DeviceMemoryError } from './device.ts';
export { DeviceBackend } from './device-backend.ts';
export { registerDeviceBackend } from './register.ts';
