/**
 * The native device: the kernels as a shared library of the machine, with AVX2, AVX-512 or NEON.
 *
 * @packageDocumentation
 */
export { NativeLibraryError } from './library.ts';
export { createNativeDevice, type NativeDeviceOptions, type NativeVariant } from './native-device.ts';
export { type FailingLibrary, type NativeProbe, probeNativeDevice, type WorkingLibrary } from './probe.ts';
