/// <reference types="node" />
/**
 * A program in which two JavaScript threads compute at once, on devices of their own that share the library; the second ends without disposing
 * of its. Prints `all right` and the number of threads that a device may have afterwards.
 */
import { once } from 'node:events';
import { isMainThread, Worker } from 'node:worker_threads';
import { createNativeDevice } from '../src/index.ts';

const device = await createNativeDevice(isMainThread ? { threads: 2 } : {});

/** Fills a buffer that takes several pieces, and looks at each cell. */
function computesRight(value: number): boolean {
  const address = device.allocate(800_000);
  device.launch('fill_float', [address], [200_000, value]);
  const cells = new Float32Array(device.downloadSync(address, 800_000));
  if (value % 2 === 0) device.free(address);
  return cells.every((cell) => cell === value);
}

function computeForAWhile(rounds: number): void {
  for (let round = 0; round < rounds; round++) if (!computesRight(round)) throw new Error('wrong numbers');
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const end = once(worker, 'exit');
  await once(worker, 'online');
  computeForAWhile(400);
  const [code] = await end;
  device.dispose();
  const next = await createNativeDevice({ threads: 3 });
  process.stdout.write(
    code === 0 ? `all right, ${next.threads} threads\n` : `the second thread ended with ${code}\n`,
  );
} else {
  computeForAWhile(200);
}
