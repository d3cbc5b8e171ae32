/** Reads a request's body, which may be of any size and never end. */
import type { IncomingMessage } from 'node:http';
import { RefusalError } from './refusal-error.ts';

/** A client that is refused before it has sent its body may send so many bytes more, to see the answer. */
const mostDiscarded = 2 ** 23;

/** The request ended before its body did. */
export class ClientGoneError extends Error {
  /** The name of this class. */
  override readonly name = 'ClientGoneError';
}

/**
 * The bytes of a body.
 *
 * @param proceed called when the body is wanted: a client may wait to be told so
 * @throws RefusalError with status 413 as soon as it is clear that there are more than `most`; ClientGoneError
 */
export function readBody(request: IncomingMessage, most: number, proceed: () => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
    proceed();
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= most) return chunks.push(chunk);
      request.off('data', take);
      return reject(tooLarge(most));
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('close', () => reject(new ClientGoneError('The client ended before its body did.')));
    request.on('error', reject);
  });
}

/** Lets a client that was refused finish sending, within bounds: to close at once would take the answer from it. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostDiscarded) request.socket.destroy();
  });
  request.on('error', () => {});
}

function tooLarge(most: number): RefusalError {
  const message = `The body may have at most ${most} bytes on this server. Send less, or start it with a larger --max-body.`;
  return new RefusalError(413, message);
}
