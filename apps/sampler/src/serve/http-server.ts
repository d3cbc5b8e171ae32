/**
 * The HTTP side: routes, checks and limits, on `node:http` alone. It never computes: the model is in a process of its own, so
 * `/healthz` answers while a forward pass runs.
 *
 * Checks go from cheap to dear: Host and Origin, route, key, room in the queue, media type, size, JSON, fields, and in
 * the model's process tokens.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock } from './clock.ts';
import { CompletionAnswer } from './completion-answer.ts';
import type { Refusal } from './completion-job.ts';
import { type CompletionRequest, readCompletionRequest } from './completion-request.ts';
import { completionHead } from './completion-response.ts';
import { allowOrigin, answerPreflight, isPreflight } from './cross-origin.ts';
import type { EngineClient } from './engine-client.ts';
import type { Guard } from './guard.ts';
import { ClientGoneError, discardRest, readBody } from './read-body.ts';
import { RefusalError } from './refusal-error.ts';
import { logLine, type RequestRecord } from './request-log.ts';
import { rawRefusal, sendJson, sendRefusal } from './send-refusal.ts';
import type { ServeLimits } from './serve-limits.ts';
import type { ServerMetrics } from './server-metrics.ts';

/** What a server is made of. */
export interface ServerParts {
  /** The model. */
  readonly engine: EngineClient;
  /** The model's name in the API. */
  readonly name: string;
  /** How much it takes on. */
  readonly limits: ServeLimits;
  /** Who may ask. */
  readonly guard: Guard;
  /** What it counts. */
  readonly metrics: ServerMetrics;
  /** Takes one line a request; undefined: nothing is logged. */
  readonly log: ((line: string) => void) | undefined;
  /** Time; default: the machine's. */
  readonly clock?: Clock;
}

/** A request with what belongs to it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly began: number;
}

interface Route {
  readonly name: string;
  readonly path: RegExp;
  readonly method: 'GET' | 'POST';
  /** True if no key is needed. */
  readonly isOpen: boolean;
  /** Takes what the path's group matched, too. */
  readonly handle: (exchange: Exchange, matched: string) => void | Promise<void>;
}

/** More connections than any queue needs; each costs a little memory. */
const mostConnections = 1024;
const stopping: Refusal = {
  status: 503,
  message: 'The server is stopping. Try again.',
  param: null,
  code: 'stopping',
};

/** A server of completions. */
export class CompletionServer {
  readonly #parts: Required<ServerParts>;
  readonly #server: Server;
  readonly #routes: readonly Route[];
  readonly #answers = new Set<CompletionAnswer>();
  /** The response that a connection is at, for errors of the connection. */
  readonly #current = new WeakMap<Socket, ServerResponse>();
  readonly #created = Math.floor(Date.now() / 1000);
  #isStopping = false;

  constructor(parts: ServerParts) {
    this.#parts = { clock: systemClock, ...parts };
    this.#routes = this.#listRoutes();
    this.#server = this.#createServer();
  }

