#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { exitCodes, stopOnSignals } from './command-line/index.ts';
import { main } from './main.ts';

const { stdout: output, stderr: errors } = process;

// Training saves and an evaluation tells that nothing has changed. The others have nothing to save, and an estimate, which computes without a pause,
// would never hear of a signal: the system ends them.
const [first = '--'] = process.argv.slice(2);
const stopping = first === 'eval' || first.startsWith('-') ? stopOnSignals(errors) : null;

// A reader that has seen enough, as in `| head`, must not end a run of days: the run goes on, and metrics.jsonl has it all.
output.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const program = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
const surroundings = { output, errors, program, ...(stopping && { signal: stopping.signal }) };
const code = await main(process.argv.slice(2), surroundings);
process.exitCode = stopping && code === exitCodes.stopped ? 128 + stopping.by : code;
