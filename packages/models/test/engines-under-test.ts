/**
 * Which engines the models' facts run on.
 *
 * As for the conformance suites: SPARSE_TEST_ENGINES names the demanded engines, with commas between; `cpu,wasm` unless
 * set. A demanded engine that can't start fails the run, and so does one that is installed or built and doesn't start;
 * another is skipped with the reason, which the table shows.
 */
import { EngineError, type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, it } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    conformance?: { engine: string; suite: string };
  }
}

const demanded = (process.env['SPARSE_TEST_ENGINES'] ?? 'cpu,wasm').split(',').map((name) => name.trim());
const names = new Set<string>(['cpu', 'wasm', 'native', 'tensorflow', ...demanded]);

/** An engine that has been tried: its backend, or why there is none. */
interface TriedEngine {
  readonly name: string;
  readonly backend: string | null;
  readonly reason: string;
  readonly isMissing: boolean;
}

const engines: TriedEngine[] = [];
for (const name of names) engines.push(await tryEngine(name));

async function tryEngine(name: string): Promise<TriedEngine> {
  try {
    const { backendName, reason } = await useEngine(name as RunnableEngineName);
    return { name, backend: backendName, reason, isMissing: false };
  } catch (error) {
    const isMissing = error instanceof EngineError && error.problem === 'missing';
    return { name, backend: null, reason: error instanceof Error ? error.message : String(error), isMissing };
  }
}

/** Defines tests once for every engine. */
export function onEveryEngine(suite: string, define: () => void): void {
  for (const engine of engines) {
    const { name, backend } = engine;
    describe(`${suite} on ${name}`, () => {
      beforeEach(({ task }) => {
        task.meta.conformance = { engine: name, suite };
      });
      if (backend === null) return explainMissing(engine);
      beforeAll(async () => {
        await setBackend(backend);
      });
      define();
    });
  }
}

function explainMissing({ name, reason, isMissing }: TriedEngine): void {
  it('runs', ({ skip }) => {
    if (demanded.includes(name) || !isMissing)
      throw new Error(`The engine '${name}' is demanded or installed, but it can't start: ${reason}`);
    skip(reason);
  });
}
