import { engine, setBackend } from '@tensorflow/tfjs-core';
import { type EngineName, engineNames, type RunnableEngineName } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type EngineOptions, startNamed, startOptions } from './use-engine.ts';

/** Whether an engine can run here. */
export interface EngineReport {
  /** The engine's name. */
  readonly name: Exclude<EngineName, 'auto'>;
  /** True if it started. */
  readonly runs: boolean;
  /** If it runs, one line about it; if not, what is missing and how to get it. */
  readonly words: string;
}

/**
 * Says of every known engine whether it can run. Each one is really started (TensorFlow takes 0.4 s and
 * some 400 MB of memory that it keeps), then the backend that was active before is made active again.
 */
export async function describeEngines(options: EngineOptions = {}): Promise<EngineReport[]> {
  const active: string | undefined = engine().backendName;
  const reports: EngineReport[] = [];
  try {
    for (const name of engineNames) {
      if (name !== 'auto') reports.push(await describe(name, options));
    }
  } finally {
    if (active) await setBackend(active);
  }
  return reports;
}

/** The names of the engines that can run here, found as describeEngines does. */
export async function availableEngines(options: EngineOptions = {}): Promise<RunnableEngineName[]> {
  const reports = await describeEngines(options);
  return reports.filter((report) => report.runs).map((report) => report.name as RunnableEngineName);
}

async function describe(name: EngineReport['name'], options: EngineOptions): Promise<EngineReport> {
  try {
    const started = await startNamed(name, startOptions(options));
    return { name, runs: true, words: started.description };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, runs: false, words: error.message };
  }
}
