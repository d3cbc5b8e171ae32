import { defineConfig } from 'vitest/config';

// Packages resolve to their source, so no test waits for a build.
const conditions = ['@sparse-transformers/source', 'module', 'import', 'node', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/*.test.ts'],
    // tfjs-core's inner files import each other without extensions: vite can load them, Node alone cannot.
    server: { deps: { inline: [/@tensorflow\/tfjs-core/] } },
    testTimeout: 120_000,
    maxWorkers: '100%',
    // The table of engines, then vitest's own list and summary.
    reporters: ['./tools/engine-table-reporter.ts', 'default'],
  },
});
