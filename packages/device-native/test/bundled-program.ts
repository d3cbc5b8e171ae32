/// <reference types="node" />
/** Programs with threads of their own, bundled with a copy of this package: Node can't load TypeScript in a thread before 22. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { PackageCopy } from './package-copy.ts';

/** Runs a program of this folder; gives what it wrote to standard output, and to standard error. */
export async function runBundled(name: string): Promise<{ stdout: string; stderr: string }> {
  const copy = new PackageCopy().takeLibrary();
  try {
    const program = path.join(copy.folder, 'test', 'program.mjs');
    await build({
      entryPoints: [path.join(import.meta.dirname, name)],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi', '@sparse-transformers/c-kernels'],
      conditions: ['@sparse-transformers/source'],
      logLevel: 'error',
    });
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    return { stdout, stderr };
  } finally {
    copy.remove();
  }
}
