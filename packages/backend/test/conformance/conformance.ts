/// <reference types="node" />
/** The suite in a process of its own, since it ends backends, changes flags and brings its own test runner. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FallbackMode } from '../../src/index.ts';

/** A spec that failed. */
export interface SpecFailure {
  /** Its full name. */
  readonly name: string;
  /** What it said. */
  readonly messages: readonly string[];
  /** The ops that fell back in it, or that threw because they would have. */
  readonly fellBack: readonly string[];
}

/** What a run of the suite gives. */
export interface ConformanceResult {
  /** The device's description. */
  readonly device: string;
  /** How many specs there were. */
  readonly specs: number;
  /** How many passed. */
  readonly passed: number;
  /** How many the suite itself skips. */
  readonly skipped: number;
  /** Those that failed. */
  readonly failures: readonly SpecFailure[];
  /** How often each op fell back. */
  readonly fallbacks: Readonly<Record<string, number>>;
  /** Kernels that the device ran. */
  readonly launches: number;
}

/** Runs the bundled suite over a device. */
export function runSuite(
  suite: string,
  device: 'wasm' | 'native',
  mode: FallbackMode,
): Promise<ConformanceResult> {
  const child = fork(fileURLToPath(new URL('./run.ts', import.meta.url)), [suite, device, mode], {
    execArgv: [
      '--conditions=@sparse-transformers/source',
      '--import',
      new URL('../../../../tools/source.mjs', import.meta.url).href,
    ],
    silent: true,
  });
  return new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => {
        said = `${said}${text}`.slice(-4000);
      });
    child.once('message', (message) => resolve(message as ConformanceResult));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`The suite ended with ${code} and without a result:\n${said}`)),
    );
  });
}
