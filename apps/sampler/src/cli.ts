#!/usr/bin/env node
import { main } from './main.ts';
import { messageOf } from './message-of.ts';

// Whoever reads us may stop early, as `head` does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await main(process.argv.slice(2), { output: process.stdout, notes: process.stderr, input: process.stdin });
} catch (error) {
  process.stderr.write(`sparse-sample: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
