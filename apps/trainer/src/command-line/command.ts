/** What a subcommand of `sparse-train` is: a file of `commands/` defines its options and does what they ask for. */
import type { Command } from 'commander';
import type { RunFileSystem } from '../run-folder/index.ts';
import type { CommandLine } from './command-line.ts';
import type { ProgressOutput } from './progress.ts';

/** How the program ends: see the README. */
export const exitCodes = {
  /** All that was asked for is done, or the run was ended with all saved. */
  done: 0,
  /** Refused, or failed; the message says why. */
  failed: 1,
  /** The loss or its gradients were not finite, or grew beyond what the configuration allows. */
  diverged: 2,
  /** The disk is full. */
  diskFull: 3,
  /** Ended by the signal before there was anything to save: 128 and the number of SIGINT, or of the signal that came. */
  stopped: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The world around the program. */
export interface Surroundings {
  /** Where lines for people go. */
  readonly output: ProgressOutput;
  /** Where the message of a failure goes. */
  readonly errors: Pick<ProgressOutput, 'write'>;
  /** The command that starts this program, in words: the doctor starts each engine in a process of its own. */
  readonly program: readonly string[];
  /** Ends what is going on: a run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** The disk that runs go to; Node's own if not given. */
  readonly fileSystem?: RunFileSystem;
  /** Milliseconds that progress is told by; the clock's if not given. */
  readonly now?: () => number;
}

/** One thing that the program does. */
export interface Subcommand {
  /** The word that picks it. */
  readonly name: string;
  /** A line for the list of commands. */
  readonly summary: string;
  /** Adds arguments, options and examples; help, errors and parsing are the same for all. */
  define(command: Command): void;
  /**
   * Does it. What it throws becomes one message and an exit code.
   *
   * @param line the options and words that were given
   */
  run(line: CommandLine, surroundings: Surroundings): Promise<ExitCode>;
}
