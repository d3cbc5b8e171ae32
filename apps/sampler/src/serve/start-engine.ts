/** Starts the model's process and waits until it can serve. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SamplerError } from '../sampler-error.ts';
import { EngineClient } from './engine-client.ts';
import type { EngineStart, FromEngine, ToEngine } from './engine-protocol.ts';

/** A started process. */
export interface StartedEngine {
  /** The model. */
  readonly client: EngineClient;
  /** Resolves when the process has ended by itself, which it shouldn't. */
  readonly failed: Promise<string>;
  /** Ends it; resolves when it has ended. */
  stop(): Promise<void>;
}

/** How the process is run. */
export interface EngineProcess {
  /** The program; default: ours. */
  readonly program?: URL;
  /** Node's own arguments; default: those of this process. */
  readonly execArgv?: readonly string[];
}

/** From source it lies beside this file; built, in its own folder below the program that this file is bundled into. */
const ourProgram = new URL(
  import.meta.url.endsWith('.ts') ? './engine-process.ts' : './serve/engine-process.js',
  import.meta.url,
);

/**
 * Starts it.
 *
 * @throws SamplerError with what the process said if the model can't be served
 */
export async function startEngine(
  start: EngineStart,
  { program = ourProgram, execArgv = process.execArgv }: EngineProcess = {},
): Promise<StartedEngine> {
  const child = fork(fileURLToPath(program), {
    execArgv: [...execArgv],
    serialization: 'advanced',
    // Whatever a library prints is a note for people.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const send = (message: ToEngine) => {
    if (child.connected) child.send(message, () => {});
  };
  const ended = once(child, 'exit').then(
    ([code, signal]) => `The model's process ended with ${signal ?? code}.`,
  );
  send({ kind: 'start', start });
  const ready = await firstMessage(child, ended);
  const client = new EngineClient(ready, send);
  child.on('message', (message: FromEngine) => client.receive(message));
  let isStopping = false;
  const failed = ended.then((reason) => {
    if (!isStopping) client.fail(reason);
    return reason;
  });
  return {
    client,
    failed,
    async stop() {
      isStopping = true;
      // It has nothing to save, and may be far from the end of a forward pass.
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstMessage(child: ChildProcess, ended: Promise<string>) {
  const message = await Promise.race([once(child, 'message').then(([first]) => first as FromEngine), ended]);
  if (typeof message === 'string') throw new SamplerError(`${message} It said nothing; see above.`);
  if (message.kind === 'ready') return message.info;
  child.kill('SIGKILL');
  throw new SamplerError(
    message.kind === 'unable' ? message.message : `The model's process began with ${message.kind}.`,
  );
}
