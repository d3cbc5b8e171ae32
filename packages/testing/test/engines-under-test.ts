/**
 * Which engines the conformance suites run on.
 *
 * The environment variable SPARSE_TEST_ENGINES names the demanded engines, with commas between; `cpu,wasm` unless set.
 * A demanded engine that can't start fails the run. An engine that nobody demands is skipped if it can't start, and the
 * reason stands in the table at the end.
 */
import { type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
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
}

const inThisRelease: readonly RunnableEngineName[] = ['cpu', 'wasm', 'tensorflow'];
const demanded = (process.env['SPARSE_TEST_ENGINES'] ?? 'cpu,wasm').split(',').map((name) => name.trim());

const engines: TriedEngine[] = [];
for (const name of new Set<string>([...inThisRelease, ...demanded])) engines.push(await tryEngine(name));

async function tryEngine(name: string): Promise<TriedEngine> {
  try {
    const engine = await useEngine(name as RunnableEngineName);
    return { name, backend: engine.backendName, reason: engine.reason };
  } catch (error) {
    return { name, backend: null, reason: error instanceof Error ? error.message : String(error) };
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

function explainMissing({ name, reason }: TriedEngine, count: number): void {
  it(`${count} facts`, ({ skip, task }) => {
    if (task.meta.conformance) task.meta.conformance.facts = count;
    if (demanded.includes(name))
      throw new Error(`The engine '${name}' is demanded, but it can't start: ${reason}`);
    skip(reason);
  });
}
