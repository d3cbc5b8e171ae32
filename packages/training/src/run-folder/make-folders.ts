import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never comes back where the system makes no folders, as in `/proc`.
 *
 * @returns those that were made, the topmost first; none if the folder was there
 * @throws the error of the system, after removing those that were made
 */
export function makeFolders(folder: string): string[] {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  try {
    for (const path of missing) {
      mkdirSync(path);
      made.push(path);
    }
    return made;
  } catch (error) {
    removeEmptyFolders(made);
    throw error;
  }
}

/** Takes back what {@link makeFolders} made, as far as nobody has put anything there. */
export function removeEmptyFolders(made: readonly string[]): void {
  try {
    for (const path of [...made].reverse()) rmdirSync(path);
  } catch {
    // Somebody fills it, or has removed it: it is theirs.
  }
}
