/** What is logged of a request: never a prompt, a text, a header or a path that a client made up. */
export interface RequestRecord {
  /** Sent to the client as X-Request-Id. */
  readonly id: string;
  /** The HTTP method. */
  readonly method: string;
  /** One of the server's routes, or `other`. */
  route: string;
  /** 0 if the client was gone before an answer. */
  status: number;
  /** Tokens of the prompts and generated ones. */
  promptTokens: number;
  /** Tokens generated, shown or not. */
  completionTokens: number;
  /** The field of the body that was refused, one of the API's own names; null if none was. */
  field: string | null;
  /** Why it ended before its end: `gone`, `slow`, `deadline`, `stalled`, `stopping` or `failed`; null if it didn't. */
  dropped: string | null;
  /** The server's own mistake; null if there was none. */
  failure: string | null;
}

/** One line of JSON. */
export function logLine(record: RequestRecord, milliseconds: number): string {
  const { id, method, route, status, promptTokens, completionTokens, field, dropped, failure } = record;
  return `${JSON.stringify({
    time: new Date().toISOString(),
    id,
    method,
    route,
    status,
    milliseconds: Math.round(milliseconds * 10) / 10,
    ...(promptTokens + completionTokens > 0 ? { promptTokens, completionTokens } : {}),
    ...(field === null ? {} : { field }),
    ...(dropped === null ? {} : { dropped }),
    ...(failure === null ? {} : { failure }),
  })}\n`;
}
