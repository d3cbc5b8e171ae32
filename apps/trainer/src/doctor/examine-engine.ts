/** Starts one engine in this process and measures it. */
import { EngineError, type EngineName, type EngineOptions, useEngine } from '@sparse-transformers/engines';
import { productGflops, trainingTokensPerSecond } from './measure.ts';
import type { EngineExamination, EngineSpeed } from './report.ts';

/** Starts an engine and measures it, or asks `auto` what it takes and why. An engine that can't run is no error here. */
export async function examineEngine(name: string, options: EngineOptions): Promise<EngineExamination> {
  try {
    const began = performance.now();
    const {
      name: taken,
      reason,
      description,
      threads,
      composed,
    } = await useEngine(name as EngineName, options);
    const startMs = performance.now() - began;
    if (name === 'auto') return { name: taken, runs: true, words: reason, composed, speed: null };
    const speed = { threads, startMs, ...(await measure()) };
    return { name, runs: true, words: description, composed, speed };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, runs: false, words: error.message, composed: null, speed: null };
  }
}

async function measure(): Promise<Omit<EngineSpeed, 'threads' | 'startMs'>> {
  const failures: string[] = [];
  const attempt = (what: string, run: () => Promise<number>) =>
    run().catch((error: unknown) => {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    });
  return {
    productGflops: await attempt('the product failed', productGflops),
    trainingTokensPerSecond: await attempt('the training step failed', trainingTokensPerSecond),
    failures,
  };
}
