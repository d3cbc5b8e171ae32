import { readFileSync } from 'node:fs';

/** The version of this program, from its package.json: one folder above this file, and above the bundle that it is built into. */
export function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
