/** A machine that has no room for wasm's memory is told of as such. */
import { afterEach, expect, it, vi } from 'vitest';
import { refusal } from './refusal.ts';

afterEach(() => vi.unstubAllGlobals());

it('wasm says what could not be reserved and how to get it, not that it be installed again', async () => {
  const others = Object.fromEntries(
    Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
  );
  class Memory {
    constructor() {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    }
  }
  vi.stubGlobal('WebAssembly', { ...others, Memory });
  const { problem, message } = await refusal('wasm');
  expect(problem).toBe('broken');
  expect(message).toBe(
    "Engine 'wasm': it doesn't start: the system gives no room in its address space for a memory of up to 4096 MiB. " +
      'Raise the limit on address space (ulimit -v, or that of the container or batch job), or take another engine.',
  );
});
