/** Refusals as OpenAI's clients read them. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Refusal } from './completion-job.ts';

/** The body of an error. */
export function errorBody({ status, message, param, code }: Refusal) {
  return { error: { message, type: typeOf(status), param, code } };
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}

/** Answers with an error; nothing may have been sent. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  sendJson(response, refusal.status, errorBody(refusal), headersOf(refusal.status));
}

/** An answer without a response object, for what is no HTTP request yet. */
export function rawRefusal(status: number, reason: string, message: string): string {
  const body = JSON.stringify(errorBody({ status, message, param: null, code: null }));
  return (
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 429) return 'rate_limit_error';
  return status === 403 ? 'permission_error' : 'invalid_request_error';
}

function headersOf(status: number): Readonly<Record<string, string>> {
  if (status === 401) return { 'www-authenticate': 'Bearer' };
  if (status === 429) return { 'retry-after': '1' };
  if (status === 503) return { 'retry-after': '5' };
  // Clients that try again by themselves would have the same work done twice.
  return status === 408 ? { 'x-should-retry': 'false' } : {};
}
