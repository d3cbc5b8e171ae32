/** What a browser wants to hear before a page of an allowed origin may read an answer. The guard has looked at the origin before. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** True if a browser asks whether a page may ask. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** Lets the page of a request's origin read the answer; without an origin there is none to let. */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', headers.origin);
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
  response.setHeader('vary', 'origin');
}

/** Says yes, for an hour. */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    // Clients send headers of their own, such as x-stainless-lang.
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '3600',
  });
  response.end();
}
