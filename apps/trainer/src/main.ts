/** The program behind `sparse-train`, apart from the process that it runs in: picks the subcommand. */
import {
  type ExitCode,
  exitCodes,
  readCommandLine,
  type Subcommand,
  type Surroundings,
} from './command-line/index.ts';
import {
  compareCommand,
  doctorCommand,
  estimateCommand,
  evalCommand,
  exportCommand,
  reportCommand,
  trainCommand,
} from './commands/index.ts';
import {
  DiskFullError,
  DivergedError,
  messageOf,
  nearestName,
  show,
  TrainerError,
} from './messages/index.ts';

/** Every subcommand but `train`, which needs no word. */
const commands: readonly Subcommand[] = [
  estimateCommand,
  evalCommand,
  exportCommand,
  reportCommand,
  compareCommand,
  doctorCommand,
];

/** Does what the arguments ask for, and gives the exit code; a failure is one message, without a stack. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  try {
    return await fulfil(args, surroundings);
  } catch (error) {
    const { signal } = surroundings;
    if (signal?.aborted && error === signal.reason) {
      surroundings.errors.write('sparse-train: stopped by a signal; nothing has changed.\n');
      return exitCodes.stopped;
    }
    surroundings.errors.write(`sparse-train: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}

async function fulfil(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  refuseUnknown(args[0]);
  const picked = commands.find(({ name }) => name === args[0]);
  const line =
    picked === undefined
      ? readCommandLine(trainCommand, 'sparse-train', args, commandList())
      : readCommandLine(picked, `sparse-train ${picked.name}`, args.slice(1));
  if (typeof line !== 'string') return (picked ?? trainCommand).run(line, surroundings);
  surroundings.output.write(line);
  return exitCodes.done;
}

/** A word in the first place is a command. */
function refuseUnknown(first: string | undefined): void {
  const names = commands.map(({ name }) => name);
  if (first === undefined || first.startsWith('-') || names.includes(first)) return;
  const near = nearestName(first, names);
  throw new TrainerError(
    `there is no command ${show(first)}; expected one of ${names.join(', ')}, or options to train.${near === null ? '' : ` Did you mean ${near}?`}`,
  );
}

function commandList(): string {
  const lines = commands.map(({ name, summary }) => `  sparse-train ${name.padEnd(9)} ${summary}`);
  return `\nOther commands, each with its own --help:\n${lines.join('\n')}`;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof DivergedError) return exitCodes.diverged;
  return error instanceof DiskFullError ? exitCodes.diskFull : exitCodes.failed;
}
