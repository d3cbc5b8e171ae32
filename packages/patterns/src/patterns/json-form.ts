/** The saved form of patterns, and its hash: what a checkpoint holds. Reading it back is in `from-json.ts`. */
import type { SummaryOptions } from './summary.ts';

/** One pattern without its envelope. */
export type PatternSpec =
  | FullSpec
  | LocalSpec
  | ColumnSpec
  | StridedSpec
  | BlockLocalSpec
  | SummarySpec
  | CombinedSpec;

/** A saved `full`. */
export interface FullSpec {
  /** The function that makes it. */
  readonly kind: 'full';
  /** False: later keys are seen too. */
  readonly causal: boolean;
}

/** A saved `local`. */
export interface LocalSpec {
  /** The function that makes it. */
  readonly kind: 'local';
  /** Keys in the window. */
  readonly window: number;
  /** False: later keys are seen too. */
  readonly causal: boolean;
}

/** A saved `column`. */
export interface ColumnSpec {
  /** The function that makes it. */
  readonly kind: 'column';
  /** From one key to the next. */
  readonly stride: number;
  /** False: later keys are seen too. */
  readonly causal: boolean;
}

/** A saved `strided`. */
export interface StridedSpec {
  /** The function that makes it. */
  readonly kind: 'strided';
  /** From one key to the next before the window. */
  readonly stride: number;
  /** Keys in the window. */
  readonly window: number;
  /** False: later keys are seen too. */
  readonly causal: boolean;
}

/** A saved `blockLocal`. */
export interface BlockLocalSpec {
  /** The function that makes it. */
  readonly kind: 'blockLocal';
  /** Keys in a block. */
  readonly block: number;
  /** False: later keys are seen too. */
  readonly causal: boolean;
}

/** A saved `summary` or `fixed`; its fields are those of `SummaryOptions`. */
export interface SummarySpec extends Required<Readonly<SummaryOptions>> {
  /** The function that makes it. */
  readonly kind: 'summary' | 'fixed';
}

/** A saved combination. */
export interface CombinedSpec {
  /** The function that makes it. */
  readonly kind: 'and' | 'or' | 'perHead';
  /** Its parts, in order. */
  readonly patterns: readonly PatternSpec[];
}

/** A pattern as saved: a format's name and version around the pattern. */
export interface PatternJSON {
  /** Always `sparse-transformers/pattern`. */
  readonly format: 'sparse-transformers/pattern';
  /** Raised when the meaning of a saved form changes. */
  readonly version: 1;
  /** The pattern itself. */
  readonly pattern: PatternSpec;
}

/** FNV-1a, 64 bits, of the saved form: the same on every machine and in every release of version 1. */
export function hashOf(spec: PatternSpec): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of JSON.stringify(spec)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0)!)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** The spec of a combination, or null when one of its parts can't be saved. */
export function combinedSpec(
  kind: 'and' | 'or' | 'perHead',
  parts: readonly { toJSON(): PatternJSON; readonly hash: string | null }[],
): PatternSpec | null {
  if (parts.some(({ hash }) => hash === null)) return null;
  return { kind, patterns: Object.freeze(parts.map((part) => part.toJSON().pattern)) };
}
