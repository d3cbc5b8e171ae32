import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../refusals/index.ts';

/**
 * Makes a folder that only its owner may open, and those above it that are missing. Node's own `recursive` never comes back where the system makes no
 * folders, as in `/proc`.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await make(path);
  }
}

async function make(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
    const there = systemCode(error) === 'EEXIST' ? await stat(path).catch(() => null) : null;
    if (!there?.isDirectory()) throw error;
  });
}
