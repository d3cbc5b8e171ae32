/// <reference types="node" />
/** TensorFlow.js's own suite as one file: its modules import each other without extensions, which Node can't follow. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Writes the suite and gives its path. It lies inside the package, so that it finds jasmine. */
export async function bundleSuite(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./suite.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['jasmine-core', 'worker_threads'],
    // tfjs-core says that its tests have no side effects.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
  const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
  const target = path.join(folder, 'tfjs-core-suite.cjs');
  const own = `${target}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(own, outputFiles[0]!.contents);
  renameSync(own, target);
  rmSync(own, { force: true });
  return target;
}
