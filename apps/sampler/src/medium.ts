/** What differs from kind to kind of data: what its samples go on from, and where they go. */
import type { AnyTokenizer } from '@sparse-transformers/tokenizers';
import type { SampleRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';

/** A sampling, checked against the model before anything is computed. */
export interface SamplingPlan {
  /** Token ids that all samples go on from. */
  readonly prompt: Int32Array;
  /** How many new tokens each has. */
  readonly tokens: number;
  /** What people should know before; empty if nothing. */
  readonly note: string;
  /** True if people see the sample grow, and need no note of how far it is. */
  readonly showsItself: boolean;
  /** Takes the tokens of all samples as they come. */
  readonly sink: SampleSink;
}

/** Where tokens go. */
export interface SampleSink {
  /** Takes the next token of each of some samples: these are `first`, first + 1, and so on. */
  take(first: number, tokens: Int32Array): void;
  /** After the last token; gives a note for people, if there is something to say. */
  end(): Promise<string> | string;
}

/** Options that one kind of data has, as they are written. */
const written = {
  prompt: '--prompt',
  promptFile: '--prompt-file',
  promptRows: '--prompt-rows',
  promptSeconds: '--prompt-seconds',
  promptStart: '--prompt-start',
  tokens: '--tokens',
  seconds: '--seconds',
  out: '--out',
  scale: '--scale',
} as const;

/**
 * Refuses options that mean nothing for what the model makes.
 *
 * @param ways each option with the way out
 * @throws SamplerError that names the option
 */
export function refuseOptions(
  request: SampleRequest,
  dataKind: AnyTokenizer['dataKind'],
  ways: Partial<Record<keyof typeof written, string>>,
): void {
  for (const name of Object.keys(written) as (keyof typeof written)[]) {
    const way = ways[name];
    if (way === undefined || request[name] === undefined) continue;
    throw new SamplerError(`${written[name]} was given, but this is a model of ${dataKind}. ${way}`);
  }
}
