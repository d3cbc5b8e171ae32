/** What sound goes on from: some seconds of a file, from anywhere in it. */
import { readAudio } from '@sparse-transformers/datasets';
import type { BeginningRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';

/** What a model hears. */
interface Hearing {
  /** Tokens in a second. */
  readonly sampleRate: number;
  /** The most tokens that it sees. */
  readonly length: number;
}

/** What to go on with. */
export interface SoundPrompt {
  /** The tokens; none if there is no file. */
  readonly given: Int32Array;
  /** What people should know of it; empty if nothing. */
  readonly note: string;
}

/**
 * The part of the file that was asked for; its first second, or as much as leaves room, if nobody said how much.
 *
 * @throws SamplerError for more than the file or the model has; DatasetError for a file that can't be used, or a start behind its end
 */
export async function readSoundPrompt(request: BeginningRequest, hearing: Hearing): Promise<SoundPrompt> {
  const { promptFile, promptSeconds, promptStart } = request;
  if (promptFile === undefined) {
    refuseWithoutFile(request);
    return { given: new Int32Array(0), note: '' };
  }
  const { sampleRate, length } = hearing;
  const wanted = promptSeconds ?? Math.min(1, length / 2 / sampleRate);
  const tokens = wantedTokens(wanted, hearing);
  const maxSeconds = Math.ceil((tokens + 1) / sampleRate);
  const read = await readAudio(promptFile, { sampleRate, maxSeconds, startSeconds: promptStart ?? 0 });
  const given = read.slice(0, tokens);
  const from = promptStart === undefined ? '' : ` from ${promptStart} s on`;
  if (promptSeconds === undefined) {
    const part = `${from === '' ? 'the first ' : ''}${showSeconds(tokens / sampleRate)} of ${promptFile}${from}`;
    const cut = `Beginning: ${part}; --prompt-seconds takes more, below ${showSeconds((length - 1) / sampleRate)}.\n`;
    return { given, note: read.length > tokens ? cut : '' };
  }
  if (read.length >= tokens) return { given, note: '' };
  const earlier = from === '' ? '' : ', or an earlier --prompt-start';
  throw new SamplerError(
    `--prompt-seconds ${wanted} is more than ${promptFile} has${from}: ${showSeconds(read.length / sampleRate)}. Give that or less${earlier}.`,
  );
}

function refuseWithoutFile({ promptSeconds, promptStart }: BeginningRequest): void {
  const option = promptSeconds === undefined ? '--prompt-start' : '--prompt-seconds';
  if (promptSeconds === undefined && promptStart === undefined) return;
  throw new SamplerError(`${option} needs sound. Give a file, with --prompt-file.`);
}

function wantedTokens(seconds: number, { sampleRate, length }: Hearing): number {
  const tokens = Math.max(1, Math.round(seconds * sampleRate));
  if (tokens < length) return tokens;
  throw new SamplerError(
    `--prompt-seconds ${seconds} is ${tokens} tokens, but the model sees at most ${length}, the new ones among them. ` +
      `Give less than ${showSeconds(length / sampleRate)}, or train with a larger --model.length or a lower --data.sampleRate.`,
  );
}

/** To three digits. */
export function showSeconds(seconds: number): string {
  return `${Number(seconds.toPrecision(3))} s`;
}
