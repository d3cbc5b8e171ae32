import { defineConfig } from 'vitest/config';

const conditions = ['@sparse-transformers/source'];

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'import', 'node', 'default'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'import', 'node', 'default'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/**/*.test.ts'],
    // tfjs-core's ESM files lack extensions, so Node can't load the ones outside its bundle.
    server: { deps: { inline: [/@tensorflow\/tfjs-core/] } },
    testTimeout: 120_000,
  },
});
