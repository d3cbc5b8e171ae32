import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsdown';
import { stockGradients } from './tools/stock-gradients.ts';

/** One bundler setting for all packages; it runs inside each. More entries than `src/index.ts` stand in its package.json. */
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { tsdown?: { entry: string[] } };

export default defineConfig({
  cwd: process.cwd(),
  entry: manifest.tsdown?.entry ?? ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  target: 'node20.19',
  dts: true,
  fixedExtension: false,
  failOnWarn: true,
  deps: {
    alwaysBundle: [/^@tensorflow\/tfjs-core\/dist\//],
    // Every other dependency stays an import; a build that would bundle one fails.
    onlyBundle: ['@tensorflow/tfjs-core'],
    neverBundle: [/^node:/],
  },
  plugins: [stockGradients],
});
