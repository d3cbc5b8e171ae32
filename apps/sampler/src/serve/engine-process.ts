/**
 * The model's process. It is forked by the server, and does nothing but load one model and decode.
 *
 * A process, not a worker thread: a library that is computing can't be interrupted in a thread, so that nothing would end
 * before it does, and what crashes it would take the server along.
 */
import { useEngine } from '@sparse-transformers/engines';
import { buildModel } from '../saved-model.ts';
import { type EngineHost, hostEngine } from './engine-host.ts';
import type { EngineStart, FromEngine, ToEngine } from './engine-protocol.ts';
import { languageModel } from './language-model.ts';
import { readTextModel } from './text-model.ts';

/** Signals come to all processes of a terminal; the server decides what they mean. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));

let host: EngineHost | undefined;
process.on('message', (message: ToEngine) => {
  if (message.kind === 'start') void start(message.start);
  else host?.receive(message);
});

async function start(request: EngineStart): Promise<void> {
  try {
    host = await load(request);
  } catch (error) {
    send({ kind: 'unable', message: error instanceof Error ? error.message : String(error) });
  }
}

async function load({ run, engine: name, threads, limits }: EngineStart): Promise<EngineHost> {
  const saved = await readTextModel(run);
  const engine = await useEngine(name, threads === undefined ? {} : { threads });
  const model = languageModel(buildModel(saved), saved.tokenizer);
  const notes = `Model of step ${saved.step} in ${saved.folder}\nEngine ${engine.name}: ${engine.reason}\n`;
  send({ kind: 'ready', info: { length: model.length, notes } });
  return hostEngine(model, limits, send);
}

function send(message: FromEngine): void {
  // A server that is gone ends us by the event disconnect.
  if (process.connected) process.send!(message);
}
