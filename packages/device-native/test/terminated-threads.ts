/// <reference types="node" />
/**
 * A program whose JavaScript threads are terminated while they launch kernels, or still start, and whose other threads then use
 * devices with another number of threads. Prints, as JSON, what was found after each round.
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { createNativeDevice } from '../src/index.ts';

/** What is found when all threads of a round have ended. */
interface Round {
  readonly threads: number;
  readonly isRight: boolean;
  /** Threads of the process, those of Node among them. */
  readonly systemThreads: number;
  /** Of the process. */
  readonly mebibytes: number;
}

/** What a JavaScript thread is to do. */
type Task = 'launch until it is terminated' | 'compute, and leave the device as it is';

const bytes = 48 * 2 ** 20;

async function computes(threads: number): Promise<{ threads: number; isRight: boolean; dispose(): void }> {
  const device = await createNativeDevice({ threads });
  const address = device.allocate(bytes);
  device.launch('fill_float', [address], [bytes / 4, threads]);
  const [first] = new Float32Array(device.downloadSync(address, 4));
  return { threads: device.threads, isRight: first === threads, dispose: () => device.dispose() };
}

async function launchForever(threads: number): Promise<void> {
  const device = await createNativeDevice({ threads });
  const address = device.allocate(bytes);
  parentPort!.postMessage('launching');
  for (let value = 0; ; value++) device.launch('fill_float', [address], [bytes / 4, value]);
}

function start(task: Task, threads: number): Worker {
  return new Worker(new URL(import.meta.url), { workerData: { task, threads } });
}

async function round(number: number): Promise<Round> {
  const [terminated, others] = [2 + (number % 2), 3 - (number % 2)];
  const first = start('launch until it is terminated', terminated);
  await once(first, 'message');
  const second = start('launch until it is terminated', terminated);
  await once(second, 'online');
  await Promise.all([first.terminate(), second.terminate()]);
  const worker = start('compute, and leave the device as it is', others);
  const end = once(worker, 'exit');
  const [ofWorker] = await once(worker, 'message');
  const here = await computes(others);
  await end;
  here.dispose();
  return {
    threads: here.threads,
    isRight: here.isRight && ofWorker === true,
    systemThreads: readdirSync('/proc/self/task').length,
    mebibytes: process.memoryUsage.rss() / 2 ** 20,
  };
}

if (isMainThread) {
  const rounds: Round[] = [];
  for (let number = 0; number < 4; number++) rounds.push(await round(number));
  process.stdout.write(JSON.stringify(rounds));
} else {
  const { task, threads } = workerData as { task: Task; threads: number };
  if (task === 'launch until it is terminated') await launchForever(threads);
  else parentPort!.postMessage((await computes(threads)).isRight && threadId > 0);
}
