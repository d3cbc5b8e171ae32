/** How much one server takes on. */
export interface ServeLimits {
  /** The most bytes of a request's body. */
  readonly bodyBytes: number;
  /** The most requests that wait for the model. */
  readonly queue: number;
  /** The most new tokens of one completion; undefined: as many as the model has room for. */
  readonly maxTokens: number | undefined;
  /** How long a request may take, in milliseconds, from its headers to its last token. */
  readonly deadlineMs: number;
  /** How long the model's process may say nothing before it counts as stalled, in milliseconds. */
  readonly stallMs: number;
  /** How long a client may take to send its headers, and then its body, in milliseconds. */
  readonly receiveMs: number;
  /** The most bytes that a client may leave unread before its stream is dropped. */
  readonly unreadBytes: number;
}
