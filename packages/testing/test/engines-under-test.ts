/**
 * Which engines the conformance suites run on.
 *
 * The environment variable SPARSE_TEST_ENGINES names the demanded engines, with commas between; `cpu,wasm` unless set.
 * A demanded engine that can't start fails the run, and so does one that is installed or built and doesn't start. An engine
 * that nobody demands is skipped where it is missing, and the reason stands in the table at the end.
 */
import { EngineError, type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, it } from 'vitest';
import type { Fact } from '../src/index.ts';

/** What a row of the table counts; the reporter reads it from each test. */
interface Conformance {
  engine: string;
  suite: string;
  /** How many facts this test stands for; 1 if left out. */
  facts?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    conformance?: Conformance;
  }
}

/** An engine that has been tried: its backend, or why there is none. */
interface TriedEngine {
  readonly name: string;
  readonly backend: string | null;
  readonly reason: string;
  readonly isMissing: boolean;
}

const inThisRelease: readonly RunnableEngineName[] = ['cpu', 'wasm', 'native', 'tensorflow'];
const demanded = (process.env['SPARSE_TEST_ENGINES'] ?? 'cpu,wasm').split(',').map((name) => name.trim());

const engines: TriedEngine[] = [];
for (const name of new Set<string>([...inThisRelease, ...demanded])) engines.push(await tryEngine(name));

async function tryEngine(name: string): Promise<TriedEngine> {
  try {
    const engine = await useEngine(name as RunnableEngineName);
    return { name, backend: engine.backendName, reason: engine.reason, isMissing: false };
  } catch (error) {
    const isMissing = error instanceof EngineError && error.problem === 'missing';
    return { name, backend: null, reason: error instanceof Error ? error.message : String(error), isMissing };
  }
}

/** Runs a suite on every engine. */
export function conformance(suite: string, facts: (backend: string) => readonly Fact[]): void {
  for (const engine of engines) {
    describe(`${suite} on ${engine.name}`, () => {
      beforeEach(({ task }) => {
        task.meta.conformance = { engine: engine.name, suite };
      });
      if (engine.backend) runFacts(engine.backend, facts(engine.backend));
      else explainMissing(engine, facts(engine.name).length);
    });
  }
}

function runFacts(backend: string, facts: readonly Fact[]): void {
  beforeAll(async () => {
    await setBackend(backend);
  });
  for (const fact of facts) it(fact.name, () => fact.run());
}

function explainMissing({ name, reason, isMissing }: TriedEngine, count: number): void {
  it(`${count} facts`, ({ skip, task }) => {
    if (task.meta.conformance) task.meta.conformance.facts = count;
    if (demanded.includes(name) || !isMissing)
      throw new Error(`The engine '${name}' is demanded or installed, but it can't start: ${reason}`);
    skip(reason);
  });
}
