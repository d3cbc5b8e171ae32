/** `sparse-sample serve RUN`: starts the model's process and the server, and ends them in order. */
import { once } from 'node:events';
import { BlockList, isIP } from 'node:net';
import { SamplerError } from '../sampler-error.ts';
import { readApiKey } from './api-key.ts';
import { guard } from './guard.ts';
import { CompletionServer } from './http-server.ts';
import { hostInUrl, readServeOptions, type ServeOptions } from './serve-options.ts';
import { serverMetrics } from './server-metrics.ts';
import { type StartedEngine, startEngine } from './start-engine.ts';

/** Where the program writes. */
export interface ServeOutput {
  /** Takes the address, and nothing else. */
  readonly output: { write(text: string): unknown };
  /** Takes notes for people and a line a request. */
  readonly notes: { write(text: string): unknown };
}

/** Prompts that are read in one pass, with padding: a fraction of a second for a small model. */
const promptTokens = 4096;
/** Ten seconds for headers, and as many again for a body. */
const receiveMs = 10_000;
/** Some minutes of text that nobody reads. */
const unreadBytes = 2 ** 18;

/**
 * Serves until a signal comes.
 *
 * @param args those after `serve`
 * @throws SamplerError whose message is meant for the user
 */
export async function serve(args: readonly string[], { output, notes }: ServeOutput): Promise<void> {
  const options = readServeOptions(args);
  if (typeof options === 'string') {
    output.write(options);
    return;
  }
  const apiKey = await readApiKey(options.apiKeyFile, process.env);
  checkExposure(options.host, apiKey);
  const engine = await startEngine({
    run: options.run,
    engine: options.engine,
    threads: options.threads,
    limits: { batch: options.batch, promptTokens },
  });
  try {
    notes.write(engine.client.info.notes);
    const server = createServer(options, {
      engine,
      apiKey,
      log: options.quiet ? undefined : (line) => notes.write(line),
    });
    const port = await listen(server, options);
    output.write(`Serving ${options.name} at http://${hostInUrl(options.host)}:${port}/v1\n`);
    await serveUntilSignal(server, engine, { graceMs: options.grace * 1000, notes });
  } finally {
    await engine.stop();
  }
}

interface ServerSurroundings {
  readonly engine: StartedEngine;
  readonly apiKey: string | null;
  readonly log: ((line: string) => void) | undefined;
}

function createServer(options: ServeOptions, { engine, apiKey, log }: ServerSurroundings): CompletionServer {
  const { name, queue, maxTokens, maxBody, deadline, stall, host, allowedHosts, allowedOrigins } = options;
  const limits = {
    bodyBytes: maxBody,
    queue,
    maxTokens,
    deadlineMs: deadline * 1000,
    // So that a request that ends at its deadline can tell.
    stallMs: Math.min(stall, deadline / 2) * 1000,
    receiveMs,
    unreadBytes,
  };
  return new CompletionServer({
    engine: engine.client,
    name,
    limits,
    guard: guard({ allowedHosts: [hostInUrl(host), ...allowedHosts], allowedOrigins, apiKey }),
    metrics: serverMetrics(engine.client),
    log,
  });
}

/** Others than this machine's own programs may ask only with a key. */
function checkExposure(host: string, apiKey: string | null): void {
  if (apiKey !== null || isLoopback(host)) return;
  throw new SamplerError(
    `--host ${host} can be reached by others, so a key is needed, but there is none. Give --api-key-file or SPARSE_API_KEY, ` +
      'or listen at 127.0.0.1.',
  );
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const addresses = new BlockList();
  addresses.addSubnet('127.0.0.0', 8, 'ipv4');
  addresses.addAddress('::1', 'ipv6');
  const family = isIP(host);
  return family !== 0 && addresses.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

async function listen(server: CompletionServer, { host, port }: ServeOptions): Promise<number> {
  try {
    return await server.listen(host, port);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SamplerError(
      `--host ${host} --port ${port}: can't listen there: ${reason}. --port 0 takes a port that is free.`,
    );
  }
}

interface Ending {
  readonly graceMs: number;
  readonly notes: ServeOutput['notes'];
}

/** @throws SamplerError if the model's process ends first */
async function serveUntilSignal(
  server: CompletionServer,
  engine: StartedEngine,
  { graceMs, notes }: Ending,
): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const first = Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  const failure = await Promise.race([first.then(() => null), engine.failed]);
  waiting.abort();
  if (failure === null) {
    notes.write(`Stopping: running requests have ${graceMs / 1000} seconds; another signal ends them now\n`);
  }
  const endNow = () => {
    void engine.stop();
    process.exit(1);
  };
  process.on('SIGINT', endNow).on('SIGTERM', endNow);
  try {
    await server.stop(failure === null ? graceMs : 0);
  } finally {
    process.off('SIGINT', endNow).off('SIGTERM', endNow);
  }
  if (failure !== null) throw new SamplerError(`${failure} All requests were refused.`);
}
