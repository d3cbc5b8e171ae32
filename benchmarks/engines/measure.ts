/**
 * Measures one engine in this process and prints a line of JSON: the engine, or why it doesn't run, and the best milliseconds of each workload.
 *
 *     measure.ts ENGINE fused|composed
 *
 * `composed` takes an engine's own fused kernels away, so that ops are composed from those of TensorFlow.js, as on any stock backend.
 */
import { type DeviceBackend, registerDeviceBackend } from '@sparse-transformers/backend';
import { EngineError, type EngineName, useEngine } from '@sparse-transformers/engines';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { workloads } from './workloads.ts';

/** What one process found. */
export interface Measurement {
  /** One line about the engine; null if it doesn't run. */
  readonly description: string | null;
  /** Best milliseconds by the workload's name; null where it failed. */
  readonly milliseconds: Readonly<Record<string, number | null>>;
  /** Why the engine doesn't run, or what failed on it. */
  readonly failures: readonly string[];
}

const millisecondsOfEach = 1500;

async function measureEngine(name: string, isComposed: boolean): Promise<Measurement> {
  const failures: string[] = [];
  try {
    const { description } = await useEngine(name as EngineName);
    if (isComposed) await takeFusedKernelsAway();
    const milliseconds: Record<string, number | null> = {};
    for (const { name: workload, prepare } of workloads) {
      milliseconds[workload] = await best(prepare).catch((error: unknown) => {
        failures.push(`${workload}: ${String(error)}`);
        return null;
      });
    }
    return { description, milliseconds, failures };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { description: null, milliseconds: {}, failures: [error.message] };
  }
}

/** Another backend over the same device, with the kernels that TensorFlow.js knows and no more. */
async function takeFusedKernelsAway(): Promise<void> {
  const { device } = tf.backend() as DeviceBackend;
  registerDeviceBackend('composed', device);
  const stock = new Set(tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName));
  for (const { kernelName } of tf.getKernelsForBackend('composed'))
    if (!stock.has(kernelName)) tf.unregisterKernel(kernelName, 'composed');
  await tf.setBackend('composed');
}

/** The first time warms up and doesn't count, unless it took all the time there is. */
async function best(prepare: () => () => tf.Tensor): Promise<number> {
  const work = prepare();
  const once = async () => {
    const start = performance.now();
    const result = tf.tidy(work);
    await result.data();
    result.dispose();
    return performance.now() - start;
  };
  const began = performance.now();
  let least = await once();
  while (performance.now() - began < millisecondsOfEach) least = Math.min(least, await once());
  return least;
}

const [name = '', kernels] = process.argv.slice(2);
console.log(JSON.stringify(await measureEngine(name, kernels === 'composed')));
