/** One run: `sparse-train` on one thread in a process of its own, and the loss of its last checkpoint on both splits that it didn't train on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';
import type { PatternName, Task } from './tasks.ts';

/** What tells one run from another. */
export interface Variant {
  readonly task: Task;
  readonly pattern: PatternName;
  /** The peak of the learning rate. */
  readonly rate: number;
  readonly seed: number;
}

/** Bits on the validation split, which may choose a learning rate, and on the test split, which chooses nothing. */
export interface Losses {
  readonly valid: number;
  readonly test: number;
}

const program = join(import.meta.dirname, '../../apps/trainer/src/cli.ts');

/** `text-fixed-rate0.003-seed2`. */
export function nameOf({ task, pattern, rate, seed }: Variant): string {
  return `${task.name}-${pattern}-rate${rate}-seed${seed}`;
}

/** Trains and measures, or reads what was measured before. A run that was interrupted goes on. */
export async function lossesOf(variant: Variant, settings: Settings): Promise<Losses> {
  const folder = join(settings.folder, nameOf(variant));
  const results = `${folder}.json`;
  if (existsSync(results)) return JSON.parse(readFileSync(results, 'utf8')) as Losses;
  mkdirSync(settings.folder, { recursive: true });
  await sparseTrain(existsSync(folder) ? ['--resume', folder] : startOf(variant, folder, settings));
  const losses = {
    valid: await bitsOf('valid', folder, settings),
    test: await bitsOf('test', folder, settings),
  };
  writeFileSync(results, JSON.stringify(losses));
  return losses;
}

function startOf(
  { task, pattern, rate, seed }: Variant,
  folder: string,
  { data, engine, ...settings }: Settings,
): string[] {
  const steps = settings.steps ?? task.steps;
  return [
    ...task.arguments[pattern],
    ...[
      '--data',
      ...data[task.name]!,
      '--out',
      folder,
      '--seed',
      String(seed),
      '--engine',
      engine,
      '--threads',
      '1',
    ],
    ...['--steps', String(steps), '--training.warmupSteps', String(Math.min(200, Math.floor(steps / 5)))],
    ...['--training.peakLearningRate', String(rate), '--training.finalLearningRate', String(rate / 10)],
    // Nothing of the run depends on what it shows in between.
    ...['--samples.every', '0', '--validation.every', String(steps), '--validation.windows', '8'],
  ];
}

async function bitsOf(split: string, folder: string, { engine }: Settings): Promise<number> {
  const evaluation = await sparseTrain([
    ...['eval', folder, '--checkpoint', 'last', '--split', split],
    ...['--engine', engine, '--threads', '1', '--json'],
  ]);
  return (JSON.parse(evaluation) as { bits: number }).bits;
}

/** What the command prints. */
async function sparseTrain(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`sparse-train ${args.join(' ')}: ended with ${code}; its message stands above`);
  return output;
}
