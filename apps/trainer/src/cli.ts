#!/usr/bin/env node
import { main } from './main.ts';

// The first signal saves and ends the run; the second ends it at once (the newest checkpoint stays).
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  });
}

const { stdout: output, stderr: errors } = process;
process.exitCode = await main(process.argv.slice(2), { output, errors, signal: stopping.signal });
