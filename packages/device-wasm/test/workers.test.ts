/** Workers: that they start, work, fail with a cause, and end. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWasmDevice } from '../src/index.ts';
import { linearMemory } from '../src/linear-memory.ts';
import { makeMemory } from '../src/memory.ts';
import { chooseBuild, loadModule } from '../src/modules.ts';
import { startWorkers } from '../src/workers.ts';

/** Every worker that this process starts in a test. */
const started: Worker[] = [];
const note = (worker: Worker) => started.push(worker);
beforeEach(() => {
  started.length = 0;
  process.on('worker', note);
});
afterEach(() => process.off('worker', note));

const megabytes64 = 2 ** 26;

/** The parts of a device, with workers for three threads. */
async function parts(module?: WebAssembly.Module) {
  const real = await loadModule(chooseBuild(3));
  const memory = makeMemory(true, megabytes64);
  const { exports } = await WebAssembly.instantiate(real, { env: { memory } });
  const heap = linearMemory(
    memory,
    Number((exports['__heap_base'] as WebAssembly.Global).value),
    megabytes64,
  );
  const workers = await startWorkers(module ?? real, memory, 2, heap, exports);
  return { memory, exports, heap, workers };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('starts one worker fewer than there are threads', async () => {
  const device = await createWasmDevice({ threads: 3 });
  expect(started).toHaveLength(2);
  device.dispose();
});

it('has all workers take part', async () => {
  const { exports, workers } = await parts();
  const threads = exports['pool_threads'] as () => number;
  while (threads() < 3) await turn();
  expect(threads()).toBe(3);
  await workers.stop();
});

it('ends the workers of a device that is disposed of', async () => {
  const device = await createWasmDevice({ threads: 3 });
  const gone = started.map((worker) => once(worker, 'exit'));
  device.dispose();
  await Promise.all(gone);
  expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
});

it('ends workers in the midst of a job', async () => {
  const device = await createWasmDevice({ threads: 2 });
  const address = device.allocate(megabytes64);
  for (let round = 0; round < 20; round++) device.launch('fill_float', [address], [megabytes64 / 4, round]);
  const gone = once(started[0]!, 'exit');
  device.dispose();
  await gone;
  expect(started[0]!.threadId).toBe(-1);
});

describe('a worker that fails', () => {
  /** A module that asks for an import which nobody gives. */
  const unfit = () =>
    WebAssembly.compile(
      // biome-ignore format: one line for each section
      Uint8Array.of(
        0, 97, 115, 109, 1, 0, 0, 0,
        1, 4, 1, 96, 0, 0, // type 0: () → nothing
        2, 12, 1, 3, 101, 110, 118, 4, 103, 111, 110, 101, 0, 0, // env.gone is a function of type 0
      ),
    );

  it('at its start is an error with its cause', async () => {
    const error = await parts(await unfit()).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      /^Error: createWasmDevice: 2 workers were to start, and one could not:.*gone/,
    );
    expect(error).toHaveProperty('cause');
  });

  it('at its start leaves none behind', async () => {
    await expect(parts(await unfit())).rejects.toThrow();
    expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('in a kernel tells the launching thread why', async () => {
    const { exports, heap, memory, workers } = await parts();
    const threads = exports['pool_threads'] as () => number;
    while (threads() < 3) await turn();
    const record = heap.allocate(24);
    new Float64Array(memory.buffer, record, 3).set([megabytes64, 2 ** 22, 1]);
    // This thread crashes at its first piece too, and leaves the others to the workers.
    expect(() => (exports['kernel_fill_float'] as (record: number) => number)(record)).toThrow(
      'out of bounds',
    );
    while (workers.failure() === null) await turn();
    expect(workers.failure()).toMatch(/RuntimeError: .*out of bounds/);
    await workers.stop();
  });

  it('by being ended from outside makes the next launch an error', async () => {
    const device = await createWasmDevice({ threads: 2 });
    const address = device.allocate(4);
    await started[0]!.terminate();
    expect(() => device.launch('fill_float', [address], [1, 1])).toThrow('in a worker: it ended with code 1');
  });

  it('is no failure when the device itself ended it', async () => {
    const { workers } = await parts();
    await workers.stop();
    expect(workers.failure()).toBeNull();
  });
});

describe('a program', () => {
  const run = (program: string) =>
    spawnSync(
      process.execPath,
      [
        '--conditions=@sparse-transformers/source',
        '--import',
        fileURLToPath(new URL('../../../tools/source.mjs', import.meta.url)),
        '--input-type=module',
        '--eval',
        `import { createWasmDevice } from '@sparse-transformers/device-wasm';
        const device = await createWasmDevice({ threads: 3 });
        const address = device.allocate(4_000_000);
        device.launch('fill_float', [address], [1_000_000, 1]);
        ${program}`,
      ],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', timeout: 600_000 },
    );

  it('ends by itself while workers wait for work', () => {
    const { status, stdout, stderr } = run("console.log('done');");
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
  });

  it('ends by process.exit', () => {
    expect(run('process.exit(3);').status).toBe(3);
  });

  it('ends with an error that nobody catches', () => {
    const { status, stderr } = run("throw new Error('nobody caught this');");
    expect(status).toBe(1);
    expect(stderr).toContain('nobody caught this');
  });
});
