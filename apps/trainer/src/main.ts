/** The program behind `sparse-train`, apart from the process that it runs in. */
import type { CheckpointFileSystem } from '@sparse-transformers/training';
import { type DoctorRequest, readCommandLine } from './command-line.ts';
import { doctor } from './doctor/doctor.ts';
import { examineEngine } from './doctor/examine-engine.ts';
import { writeExamination, writeReport } from './doctor/write-report.ts';
import { describeRun } from './dry-run.ts';
import { Progress, type ProgressOutput } from './progress.ts';
import { assemble, type Run, resumeRun, startRun } from './run.ts';
import { type Outcome, train } from './train.ts';

/** The world around the program. */
export interface Surroundings {
  /** Where lines for people go. */
  readonly output: ProgressOutput;
  /** Where the message of a failure goes. */
  readonly errors: Pick<ProgressOutput, 'write'>;
  /** The command that starts this program, in words: the doctor starts each engine in a process of its own. */
  readonly program: readonly string[];
  /** Ends a run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** The disk that checkpoints go to; Node's own if not given. */
  readonly fileSystem?: CheckpointFileSystem;
  /** Milliseconds that progress is told by; the clock's if not given. */
  readonly now?: () => number;
}

/** Does what the arguments ask for, and gives the exit code; a failure is one message, without a stack. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<0 | 1> {
  try {
    await fulfil(args, surroundings);
    return 0;
  } catch (error) {
    surroundings.errors.write(`sparse-train: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function fulfil(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const { output, fileSystem } = surroundings;
  const disk = fileSystem === undefined ? {} : { fileSystem };
  const request = readCommandLine(args);
  switch (request.kind) {
    case 'text':
      output.write(request.text);
      return;
    case 'dry-run': {
      const assembly = await assemble(request.run);
      output.write(describeRun(assembly));
      return assembly.dataset.close();
    }
    case 'start':
      return work(
        await startRun({ ...request.run, ...disk, folder: request.folder }),
        request.maxMinutes,
        surroundings,
      );
    case 'resume': {
      const { folder, data, engine, threads } = request;
      const run = await resumeRun({ folder, data, engine, threads, ...disk });
      return work(run, request.maxMinutes, surroundings);
    }
    case 'doctor':
      output.write(await consult(request, surroundings.program));
  }
}

/** What the doctor says. */
async function consult(
  { engine, threads, json, version }: DoctorRequest & { version: string },
  program: readonly string[],
): Promise<string> {
  if (engine !== undefined) {
    const examination = await examineEngine(engine, threads === undefined ? {} : { threads });
    return json ? `${JSON.stringify(examination)}\n` : writeExamination(examination);
  }
  const report = await doctor({ version, program, threads });
  return json ? `${JSON.stringify(report, null, 2)}\n` : writeReport(report);
}

/** Trains, telling of it, and closes the run. */
async function work(
  run: Run,
  maxMinutes: number | undefined,
  { output, signal, now = () => performance.now() }: Surroundings,
): Promise<void> {
  const unit = unitOf(run);
  const progress = new Progress(output, {
    steps: run.config.training.steps,
    unit,
    now,
  });
  for (const note of run.notes) progress.say(note);
  progress.say(
    `Run ${run.folder}: ${run.name}, seed ${run.seed}, from step ${run.state.step} of ${run.config.training.steps}`,
  );
  try {
    const outcome = await train(run, {
      onStep: (metrics) => progress.step(metrics),
      onValidation: (metrics) => progress.validation(metrics),
      ...(signal === undefined ? {} : { signal }),
      ...(maxMinutes === undefined ? {} : { maxMinutes }),
    });
    progress.say(lastLine(run.folder, outcome));
  } finally {
    await run.close();
  }
}

/** What the loss is counted in, for this tokenizer. */
function unitOf({ dataset }: Run): string {
  return dataset.tokenizer.kind === 'bytes' ? 'bits per byte' : 'bits per character';
}

function lastLine(folder: string, { end, step }: Outcome): string {
  if (end === 'finished')
    return `Finished at step ${step}. Sample from it: sparse-sample ${folder} --prompt "…"`;
  const why = end === 'time' ? 'The time is over' : 'Stopped';
  return `${why} at step ${step}; all is saved. Go on with: sparse-train --resume ${folder}`;
}
