/**
 * Who may ask.
 *
 * A page in a browser must not reach a server on its user's machine. Two things could let it: a request to 127.0.0.1, which carries the page's
 * Origin; and DNS rebinding, where the page's own name comes to mean 127.0.0.1, which carries that name as Host. So both are held
 * against lists. The key is compared in constant time, by digests, which have one length whatever was sent.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RefusalError } from './refusal-error.ts';

/** What is let in. */
export interface GuardOptions {
  /** Names and addresses that a Host header may have, without ports, besides those of loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins that may ask from a browser, such as `https://example.org`. */
  readonly allowedOrigins: readonly string[];
  /** The key that clients must send; null: none is needed. */
  readonly apiKey: string | null;
}

/** Checks of one server. */
export interface Guard {
  /**
   * Refuses a request that a browser was tricked into.
   *
   * @throws RefusalError with status 403
   */
  checkPlace(headers: IncomingHttpHeaders): void;
  /**
   * Refuses a request without the key.
   *
   * @throws RefusalError with status 401
   */
  checkKey(headers: IncomingHttpHeaders): void;
}

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** The checks for some options. */
export function guard({ allowedHosts, allowedOrigins, apiKey }: GuardOptions): Guard {
  const hosts = new Set([...loopback, ...allowedHosts].map((host) => host.toLowerCase()));
  const origins = new Set(allowedOrigins);
  const expected = apiKey === null ? null : digest(apiKey);
  return {
    checkPlace({ host, origin }) {
      if (host === undefined || !hosts.has(nameOf(host))) {
        throw forbidden(
          'The Host header names no host of this server. Allow it with --allowed-host.',
          'host_not_allowed',
        );
      }
      if (origin !== undefined && !origins.has(origin)) {
        throw forbidden(
          'Pages of this Origin may not ask here. Allow it with --allowed-origin.',
          'origin_not_allowed',
        );
      }
    },
    checkKey({ authorization }) {
      if (expected === null) return;
      const came = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
      if (came !== undefined && timingSafeEqual(digest(came), expected)) return;
      const message =
        came === undefined
          ? 'No API key came. Send it as Authorization: Bearer KEY.'
          : 'The API key is wrong.';
      throw new RefusalError(401, message, { code: 'invalid_api_key' });
    },
  };
}

/** Without the port, in small letters. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function forbidden(message: string, code: string): RefusalError {
  return new RefusalError(403, message, { code });
}
