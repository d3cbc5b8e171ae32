#!/usr/bin/env node
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { exitCodes } from './command.ts';
import { main } from './main.ts';

const { stdout: output, stderr: errors } = process;

// The first signal saves and ends the run; the second ends it at once (the newest checkpoint stays). Clusters send SIGUSR1 before time is up.
const stopping = new AbortController();
let stoppedBy = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) {
  // Windows has no SIGUSR1.
  const number = constants.signals[name] as number | undefined;
  if (number === undefined) continue;
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(128 + number);
    stoppedBy = number;
    errors.write('\nStopping; what is trained will be saved. Once more ends at once, without saving.\n');
    stopping.abort();
  });
}

// A reader that has seen enough, as in `| head`, must not end a run of days: the run goes on, and metrics.jsonl has it all.
output.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
const code = await main(process.argv.slice(2), { output, errors, program, signal: stopping.signal });
process.exitCode = code === exitCodes.stopped ? 128 + stoppedBy : code;
