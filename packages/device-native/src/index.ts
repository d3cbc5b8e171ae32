/**
 * The native device: the kernels as a shared library with AVX2 and AVX-512.
 *
 * @packageDocumentation
 */
export { createNativeDevice, type NativeDeviceOptions } from './native-device.ts';
