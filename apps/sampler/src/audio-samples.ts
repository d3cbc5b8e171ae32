/** Samples of audio: a WAV each. */
import { encodeWav } from '@sparse-transformers/datasets';
import type { MuLawTokenizer } from '@sparse-transformers/tokenizers';
import { refuseOptions, type SamplingPlan } from './medium.ts';
import { checkOut, numberedOut, TokenRows, writeOut } from './out-file.ts';
import type { SampleRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';
import type { SavedModel } from './saved-model.ts';
import { readSoundPrompt, showSeconds } from './sound-prompt.ts';

/** The most tokens of all samples together: they are kept until the last is done. */
const mostTokens = 2 ** 28;

/** Plans samples of audio. */
export async function planAudio(
  { config }: SavedModel,
  tokenizer: MuLawTokenizer,
  request: SampleRequest,
): Promise<SamplingPlan> {
  refuseOptions(request, tokenizer.dataKind, {
    prompt: 'Give the beginning as a file of sound, with --prompt-file.',
    promptRows: 'Give --prompt-seconds.',
    scale: 'Leave it out.',
  });
  const { sampleRate } = tokenizer;
  const { length } = config;
  const out = await checkOut(request.out, '.wav');
  const { given, note } = await readSoundPrompt(request, { sampleRate, length });
  // Where the start isn't learned, sound begins as it does in life: in silence.
  const prompt = given.length === 0 && config.start === 'none' ? tokenizer.encode(Float32Array.of(0)) : given;
  const tokens = newTokens(request, { sampleRate, room: length - prompt.length });
  if ((prompt.length + tokens) * request.samples > mostTokens) {
    throw new SamplerError(
      `--samples ${request.samples} is too much sound at once. Give fewer, and other seeds.`,
    );
  }
  const sounds = new TokenRows(prompt, prompt.length + tokens, request.samples);
  return {
    prompt,
    tokens,
    note,
    showsItself: false,
    sink: {
      take: (first, chosen) => sounds.take(first, chosen),
      end: async () => {
        const notes: string[] = [];
        for (const [sample, sound] of sounds.rows.entries()) {
          const file = encodeWav(tokenizer.decode(sound), sampleRate);
          notes.push(await writeOut(numberedOut(out, sample, request.samples), file));
        }
        return notes.join('');
      },
    },
  };
}

function newTokens(
  { tokens, seconds }: SampleRequest,
  { sampleRate, room }: { sampleRate: number; room: number },
): number {
  if (tokens !== undefined && seconds !== undefined) {
    throw new SamplerError('--tokens and --seconds were both given, but they say the same. Give one.');
  }
  if (tokens === undefined && seconds === undefined) return Math.min(sampleRate, room);
  const wanted = tokens ?? Math.max(1, Math.round(seconds! * sampleRate));
  if (wanted <= room) return wanted;
  const option = tokens === undefined ? `--seconds ${seconds}` : `--tokens ${tokens}`;
  throw new SamplerError(
    `${option} is more than the model has room for after the beginning: ${room} tokens, ${showSeconds(room / sampleRate)}. ` +
      'Give that or less, or a shorter beginning; for more, train with a larger --model.length or a lower --data.sampleRate.',
  );
}
