import type { Refusal } from './completion-job.ts';

/** A request that can't be served; the message is meant for the client and never logged, since it may quote what was asked. */
export class RefusalError extends Error {
  /** The name of this class. */
  override readonly name = 'RefusalError';
  /** All that the client is told. */
  readonly refusal: Refusal;

  constructor(status: number, message: string, { param = null, code = null }: Partial<Refusal> = {}) {
    super(message);
    this.refusal = { status, message, param, code };
  }
}