  /** Begins to listen; gives the port. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes nothing new, lets what runs finish for so long, then ends it. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const stopTimer = this.#parts.clock.after(graceMs, () => this.#endAll());
    await closed;
    stopTimer();
  }

  #endAll(): void {
    for (const answer of this.#answers) answer.refuse(stopping, 'stopping');
    // The refusals are handed to the system first.
    setImmediate(() => this.#server.closeAllConnections());
  }

  #listRoutes(): Route[] {
    const get = { method: 'GET', isOpen: false } as const;
    return [
      {
        ...get,
        name: '/healthz',
        path: /^\/healthz$/,
        isOpen: true,
        handle: (exchange) => this.#health(exchange),
      },
      { ...get, name: '/metrics', path: /^\/metrics$/, handle: (exchange) => this.#metrics(exchange) },
      { ...get, name: '/v1/models', path: /^\/v1\/models$/, handle: (exchange) => this.#models(exchange) },
      {
        ...get,
        name: '/v1/models/{id}',
        path: /^\/v1\/models\/([^/]+)$/,
        handle: (exchange, id) => this.#model(exchange, id),
      },
      {
        name: '/v1/completions',
        path: /^\/v1\/completions$/,
        method: 'POST',
        isOpen: false,
        handle: (exchange) => this.#complete(exchange),
      },
    ];
  }

  #createServer(): Server {
    const { receiveMs } = this.#parts.limits;
    const server = createServer({
      headersTimeout: receiveMs,
      requestTimeout: 2 * receiveMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, receiveMs),
    });
    server.maxConnections = mostConnections;
    // A client may end its side when it has sent its request, and still read.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('request', (request, response) => void this.#serve(request, response));
    // A client that asks first is answered when the body is wanted, so that a refused one doesn't send it.
    server.on('checkContinue', (request, response) => void this.#serve(request, response));
    server.on('clientError', (error, socket) => this.#refuseConnection(error, socket as Socket));
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = this.#begin(request, response);
    try {
      await this.#dispatch(exchange);
    } catch (error) {
      exchange.record.failure = failureOf(error);
      if (error instanceof RefusalError) exchange.record.field = error.refusal.param;
      if (error instanceof ClientGoneError || response.headersSent) response.destroy();
      else sendRefusal(response, refusalOf(error));
      discardRest(request);
    }
  }

  #begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const began = this.#parts.clock.now();
    const record: RequestRecord = {
      id: randomUUID(),
      method: request.method ?? '',
      route: 'other',
      status: 0,
      promptTokens: 0,
      completionTokens: 0,
      field: null,
      dropped: null,
      failure: null,
    };
    this.#current.set(request.socket, response);
    if (this.#isStopping) response.shouldKeepAlive = false;
    response.setHeader('x-request-id', record.id);
    response.setHeader('x-content-type-options', 'nosniff');
    // What is written to a client that is gone is lost, and no more than that.
    response.on('error', () => {});
    response.once('close', () => this.#end(response, record, began));
    return { request, response, record, began };
  }

  #end(response: ServerResponse, record: RequestRecord, began: number): void {
    const { metrics, log, clock } = this.#parts;
    record.status = response.headersSent ? response.statusCode : 0;
    metrics.requests.add(1, { route: record.route, status: String(record.status) });
    log?.(logLine(record, clock.now() - began));
    // Its connection is idle in a moment, and would stay open for the next request.
    if (this.#isStopping) setImmediate(() => this.#server.closeIdleConnections());
  }

  async #dispatch(exchange: Exchange): Promise<void> {
    const { request, response, record } = exchange;
    const { guard } = this.#parts;
    guard.checkPlace(request.headers);
    allowOrigin(request, response);
    if (isPreflight(request)) return answerPreflight(request, response);
    const { route, matched } = this.#findRoute(exchange);
    record.route = route.name;
    if (!route.isOpen) guard.checkKey(request.headers);
    await route.handle(exchange, matched);
  }

  #findRoute({ request, response }: Exchange): { route: Route; matched: string } {
    const { url = '', method = '' } = request;
    const path = url.split('?', 1)[0]!;
    const route = this.#routes.find((one) => one.path.test(path));
    if (route === undefined) {
      const names = this.#routes.map(({ name }) => name).join(', ');
      const instead = chatAddress.test(path)
        ? 'This server has no chat: its model goes on with a text. Send the text as prompt to POST /v1/completions.'
        : 'There is no such address here.';
      throw new RefusalError(404, `${instead} There are ${names}.`);
    }
    if (method === route.method || (method === 'HEAD' && route.method === 'GET')) {
      return { route, matched: route.path.exec(path)![1] ?? '' };
    }
    response.setHeader('allow', route.method);
    throw new RefusalError(405, `${route.name} takes ${route.method} only, but ${method} came.`);
  }

  #health({ response }: Exchange): void {
    const { engine, limits } = this.#parts;
    const { failure, silentMs } = engine;
    if (failure !== null) sendJson(response, 503, { status: 'failed' });
    else if (this.#isStopping) sendJson(response, 503, { status: 'stopping' });
    else if (silentMs >= limits.stallMs)
      sendJson(response, 503, { status: 'stalled', seconds: Math.floor(silentMs / 1000) });
    else sendJson(response, 200, { status: 'ok' });
  }

  #metrics({ response }: Exchange): void {
    const text = this.#parts.metrics.write();
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  #models({ response }: Exchange): void {
    sendJson(response, 200, { object: 'list', data: [this.#describeModel()] });
  }

  #model({ response }: Exchange, id: string): void {
    const { name } = this.#parts;
    if (decode(id) !== name) {
      const message = `This server has the model ${JSON.stringify(name)} only.`;
      throw new RefusalError(404, message, { param: 'model', code: 'model_not_found' });
    }
    sendJson(response, 200, this.#describeModel());
  }

  #describeModel() {
    const { name } = this.#parts;
    return { id: name, object: 'model', created: this.#created, owned_by: 'sparse-transformers' };
  }

  async #complete(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { name, limits, engine } = this.#parts;
    this.#checkRoom();
    checkMediaType(request);
    const proceed = () => {
      if (request.headers.expect !== undefined) response.writeContinue();
    };
    const json = parseJson(await readBody(request, limits.bodyBytes, proceed));
    const { length } = engine.info;
    const completion = readCompletionRequest(json, { model: name, length, maxTokens: limits.maxTokens });
    // Others may have come while this one's body did.
    this.#checkRoom();
    if (!response.destroyed) this.#answer(exchange, completion);
  }

  #answer({ response, record, began }: Exchange, request: CompletionRequest): void {
    const { engine, limits, metrics, name, clock } = this.#parts;
    const answer = new CompletionAnswer({
      request,
      head: completionHead(record.id, name),
      response,
      record,
      limits,
      metrics,
      clock,
      began,
      silentMs: () => engine.silentMs,
      submit: (job, listener) => engine.submit(job, listener),
    });
    this.#answers.add(answer);
    response.once('close', () => this.#answers.delete(answer));
  }

  #checkRoom(): void {
    const { engine, limits } = this.#parts;
    if (this.#isStopping) throw new RefusalError(503, stopping.message, stopping);
    if (engine.failure !== null)
      throw new RefusalError(503, 'The model has failed.', { code: 'model_failed' });
    if (engine.waiting < limits.queue) return;
    const message = `${limits.queue} requests wait already, the most on this server. Try again.`;
    throw new RefusalError(429, message, { code: 'queue_full' });
  }

  /** What is no HTTP, or comes too slowly. */
  #refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
    const [status, reason, message] = connectionRefusals[error.code ?? ''] ?? notHttp;
    const response = this.#current.get(socket);
    const isAnswering = response !== undefined && !response.writableFinished && !response.destroyed;
    if (!socket.writable || error.code === 'ECONNRESET' || (isAnswering && response.headersSent)) {
      socket.destroy();
    } else if (isAnswering) {
      response.shouldKeepAlive = false;
      sendRefusal(response, { status, message, param: null, code: null });
    } else {
      this.#parts.metrics.requests.add(1, { route: 'other', status: String(status) });
      socket.end(rawRefusal(status, reason, message), () => socket.destroy());
    }
  }
}

/** Where clients look for a chat, with or without /v1. */
const chatAddress = /^(\/v1)?\/(chat\/completions|responses|messages)\/?$/;
const notHttp = [400, 'Bad Request', 'This is no HTTP request that the server understands.'] as const;
const connectionRefusals: Readonly<Record<string, readonly [number, string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request came too slowly. Send it at once.'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are too large. Send fewer.'],
};

function checkMediaType({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.replace(/;.*/s, '').trim().toLowerCase();
  const encoding = headers['content-encoding'] ?? 'identity';
  if (type === 'application/json' && encoding === 'identity') return;
  throw new RefusalError(415, 'Send JSON, not compressed, as Content-Type: application/json.');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own message quotes the body.
    throw new RefusalError(400, 'The body is no JSON in UTF-8.');
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Where our own mistakes happened; their messages may quote what was asked. */
function failureOf(error: unknown): string | null {
  if (error instanceof RefusalError || error instanceof ClientGoneError) return null;
  return error instanceof Error
    ? `${error.name}${/\n\s+at .*/.exec(error.stack ?? '')?.[0] ?? ''}`
    : 'unknown';
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  return { status: 500, message: 'The server failed. See its log.', param: null, code: 'server_failed' };
}
