/**
 * `sparse-train doctor`: what runs on this machine and how fast, to paste into a bug report.
 *
 * Each engine is started in a process of its own, this same program with `--engine`: one that crashes ends that process, and is reported.
 */
import { spawn } from 'node:child_process';
import { engineNames } from '@sparse-transformers/engines';
import { libraries } from './libraries.ts';
import { environment, machine } from './machine.ts';
import type { DoctorReport, EngineExamination } from './report.ts';

/** What the doctor needs of the program. */
export interface DoctorOptions {
  /** The program's version. */
  readonly version: string;
  /** The command that starts this program: Node, its flags, the file. */
  readonly program: readonly string[];
  /** Threads for each engine; its own choice if undefined. */
  readonly threads: number | undefined;
}

/** Looks at everything. */
export async function doctor({ version, program, threads }: DoctorOptions): Promise<DoctorReport> {
  const engines: EngineExamination[] = [];
  const more = threads === undefined ? [] : ['--threads', String(threads)];
  // One after the other: two at once would slow each other down.
  for (const name of engineNames.filter((known) => known !== 'auto'))
    engines.push(await examineApart(name, [...program, 'doctor', '--json', '--engine', name, ...more]));
  const auto = await examineApart('auto', [...program, 'doctor', '--json', '--engine', 'auto', ...more]);
  return {
    version,
    machine: machine(),
    libraries: libraries(),
    engines,
    auto: auto.runs ? { name: auto.name, reason: auto.words } : null,
    environment: environment(),
  };
}

/** Runs a command that prints an examination as its last line. */
async function examineApart(name: string, [command = '', ...args]: string[]): Promise<EngineExamination> {
  const { output, errors, end } = await run(command, args);
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as EngineExamination;
  } catch {
    const words = `it ended its process (${end}). ${errors.trim().slice(-400)}`.trim();
    return { name, runs: false, words, composed: null, speed: null };
  }
}

const longestMs = 60_000;

function run(command: string, args: string[]): Promise<{ output: string; errors: string; end: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: longestMs });
    const result = { output: '', errors: '' };
    child.stdout.on('data', (data: Buffer) => {
      result.output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      result.errors += data.toString();
    });
    child.on('error', (error) => resolve({ ...result, end: error.message }));
    child.on('close', (code, signal) => resolve({ ...result, end: signal ?? `exit code ${code}` }));
  });
}
