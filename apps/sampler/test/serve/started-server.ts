/** A server with a fake model in the test's own process. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect } from 'vitest';
import { EngineClient } from '../../src/serve/engine-client.ts';
import { hostEngine } from '../../src/serve/engine-host.ts';
import type { FromEngine, ToEngine } from '../../src/serve/engine-protocol.ts';
import { type GuardOptions, guard } from '../../src/serve/guard.ts';
import { CompletionServer } from '../../src/serve/http-server.ts';
import type { ServeLimits } from '../../src/serve/serve-limits.ts';
import { serverMetrics } from '../../src/serve/server-metrics.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type FakeModel, fakeModel } from './fake-model.ts';

/** A server that listens. */
export interface StartedServer {
  readonly server: CompletionServer;
  readonly model: FakeModel;
  readonly client: EngineClient;
  readonly clock: FakeClock;
  readonly port: number;
  readonly url: string;
  /** What was logged. */
  readonly log: string[];
  /** Lets the model hear what was said to it; until then it hears nothing, if it began held. */
  readonly release: () => void;
}

interface ServerChanges extends Partial<ServeLimits>, Partial<GuardOptions> {
  readonly model?: FakeModel;
  readonly batch?: number;
  /** True: the model hears nothing until `release`. */
  readonly isHeld?: boolean;
}

const usual: ServeLimits = {
  bodyBytes: 10_000,
  queue: 8,
  maxTokens: undefined,
  deadlineMs: 60_000,
  stallMs: 20_000,
  receiveMs: 10_000,
  unreadBytes: 100_000,
};

const started: CompletionServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(started.splice(0).map((server) => server.stop(0)));
});

/** Starts one; it ends after the test. */
export async function startServer({
  model = fakeModel(),
  batch = 4,
  isHeld = false,
  allowedHosts = [],
  allowedOrigins = [],
  apiKey = null,
  ...limits
}: ServerChanges = {}): Promise<StartedServer> {
  const log: string[] = [];
  const clock = fakeClock();
  let held: ToEngine[] | null = isHeld ? [] : null;
  // As between processes: a copy, and later.
  const send = (message: ToEngine) => {
    if (held) held.push(message);
    else setImmediate(() => host.receive(structuredClone(message)));
  };
  const client: EngineClient = new EngineClient({ length: model.length, notes: '' }, send, clock);
  const receive = (message: FromEngine) => client.receive(structuredClone(message));
  const host = hostEngine(model, { batch, promptTokens: 1000 }, (message) => setImmediate(receive, message));
  const server = new CompletionServer({
    engine: client,
    name: 'fake',
    limits: { ...usual, ...limits },
    guard: guard({ allowedHosts, allowedOrigins, apiKey }),
    metrics: serverMetrics(client),
    log: (line) => void log.push(line),
    clock,
  });
  started.push(server);
  const port = await server.listen('127.0.0.1', 0);
  const release = () => {
    for (const message of held ?? []) setImmediate(() => host.receive(structuredClone(message)));
    held = null;
  };
  return { server, model, client, clock, port, url: `http://127.0.0.1:${port}`, log, release };
}

/** A body with a model and a prompt. */
export const bodyOf = (changes: object = {}) =>
  JSON.stringify({ model: 'fake', prompt: 'ab', temperature: 0, ...changes });

/** Asks for completions. */
export function post(url: string, changes: object = {}, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...init.headers };
  return fetch(`${url}/v1/completions`, { method: 'POST', body: bodyOf(changes), ...init, headers });
}

/** A connection that says what one writes to it. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other side ends. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Lets everything else have its turn until something is so: never a matter of time, only of turns. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

/** The events of a stream, parsed; the last one is `[DONE]`. */
export function eventsOf(text: string): unknown[] {
  const lines = text.split('\n\n').filter((line) => line !== '');
  return lines.map((line) => {
    const data = line.replace(/^data: /, '');
    return data === '[DONE]' ? data : JSON.parse(data);
  });
}

/** The head of a request for completions, as it goes over the wire. */
export const headOf = (port: number, more: string[] = []) =>
  [
    'POST /v1/completions HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    ...more,
    '',
    '',
  ].join('\r\n');

/** An error's fields, and its status. */
export async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  return { status: response.status, ...error };
}
