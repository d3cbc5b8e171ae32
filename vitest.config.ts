import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ApartFirst } from './tools/apart-first.ts';
import { innerName, stockGradientsFile } from './tools/stock-gradients-file.ts';

// Packages resolve to their source, so no test waits for a build.
const conditions = ['@sparse-transformers/source', 'module', 'import', 'node', 'default'];

/**
 * Tests that leave nothing behind in their process, but for an engine: their files run in the same ones, which saves starting a process and
 * loading TensorFlow.js for each. All others may set what a whole process knows (environment, signals, threads), or take long and so had better
 * start first.
 */
const apart =
  'browser|decoder-conformance|estimate|exactness|failing-disk|killed|memory|process|readme|recompute|run-folder|step-memory';
const sharedBy = (folder: string, alone = apart) => `${folder}/**/!(${alone}).test.ts`;
const packages = ['datasets', 'kernels', 'layers', 'models', 'patterns', 'tokenizers', 'training'];
const sharing = [
  ...packages.map((name) => sharedBy(`packages/${name}/test`)),
  ...['completion-request', 'guard', 'metrics', 'patience', 'stop-matcher'].map(
    (name) => `apps/sampler/test/serve/${name}.test.ts`,
  ),
  `tools/!(${apart}|bundled-source).test.ts`,
];
// Their engines have as many threads as the first file asks for.
const trainer = sharedBy('apps/trainer/test');
const backend = sharedBy('packages/backend/test', 'conformance|device-backend|sparse-attention');

export default defineConfig({
  // tfjs-core's gradients come as one file: Node can't load the inner ones, and vite takes long for each.
  resolve: { conditions, alias: { [innerName]: await stockGradientsFile() } },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/*.test.ts'],
          exclude: [...sharing, trainer, backend],
        },
      },
      { extends: true, test: { name: 'backend', include: [backend], isolate: false } },
      { extends: true, test: { name: 'trainer', include: [trainer], isolate: false } },
      { extends: true, test: { name: 'sharing', include: sharing, isolate: false } },
    ],
    sequence: { sequencer: ApartFirst },
    // Only what hangs ends by these: how long a test takes is the machine's affair.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    // Some wait for disks and other processes.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // The table of engines, then vitest's own list and summary.
    reporters: ['./tools/engine-table-reporter.ts', 'default'],
  },
});
