/** Runs vitest with recording.ts before each file of tests: sanitize.mjs starts it. Processes that tests start record too. */
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', {
  watch: false,
  testNamePattern: 'native',
  hookTimeout: 300_000,
  reporters: [['default', { summary: false }]],
});
// Projects don't take these from what is given above.
for (const { config } of vitest.projects) {
  // A process records from its start to its end, so each file has one of its own.
  config.isolate = true;
  config.setupFiles.push(process.env.SPARSE_RECORDING);
  config.env = { ...config.env, NODE_OPTIONS: process.env.SPARSE_NODE_OPTIONS };
}
await vitest.start(process.argv.slice(2));
await vitest.close();
