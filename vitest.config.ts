import { defineConfig } from 'vitest/config';
import { innerName, stockGradientsFile } from './tools/stock-gradients-file.ts';

// Packages resolve to their source, so no test waits for a build.
const conditions = ['@sparse-transformers/source', 'module', 'import', 'node', 'default'];

export default defineConfig({
  // tfjs-core's gradients come as one file: Node can't load the inner ones, and vite takes long for each.
  resolve: { conditions, alias: { [innerName]: await stockGradientsFile() } },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/*.test.ts'],
    // Only what hangs ends by these: how long a test takes is the machine's affair.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    maxWorkers: '100%',
    // The table of engines, then vitest's own list and summary.
    reporters: ['./tools/engine-table-reporter.ts', 'default'],
  },
});
