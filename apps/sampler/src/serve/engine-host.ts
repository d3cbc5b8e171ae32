/** The model's side: runs the scheduler round after round, and hears what comes between two rounds. */
import type { FromEngine, ToEngine } from './engine-protocol.ts';
import type { LanguageModel } from './language-model.ts';
import { Scheduler, type SchedulerLimits } from './scheduler.ts';

/** A model that takes messages. */
export interface EngineHost {
  /** Takes a message; `start` is not for it. */
  receive(message: ToEngine): void;
}

/** Serves a model to whoever gets what `send` sends. */
export function hostEngine(
  model: LanguageModel,
  limits: SchedulerLimits,
  send: (message: FromEngine) => void,
): EngineHost {
  const scheduler = new Scheduler(model, limits);
  let isAwake = false;

  function wake(): void {
    if (isAwake || !scheduler.hasWork) return;
    isAwake = true;
    // Not a microtask: messages must come through between two rounds.
    setImmediate(round);
  }

  function round(): void {
    isAwake = false;
    const began = performance.now();
    const { events, stepped } = scheduler.run();
    const seconds = (performance.now() - began) / 1000;
    send({ kind: 'round', events, stepped, running: scheduler.running, seconds });
    wake();
  }

  return {
    receive(message) {
      if (message.kind === 'submit') {
        send({ kind: 'taken', id: message.id, event: scheduler.submit(message.id, message.job) });
      } else if (message.kind === 'cancel') {
        scheduler.cancel(message.id);
      }
      wake();
    },
  };
}
