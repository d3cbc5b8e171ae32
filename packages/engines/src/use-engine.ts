/** The one place where a backend is chosen: by name, or the best that runs. */

import { startCpu } from './cpu.ts';
import {
  type Engine,
  type EngineName,
  engineNames,
  type RunnableEngineName,
  type StartedEngine,
} from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type LoadPackage, loadInstalledPackage } from './load-package.ts';
import { startTensorFlow } from './tensorflow.ts';
import { startWasm } from './wasm.ts';

/** How engines are loaded. */
export interface EngineOptions {
  /** Imports an engine's package; default: from the program's node_modules, or SPARSE_TENSORFLOW_HOME's. */
  readonly loadPackage?: LoadPackage;
}

type Start = (loadPackage: LoadPackage) => Promise<StartedEngine>;

/** The engines of this release, in the order in which `auto` tries them. */
const runnableEngines: ReadonlyMap<RunnableEngineName, Start> = new Map<RunnableEngineName, Start>([
  ['tensorflow', startTensorFlow],
  ['wasm', startWasm],
  ['cpu', startCpu],
]);

/**
 * Loads an engine and makes it TensorFlow.js's active backend.
 *
 * `auto` takes the first of tensorflow, wasm, cpu that is installed and starts, and says why in `reason`.
 * A named engine that can't run throws EngineError: what is missing, and how to get it. There is no silent fall-back.
 */
export async function useEngine(name: EngineName = 'auto', options: EngineOptions = {}): Promise<Engine> {
  const loadPackage = options.loadPackage ?? loadInstalledPackage;
  if (name === 'auto') return firstThatRuns(loadPackage);
  const engine = await startNamed(name, loadPackage);
  return { ...engine, reason: 'asked for by name' };
}

/** Starts a named engine; throws EngineError if this release doesn't have it or it can't run. */
export async function startNamed(name: string, loadPackage: LoadPackage): Promise<StartedEngine> {
  const start = (runnableEngines as ReadonlyMap<string, Start>).get(name);
  if (start !== undefined) return start(loadPackage);
  const runnable = [...runnableEngines.keys()].join(', ');
  if ((engineNames as readonly string[]).includes(name)) {
    const message = `Engine '${name}' is not in this release. Engines that can run: ${runnable}`;
    throw new EngineError(name, 'not in this release', message);
  }
  const message = `Unknown engine '${name}'. Expected auto or an engine that can run: ${runnable}`;
  throw new EngineError(name, 'unknown', message);
}

async function firstThatRuns(loadPackage: LoadPackage): Promise<Engine> {
  const passedOver: EngineError[] = [];
  for (const start of runnableEngines.values()) {
    try {
      const engine = await start(loadPackage);
      return { ...engine, reason: reasonFor(engine, passedOver) };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      passedOver.push(error);
    }
  }
  const all = passedOver.map((error) => `- ${error.message}`).join('\n');
  throw new EngineError('auto', 'missing', `No engine can run:\n${all}`);
}

function reasonFor(engine: StartedEngine, passedOver: readonly EngineError[]): string {
  const choice = `auto took ${engine.name}, the first that runs of ${[...runnableEngines.keys()].join(', ')}`;
  const notes = passedOver.map((error) =>
    error.problem === 'missing' ? `${error.engine} isn't installed` : error.message,
  );
  return notes.length === 0 ? choice : `${choice} (${notes.join('; ')})`;
}
