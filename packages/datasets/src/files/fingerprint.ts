import { DatasetError, show } from '../refusals/index.ts';

/** What tells one text from another. It is taken of the unpacked text, whatever its file's name and times. */
export interface Fingerprint {
  /** The length of the text in bytes. */
  readonly bytes: number;
  /** SHA-256 of the text, as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Refuses a text whose fingerprint is not the one that was stored. */
export function verifyFingerprint(path: string, expected: unknown, came: Fingerprint): void {
  const stored = new Map<string, unknown>(Object.entries(Object(expected)));
  const differences = Object.entries(came)
    .filter(([name, value]) => stored.get(name) !== value)
    .map(([name, value]) => `${name}: expected ${show(stored.get(name))}, got ${show(value)}`);
  if (differences.length === 0) return;
  throw new DatasetError(
    'changed',
    `verify ${path}: expected the text that the run began with, but ${differences.join('; ')}; ` +
      'put the old file back, or begin a new run',
  );
}
