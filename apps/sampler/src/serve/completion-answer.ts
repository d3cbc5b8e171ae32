/**
 * The answer to one completion request: from the model's events to JSON or a stream of server-sent events.
 *
 * It ends in one of five ways: all is said; the model or its scheduler refuses; the deadline passes; the client is gone; the client leaves so much
 * unread that it is dropped. In each of them the job is ended and the timer cleared, at the response's `close` at the latest.
 */
import type { ServerResponse } from 'node:http';
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
  /** When the request came, by `performance.now()`. */
  readonly began: number;
  /** Gives the job to the model; the function returned ends it. */
  readonly submit: (job: CompletionJob, listener: (event: JobEvent) => void) => () => void;
}

/** One answer in progress. */
export class CompletionAnswer {
  readonly #parts: AnswerParts;
  readonly #collected: CollectedCompletions;
  readonly #hasLogprobs: boolean;
  readonly #cancel: () => void;
  #timer: NodeJS.Timeout;
  #unfinished: number;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    const { job } = parts.request;
    this.#unfinished = job.prompts.length * job.choices;
    this.#collected = new CollectedCompletions(this.#unfinished);
    this.#hasLogprobs = job.logprobs !== undefined;
    this.#timer = setTimeout(
      () => this.#expire(),
      parts.limits.deadlineMs - (performance.now() - parts.began),
    );
    this.#cancel = parts.submit(job, (event) => this.#take(event));
    // First of all, so that the log knows why.
    parts.response.prependOnceListener('close', () => this.#close());
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
      else sendRefusal(response, event.refusal);
    }
  }

  #takePiece(piece: Piece): void {
    const { record, metrics, request, head, began } = this.#parts;
    if (record.completionTokens === 0 && piece.generated > 0) metrics.firstToken.observe(secondsSince(began));
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
    const { request, head, response, record, metrics, began } = this.#parts;
    metrics.duration.observe(secondsSince(began));
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
    const { response, limits } = this.#parts;
    const seconds = limits.deadlineMs / 1000;
    const message = `The request took longer than ${seconds} seconds, the most on this server. Ask for fewer tokens.`;
    this.refuse({ status: 408, message, param: null, code: 'deadline' }, 'deadline');
    this.#timer = setTimeout(() => response.destroy(), limits.receiveMs);
  }

  #close(): void {
    const { response, record, metrics } = this.#parts;
    clearTimeout(this.#timer);
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

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
