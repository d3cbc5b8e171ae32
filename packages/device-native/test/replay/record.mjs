/** Runs vitest with recording.ts before each file of tests: sanitize.mjs starts it. Processes that tests start record too. */
import { startVitest } from 'vitest/node';

const vitest = await startVitest('test', process.argv.slice(2), {
  watch: false,
  setupFiles: [process.env.SPARSE_RECORDING],
  env: { NODE_OPTIONS: process.env.SPARSE_NODE_OPTIONS },
  testNamePattern: 'native',
  hookTimeout: 300_000,
  reporters: [['default', { summary: false }]],
});
await vitest.close();
