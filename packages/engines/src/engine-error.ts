/**
 * Why there is no engine:
 * `unknown`: no engine has this name;
 * `not in this release`: the name is reserved for an engine to come;
 * `missing`: a package, or what it needs of the machine, isn't there;
 * `broken`: all is there and doesn't start;
 * `running`: it runs already, with other options.
 */
export type EngineProblem = 'unknown' | 'not in this release' | 'missing' | 'broken' | 'running';

/** Thrown when an engine that was asked for can't run. The message says what is missing and how to get it. */
export class EngineError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'EngineError';
  /** The name that was asked for. */
  readonly engine: string;
  /** What kind of failure it is. */
  readonly problem: EngineProblem;

  /** `message` must name the engine, what is missing and the way out; `cause` is the error below, if any. */
  constructor(engine: string, problem: EngineProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.engine = engine;
    this.problem = problem;
  }
}
