import { constants } from 'node:os';

/** Whether the program was asked to stop, and by what. */
export interface Stopping {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The number of that signal; 0 before. */
  readonly by: number;
}

/** The first signal asks the program to save and end; the second ends it at once (the newest checkpoint stays). Clusters send SIGUSR1 before time is up. */
export function stopOnSignals(errors: { write(text: string): unknown }): Stopping {
  const controller = new AbortController();
  const stopping = { signal: controller.signal, by: 0 };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) {
    // Windows has no SIGUSR1.
    const number = constants.signals[name] as number | undefined;
    if (number === undefined) continue;
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + number);
      stopping.by = number;
      errors.write('\nStopping; what is trained will be saved. Once more ends at once, without saving.\n');
      controller.abort();
    });
  }
  return stopping;
}
