import { EngineError } from './engine-error.ts';
import type { EnginePackage, LoadedPackage, LoadPackage } from './load-package.ts';
import { withoutWarnings } from './without-warnings.ts';

/** What an engine needs, and the words to say when it isn't there. */
export interface EngineNeed {
  /** The engine's name. */
  readonly engine: string;
  /** The packages that bring it, the first that loads is taken. */
  readonly packages: readonly EnginePackage[];
  /** How to get one of them: a sentence with a command. */
  readonly wayOut: string;
}

/** Imports the first of an engine's packages that is installed and loads; throws EngineError if none does. */
export async function loadEnginePackage(
  need: EngineNeed,
  loadPackage: LoadPackage,
): Promise<LoadedPackage & { readonly name: EnginePackage }> {
  let broken: EngineError | undefined;
  for (const name of need.packages) {
    try {
      // tfjs-node brings copies of tfjs-core and its cpu kernels: each would be said to be there already.
      const loaded = await withoutWarnings(() => loadPackage(name));
      if (loaded !== null) return { ...loaded, name };
    } catch (cause) {
      broken ??= brokenEngine(need, `${name} doesn't load${detail(cause)}`, cause);
    }
  }
  throw broken ?? missingEngine(need, `it needs ${need.packages.join(' or ')}, which isn't installed`);
}

/** The error of an engine whose package is there and doesn't work. `fact` says what happened. */
export function brokenEngine(need: EngineNeed, fact: string, cause?: unknown): EngineError {
  return new EngineError(need.engine, 'broken', `Engine '${need.engine}': ${fact}. ${need.wayOut}`, cause);
}

/** The error of an engine that isn't all there. `fact` says what is missing. */
export function missingEngine(need: EngineNeed, fact: string, cause?: unknown): EngineError {
  return new EngineError(need.engine, 'missing', `Engine '${need.engine}': ${fact}. ${need.wayOut}`, cause);
}

/** An error's own words, to stand after a sentence; the stop at their end is ours to set. */
export function detail(cause: unknown): string {
  const words = cause instanceof Error ? cause.message : String(cause);
  return `: ${words.trim().replace(/\.$/, '')}`;
}
