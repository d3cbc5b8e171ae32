import { getBackend } from '@tensorflow/tfjs-core';

/**
 * One sentence that an implementation must satisfy. `run` throws when it does not hold.
 * Facts know no test runner: `for (const fact of facts) test(fact.name, fact.run)`.
 */
export interface Fact {
  /** The sentence. */
  readonly name: string;
  /** Tries it. */
  run(): void | Promise<void>;
}

/** Facts that refuse to run on another backend than the one they are meant for: such a run would prove nothing. */
export function factsOn(backend: string, facts: readonly Fact[]): Fact[] {
  return facts.map(({ name, run }) => ({
    name,
    run: () => {
      const active = getBackend();
      if (active !== backend) {
        throw new Error(
          `This suite is for the backend '${backend}', but '${active}' is active. Call tf.setBackend first.`,
        );
      }
      return run();
    },
  }));
}

/** Throws with the message unless the condition holds. */
export function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** Throws unless `run` throws an error whose message matches. */
export function checkThrows(run: () => unknown, expected: RegExp): void {
  let message: string | null = null;
  try {
    run();
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  }
  check(message !== null, `expected an error that matches ${expected}, but none was thrown`);
  check(expected.test(message ?? ''), `expected an error that matches ${expected}, but it says: ${message}`);
}
