/**
 * Which engines the models' facts run on.
 *
 * As for the conformance suites: SPARSE_TEST_ENGINES names the demanded engines, with commas between; `cpu,wasm` unless
 * set. A demanded engine that can't start fails the run; another is skipped with the reason, which the table shows.
 */
import { type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, it } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    conformance?: { engine: string; suite: string };
  }
}

const demanded = (process.env['SPARSE_TEST_ENGINES'] ?? 'cpu,wasm').split(',').map((name) => name.trim());
const names = new Set<string>(['cpu', 'wasm', 'tensorflow', ...demanded]);

const engines: { name: string; backend: string | null; reason: string }[] = [];
for (const name of names) engines.push({ name, ...(await tryEngine(name)) });

async function tryEngine(name: string): Promise<{ backend: string | null; reason: string }> {
  try {
    const { backendName, reason } = await useEngine(name as RunnableEngineName);
    return { backend: backendName, reason };
  } catch (error) {
    return { backend: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Defines tests once for every engine. */
export function onEveryEngine(suite: string, define: () => void): void {
  for (const { name, backend, reason } of engines) {
    describe(`${suite} on ${name}`, () => {
      beforeEach(({ task }) => {
        task.meta.conformance = { engine: name, suite };
      });
      if (backend === null) return explainMissing(name, reason);
      beforeAll(async () => {
        await setBackend(backend);
      });
      define();
    });
  }
}

function explainMissing(name: string, reason: string): void {
  it('runs', ({ skip }) => {
    if (demanded.includes(name))
      throw new Error(`The engine '${name}' is demanded, but it can't start: ${reason}`);
    skip(reason);
  });
}
