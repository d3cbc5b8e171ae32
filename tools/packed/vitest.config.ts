import { defineConfig } from 'vitest/config';

/** Installing and running a dozen tarballs takes minutes, so `pnpm test:packed` is apart from `pnpm test`. */
export default defineConfig({
  test: {
    include: ['tools/packed/*.test.ts'],
    root: new URL('../..', import.meta.url).pathname,
    maxConcurrency: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
