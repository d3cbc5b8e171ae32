/** What an engine is: a name on a command line, and what useEngine() found under it. */
import type { FallbackMode } from '@sparse-transformers/backend';
import type { LoadPackage } from './load-package.ts';

/** Every name a command line knows, in the order in which a table shows them. */
export const engineNames = ['auto', 'cuda', 'native', 'wasm', 'webgpu', 'tensorflow', 'cpu'] as const;

/** A name on a command line: `auto`, or an engine. */
export type EngineName = (typeof engineNames)[number];

/** The engines that this release has. */
export type RunnableEngineName = Exclude<EngineName, 'auto' | 'cuda'>;

/** An engine that has started and is TensorFlow.js's active backend. */
export interface Engine {
  /** The engine's own name, never `auto`. */
  readonly name: RunnableEngineName;
  /** The name to give `tf.setBackend`. */
  readonly backendName: string;
  /** Why this engine: asked for by name, or what `auto` found and what it passed over. */
  readonly reason: string;
  /** Version of the npm package that brings the engine. */
  readonly version: string;
  /** One line to print: package, version, where it was loaded from, what it computes with. */
  readonly description: string;
  /** How many threads one op may use. */
  readonly threads: number;
  /**
   * Ops of `@sparse-transformers/kernels` that are composed of ordinary TensorFlow.js ops here, which is slower and takes more memory: `all` on a stock
   * backend; on a device of ours those whose kernels it lacks. All others are fused.
   */
  readonly composed: 'all' | readonly string[];
}

/** What a loader in this package hands back: an engine without the reason for choosing it. */
export type StartedEngine = Omit<Engine, 'reason'>;

/** How an engine is started. */
export interface StartOptions {
  /** Imports the engine's package. */
  readonly loadPackage: LoadPackage;
  /** The most threads that one op may use; all cores if undefined. */
  readonly threads: number | undefined;
  /** What an op does that a device has no kernel for; `warn` if undefined. */
  readonly fallbacks: FallbackMode | undefined;
}
