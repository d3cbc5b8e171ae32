/** The bookkeeping of memory, against a model that knows every piece. */
import { DeviceMemoryError } from '@sparse-transformers/backend';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inWords, linearMemory } from '../src/linear-memory.ts';

const pageBytes = 65536;

/** A memory of one page that may grow to ten, used from byte 1000 on. */
function smallMemory() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
  return { memory, heap: linearMemory(memory, 1000, 10 * pageBytes) };
}

const rounded = (bytes: number) => Math.max(64, Math.ceil(bytes / 64) * 64);

describe('any history of allocations', () => {
  /** A size to allocate, or which piece to free. */
  const step = fc.oneof(
    fc.record({ allocate: fc.integer({ min: 0, max: 3 * pageBytes }) }),
    fc.record({ free: fc.nat() }),
  );
  const history = fc.array(step, { maxLength: 80 });

  /** Plays a history and gives what is in use at its end; `look` sees each state. */
  function play(
    steps: readonly ({ allocate: number } | { free: number })[],
    look: (pieces: ReadonlyMap<number, number>, heap: ReturnType<typeof linearMemory>) => void,
  ) {
    const { memory, heap } = smallMemory();
    const pieces = new Map<number, number>();
    for (const each of steps) {
      if ('allocate' in each) tryAllocate(heap, pieces, each.allocate);
      else freeOne(heap, pieces, each.free);
      look(pieces, heap);
    }
    return { memory, heap, pieces };
  }

  function tryAllocate(heap: ReturnType<typeof linearMemory>, pieces: Map<number, number>, bytes: number) {
    try {
      pieces.set(heap.allocate(bytes), bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DeviceMemoryError);
    }
  }

  function freeOne(heap: ReturnType<typeof linearMemory>, pieces: Map<number, number>, which: number) {
    const address = [...pieces.keys()][which % Math.max(1, pieces.size)];
    if (address === undefined) return;
    heap.free(address);
    pieces.delete(address);
  }

  it('gives aligned pieces that neither overlap nor leave the memory', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { memory, pieces } = play(steps, () => {});
        let end = 1000;
        for (const [address, bytes] of [...pieces].sort(([a], [b]) => a - b)) {
          expect(address % 64).toBe(0);
          expect(address).toBeGreaterThanOrEqual(end);
          end = address + bytes;
        }
        expect(end).toBeLessThanOrEqual(memory.buffer.byteLength);
      }),
    );
  });

  it('counts what is in use', () => {
    fc.assert(
      fc.property(history, (steps) => {
        play(steps, (pieces, heap) => {
          expect(heap.allocated()).toBe([...pieces.values()].reduce((sum, bytes) => sum + rounded(bytes), 0));
        });
      }),
    );
  });

  it('joins all that is freed: afterwards everything can be had as one piece', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { heap, pieces } = play(steps, () => {});
        for (const address of pieces.keys()) heap.free(address);
        expect(heap.allocated()).toBe(0);
        expect(heap.allocate(10 * pageBytes - 1024)).toBe(1024);
      }),
    );
  });
});

it('takes the smallest gap that is large enough', () => {
  const { heap } = smallMemory();
  const large = heap.allocate(640);
  heap.allocate(64);
  const small = heap.allocate(128);
  heap.allocate(64);
  heap.free(large);
  heap.free(small);
  expect(heap.allocate(100)).toBe(small);
});

it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 60])('refuses a size of %s bytes', (bytes) => {
  const { heap } = smallMemory();
  expect(() => heap.allocate(bytes)).toThrow(`got ${bytes}`);
  expect(heap.allocated()).toBe(0);
});

it.each([0, 1, 1.5, 64])('gives one unit of 64 bytes for %s bytes', (bytes) => {
  const { heap } = smallMemory();
  heap.allocate(bytes);
  expect(heap.allocated()).toBe(64);
});

it.each([2 ** 32, 2 ** 40])('says what is missing when asked for %s bytes', (bytes) => {
  const { heap } = smallMemory();
  heap.allocate(3 * pageBytes);
  expect(() => heap.allocate(bytes)).toThrow(
    `${inWords(bytes)} were asked for, 192 KiB are in use, the largest free piece has`,
  );
});

it('names the engine without this limit', () => {
  const { heap } = smallMemory();
  expect(() => heap.allocate(11 * pageBytes)).toThrow(/can't have more than 640 KiB.*engine 'native'/);
});

it('goes on after a refusal', () => {
  const { heap } = smallMemory();
  expect(() => heap.allocate(11 * pageBytes)).toThrow(DeviceMemoryError);
  expect(heap.allocate(8 * pageBytes)).toBe(1024);
});

it('says so where the machine gives less than the limit', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const heap = linearMemory(memory, 0, 10 * pageBytes);
  expect(() => heap.allocate(5 * pageBytes)).toThrow('the machine gives WebAssembly no more');
});

it.each([5, 64])('refuses to free what is no piece in use', (address) => {
  const { heap } = smallMemory();
  expect(() => heap.free(address)).toThrow(`${address} is no memory in use`);
});

it.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1_500_000, '1.43 MiB'],
  [2 ** 32, '4 GiB'],
  [2 ** 52, '4100 TiB'],
])('writes %s as %s', (bytes, words) => {
  expect(inWords(bytes)).toBe(words);
});
