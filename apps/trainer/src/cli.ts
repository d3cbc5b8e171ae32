#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { main } from './main.ts';

const { stdout: output, stderr: errors } = process;

// The first signal saves and ends the run; the second ends it at once (the newest checkpoint stays).
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    errors.write('\nSaving after the step at hand; once more ends at once, without saving.\n');
    stopping.abort();
  });
}

// A reader that has seen enough, as in `| head`, must not end a run of days: the run goes on, and metrics.jsonl has it all.
output.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
process.exitCode = await main(process.argv.slice(2), { output, errors, program, signal: stopping.signal });
