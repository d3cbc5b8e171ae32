/** The one place where a backend is chosen: by name, or the best that runs. */

import type { FallbackMode } from '@sparse-transformers/backend';
import { backend_util } from '@tensorflow/tfjs-core';
import { startCpu } from './cpu.ts';
import {
  type Engine,
  type EngineName,
  engineNames,
  type RunnableEngineName,
  type StartedEngine,
  type StartOptions,
} from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type LoadPackage, loadInstalledPackage } from './load-package.ts';
import { startNative } from './native.ts';
import { startTensorFlow } from './tensorflow.ts';
import { startWasm } from './wasm.ts';
import { startWebGpu } from './webgpu.ts';

/** How an engine is loaded and started. */
export interface EngineOptions {
  /** The most threads that one op may use: a whole number from 1. Default: one for each core. */
  readonly threads?: number;
  /**
   * What happens at an op of the few families that native and wasm have no kernel for (convolution, pooling, image, FFT, strings): `warn`
   * computes it in plain JavaScript and says so once, `throw` is an error. Default: `warn`.
   */
  readonly fallbacks?: FallbackMode;
  /** Imports an engine's package; default: from the program's node_modules, or SPARSE_TENSORFLOW_HOME's. */
  readonly loadPackage?: LoadPackage;
}

type Start = (options: StartOptions) => Promise<StartedEngine>;

/** The engines of this release. */
const runnableEngines: Readonly<Record<RunnableEngineName, Start>> = {
  native: startNative,
  wasm: startWasm,
  webgpu: startWebGpu,
  tensorflow: startTensorFlow,
  cpu: startCpu,
};

/**
 * What `auto` tries, from fast to slow; docs/engines.md has the figures. webgpu is left out: its ops can't be read without waiting,
 * which programs must be written for.
 */
const tried = ['native', 'wasm', 'tensorflow', 'cpu'] as const;

/**
 * Loads an engine and makes it TensorFlow.js's active backend. An engine is started once in a process; asking again gives the same one.
 *
 * `auto` takes the first of native, wasm, tensorflow, cpu that is installed and starts, and says why in `reason`; if that is cpu, a
 * warning on the console says so, once.
 * A named engine that can't run throws EngineError: what is missing, and how to get it. There is no silent fall-back.
 */
export async function useEngine(name: EngineName = 'auto', options: EngineOptions = {}): Promise<Engine> {
  checkThreads(options.threads);
  if (name === 'auto') return firstThatRuns(startOptions(options));
  const engine = await startNamed(name, startOptions(options));
  return { ...engine, reason: 'asked for by name' };
}

/** What a start takes, of what a program gives. */
export function startOptions({
  threads,
  fallbacks,
  loadPackage = loadInstalledPackage,
}: EngineOptions): StartOptions {
  return { threads, fallbacks, loadPackage };
}

/** Starts a named engine; throws EngineError if this release doesn't have it or it can't run. */
export async function startNamed(name: string, options: StartOptions): Promise<StartedEngine> {
  const start = new Map<string, Start>(Object.entries(runnableEngines)).get(name);
  if (start !== undefined) return start(options);
  const runnable = Object.keys(runnableEngines).join(', ');
  if ((engineNames as readonly string[]).includes(name)) {
    const message = `Engine '${name}' is not in this release. Engines that can run: ${runnable}`;
    throw new EngineError(name, 'not in this release', message);
  }
  const message = `Unknown engine '${name}'. Expected auto or an engine that can run: ${runnable}`;
  throw new EngineError(name, 'unknown', message);
}

async function firstThatRuns(options: StartOptions): Promise<Engine> {
  const passedOver: EngineError[] = [];
  for (const name of tried) {
    try {
      const engine = await runnableEngines[name](options);
      const reason = reasonFor(engine, passedOver);
      if (name === 'cpu') warnOfCpu(reason);
      return { ...engine, reason };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      passedOver.push(error);
    }
  }
  const all = passedOver.map((error) => `- ${error.message}`).join('\n');
  throw new EngineError('auto', 'missing', `No engine can run:\n${all}`);
}

function reasonFor(engine: StartedEngine, passedOver: readonly EngineError[]): string {
  const choice = `auto took ${engine.name}, the fastest that runs of ${tried.join(', ')}`;
  const notes = passedOver.map((error) =>
    error.problem === 'missing' && error.cause === undefined
      ? `${error.engine} isn't installed`
      : error.message,
  );
  return notes.length === 0 ? choice : `${choice} (${notes.join('; ')})`;
}

let hasWarnedOfCpu = false;

/** A program that nobody looks at closely would only seem to be slow. */
function warnOfCpu(reason: string): void {
  if (hasWarnedOfCpu) return;
  hasWarnedOfCpu = true;
  backend_util.warn(`Plain JavaScript computes here, many times slower than any other engine: ${reason}.`);
}

function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isSafeInteger(threads) && threads >= 1)) return;
  throw new RangeError(`useEngine: threads must be a whole number from 1; got ${threads}.`);
}
