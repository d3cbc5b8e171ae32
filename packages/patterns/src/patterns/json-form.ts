/** The saved form of patterns, and its hash: what a checkpoint holds. Reading it back is in `from-json.ts`. */

/** One pattern without its envelope: the fields of its kind, all of them. */
export interface PatternSpec {
  /** The function that makes it. */
  readonly kind: string;
  /** By the kind's table of fields. */
  readonly [field: string]: string | number | boolean | readonly PatternSpec[];
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
