/**
 * The WebAssembly device: the kernels in SIMD, threads by workers, nothing to build.
 *
 * @packageDocumentation
 */
export { createWasmDevice, type WasmDeviceOptions } from './wasm-device.ts';
