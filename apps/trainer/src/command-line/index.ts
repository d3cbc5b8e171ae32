/** Words and options of the command line, signals, progress. */

export { type ExitCode, exitCodes, type Subcommand, type Surroundings } from './command.ts';
export { type CommandLine, dashed, engineWords, fieldValue, readCommandLine } from './command-line.ts';
export { dataProgress, Progress } from './progress.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export { unlessStopped } from './unless-stopped.ts';
