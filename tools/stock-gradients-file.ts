/**
 * tfjs-core's gradients as one file, for running from source: hundreds of inner files, each loaded through hooks, took seconds of every
 * process. The built packages have the same bundle inside (tsdown.config.ts).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const kernels = new URL('../packages/kernels/', import.meta.url);
const fromKernels = createRequire(new URL('package.json', kernels));
const { version } = fromKernels('@tensorflow/tfjs-core/package.json') as { version: string };
const plugin = readFileSync(new URL('stock-gradients.ts', import.meta.url));
/** Inside kernels, so that the bundle's own imports find the tfjs-core that kernels finds. */
const folder = fileURLToPath(new URL('node_modules/.cache/', kernels));

/** What the source imports, and the bundle stands for. */
export const innerName = '@tensorflow/tfjs-core/dist/register_all_gradients.js';

/** Gives the path of the bundle, which is made at the first call and kept. */
export async function stockGradientsFile(): Promise<string> {
  const made = createHash('sha256').update(plugin).digest('hex').slice(0, 8);
  const file = `${folder}stock-gradients-${version}-${made}.mjs`;
  if (!existsSync(file)) await bundle(file);
  return file;
}

async function bundle(file: string): Promise<void> {
  const [{ Rolldown }, { stockGradients }] = await Promise.all([
    import('tsdown'),
    import('./stock-gradients.ts'),
  ]);
  const input = fromKernels.resolve(innerName);
  const bundled = await Rolldown.rolldown({
    input,
    plugins: [stockGradients],
    external: ['@tensorflow/tfjs-core'],
    logLevel: 'silent',
  });
  // Processes that start side by side may all make it: each under its own name, whole before it takes the shared one.
  const own = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  await bundled.write({ file: own, format: 'esm' });
  await bundled.close();
  renameSync(own, file);
}
