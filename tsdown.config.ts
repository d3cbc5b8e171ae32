import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsdown';

/** One bundler setting for all packages: every entry in `exports` and `bin` becomes ESM with declarations. */
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { tsdown?: { entry: string[] } };

export default defineConfig({
  entry: manifest.tsdown?.entry ?? ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  target: 'node20.19',
  dts: true,
  fixedExtension: false,
  // tfjs-core registers its gradients only from files that Node cannot import unbundled.
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
});
