/**
 * The answer to one completion request: from the model's events to JSON or a stream of server-sent events.
 *
 * It ends in one of five ways: all is said; the model or its scheduler refuses; the deadline passes; the client is gone; the client leaves so much
 * unread that it is dropped. In each of them the job is ended and the timers cleared, at the response's `close` at the latest.
 *
 * A client that has sent all it will (FIN) may still read, or be gone: TCP tells only whoever writes. So it is written to now and then: a comment
 * in a stream, before an answer `100 Continue`, which clients skip. Its system answers the first such write that nobody is there, and the next one fails.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { CompletionJob, JobEvent, Piece, Refusal } from './completion-job.ts';
import type { CompletionRequest } from './completion-request.ts';
import { CollectedCompletions, type CompletionHead, chunkOf, usageOf } from './completion-response.ts';
import type { RequestRecord } from './request-log.ts';
import { errorBody, sendJson, sendRefusal } from './send-refusal.ts';
import type { ServeLimits } from './serve-limits.ts';
import type { ServerMetrics } from './server-metrics.ts';

/** What an answer is made of. */
export interface AnswerParts {
  readonly request: CompletionRequest;
  readonly head: CompletionHead;
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly limits: ServeLimits;
  readonly metrics: ServerMetrics;
  readonly clock: Clock;
  /** When the request came, by that clock. */
  readonly began: number;
  /** For how long the model has owed an answer, in milliseconds. */
  readonly silentMs: () => number;
  /** Gives the job to the model; the function returned ends it. */
  readonly submit: (job: CompletionJob, listener: (event: JobEvent) => void) => () => void;
}

/** How often a client that sends no more is written to. */
const probeMs = 1000;

/** One answer in progress. */
export class CompletionAnswer {
  readonly #parts: AnswerParts;
  readonly #collected: CollectedCompletions;
  readonly #hasLogprobs: boolean;
  readonly #cancel: () => void;
  #stopTimer: () => void;
  #stopProbes = () => {};
  #unfinished: number;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    const { job } = parts.request;
    this.#unfinished = job.prompts.length * job.choices;
    this.#collected = new CollectedCompletions(this.#unfinished);
    this.#hasLogprobs = job.logprobs !== undefined;
    const { clock, limits, began } = parts;
    this.#stopTimer = clock.after(limits.deadlineMs - (clock.now() - began), () => this.#expire());
    this.#cancel = parts.submit(job, (event) => this.#take(event));
    // First of all, so that the log knows why.
    parts.response.prependOnceListener('close', () => this.#close());
    const { socket } = parts.response;
    if (socket?.readableEnded) this.#probe();
    else socket?.once('end', this.#onEnd);
  }

  readonly #onEnd = () => this.#probe();

  /** Asks after a while whether the client is there, again and again: if it isn't, the connection closes. */
  #probe(): void {
    const { clock, response } = this.#parts;
    if (response.writableEnded || response.destroyed) return;
    this.#stopProbes = clock.after(probeMs, () => {
      if (response.writableEnded || response.destroyed) return;
      if (response.headersSent) response.write(':\n\n');
      else if (response.req.httpVersion === '1.1') response.writeContinue();
      this.#probe();
    });
  }

  /** Ends it before its end. */
  refuse(refusal: Refusal, reason: string): void {
    const { response, record, metrics } = this.#parts;
    if (response.writableEnded) return;
    this.#cancel();
    record.dropped = reason;
    metrics.dropped.add(1, { reason });
    if (!response.headersSent) {
      sendRefusal(response, refusal);
    } else {
      this.#send(errorBody(refusal));
      response.end();
    }
  }

  #take(event: JobEvent): void {
    const { record, metrics, response } = this.#parts;
    if (event.kind === 'accepted') {
      record.promptTokens = event.promptTokens;
      metrics.tokens.add(event.promptTokens, { kind: 'prompt' });
      if (this.#parts.request.isStreamed) beginStream(response);
    } else if (event.kind === 'piece') {
      this.#takePiece(event.piece);
    } else if (event.kind === 'refused') {
      if (event.refusal.status >= 500) this.refuse(event.refusal, 'failed');
      else {
        record.field = event.refusal.param;
        sendRefusal(response, event.refusal);
      }
    }
  }

  #takePiece(piece: Piece): void {
    const { record, metrics, request, head } = this.#parts;
    if (record.completionTokens === 0 && piece.generated > 0) metrics.firstToken.observe(this.#seconds());
    record.completionTokens += piece.generated;
    metrics.tokens.add(piece.generated, { kind: 'completion' });
    if (piece.finish) this.#unfinished--;
    if (!request.isStreamed) this.#collected.add(piece);
    else if (piece.text !== '' || piece.tokens.length > 0 || piece.finish) {
      const usage = request.isUsageStreamed ? { usage: null } : {};
      this.#send({ ...chunkOf(head, piece, this.#hasLogprobs), ...usage });
    }
    if (this.#unfinished === 0) this.#finish();
  }

  #finish(): void {
    const { request, head, response, record, metrics } = this.#parts;
    metrics.duration.observe(this.#seconds());
    const usage = usageOf(record.promptTokens, record.completionTokens);
    if (request.isStreamed) {
      if (request.isUsageStreamed) this.#send({ ...head, choices: [], usage });
      response.end('data: [DONE]\n\n');
    } else {
      sendJson(response, 200, { ...head, choices: this.#collected.choices(this.#hasLogprobs), usage });
    }
  }

  /** Writes an event, unless the client has left too much unread. */
  #send(event: object): void {
    const { response, record, limits, metrics } = this.#parts;
    if (response.destroyed) return;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength <= limits.unreadBytes) return;
    this.#cancel();
    record.dropped = 'slow';
    metrics.dropped.add(1, { reason: 'slow' });
    response.destroy();
  }

  /** A client that doesn't take even the refusal is left in the end. */
  #expire(): void {
    const { response, limits, clock } = this.#parts;
    const [refusal, reason] = this.#lateness();
    this.refuse(refusal, reason);
    this.#stopTimer = clock.after(limits.receiveMs, () => response.destroy());
  }

  /** Whose fault it is that the deadline has passed. */
  #lateness(): [refusal: Refusal, reason: string] {
    const { limits, silentMs } = this.#parts;
    const seconds = limits.deadlineMs / 1000;
    const late = `The request took longer than ${seconds} seconds, the most on this server.`;
    const silent = silentMs();
    if (silent < limits.stallMs) {
      const message = `${late} Ask for fewer tokens.`;
      return [{ status: 408, message, param: null, code: 'deadline' }, 'deadline'];
    }
    const message =
      `${late} The model's process has not answered for ${Math.floor(silent / 1000)} of them: it is stalled. ` +
      'Whoever runs the server sees more at /healthz and may have to start it again.';
    return [{ status: 503, message, param: null, code: 'model_stalled' }, 'stalled'];
  }

  #seconds(): number {
    const { clock, began } = this.#parts;
    return (clock.now() - began) / 1000;
  }

  #close(): void {
    const { response, record, metrics } = this.#parts;
    this.#stopTimer();
    this.#stopProbes();
    response.socket?.off('end', this.#onEnd);
    this.#cancel();
    if (response.writableFinished || record.dropped !== null) return;
    record.dropped = 'gone';
    metrics.dropped.add(1, { reason: 'gone' });
  }
}

function beginStream(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // nginx would hold the events back.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
}
