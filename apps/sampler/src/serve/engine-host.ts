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
  /** Messages that came while a round ran, which may wait for the engine. */
  const arrived: ToEngine[] = [];
  let isAwake = false;
  let isInRound = false;

  function wake(): void {
    if (isAwake || !scheduler.hasWork) return;
    isAwake = true;
    // Not a microtask: messages must come through between two rounds.
    setImmediate(round);
  }

  async function round(): Promise<void> {
    isAwake = false;
    isInRound = true;
    const began = performance.now();
    const { events, stepped } = await scheduler.run();
    const seconds = (performance.now() - began) / 1000;
    isInRound = false;
    send({ kind: 'round', events, stepped, running: scheduler.running, seconds });
    for (const message of arrived.splice(0)) take(message);
    wake();
  }

  function take(message: ToEngine): void {
    if (message.kind === 'submit') {
      send({ kind: 'taken', id: message.id, event: scheduler.submit(message.id, message.job) });
    } else if (message.kind === 'cancel') {
      scheduler.cancel(message.id);
      send({ kind: 'cancelled', id: message.id });
    }
  }

  return {
    receive(message) {
      if (isInRound) {
        arrived.push(message);
        return;
      }
      take(message);
      wake();
    },
  };
}
