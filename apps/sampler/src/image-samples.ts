/** Samples of images: whole ones, side by side in one PNG. */
import { open } from 'node:fs/promises';
import { encodePng, readImage } from '@sparse-transformers/datasets';
import type { PixelTokenizer } from '@sparse-transformers/tokenizers';
import { refuseOptions, type SamplingPlan } from './medium.ts';
import { checkOut, TokenRows, writeOut } from './out-file.ts';
import type { SampleRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';
import type { SavedModel } from './saved-model.ts';

/** The most tokens of all images together: they are kept until the last is done. */
const mostTokens = 2 ** 28;

/** Plans samples of images. */
export async function planImages(
  { config, folder }: SavedModel,
  tokenizer: PixelTokenizer,
  request: SampleRequest,
): Promise<SamplingPlan> {
  refuseOptions(request, tokenizer.dataKind, {
    prompt: 'Give the beginning as a picture, with --prompt-file.',
    promptSeconds: 'Give --prompt-rows.',
    promptStart: 'Its images begin at their top: leave it out.',
    tokens: 'Its images are always whole: leave it out.',
    seconds: 'Leave it out.',
  });
  const { rows, columns, channels } = tokenizer;
  const size = rows * columns * channels;
  if (channels !== 1 && channels !== 3) {
    throw new SamplerError(
      `${folder}: pictures of 1 or 3 channels can be written, but its images have ${channels}.`,
    );
  }
  if (size > config.length) {
    throw new SamplerError(
      `${folder}: an image has ${size} tokens, but the model sees only ${config.length}. Train one with that length.`,
    );
  }
  const scale = request.scale ?? 1;
  checkMost(size, request.samples, scale);
  const out = await checkOut(request.out, '.png');
  const shape = { rows, columns, channels } as const;
  const prompt = await readUpperRows(shape, request, config.start === 'learned');
  const images = new TokenRows(prompt, size, request.samples);
  return {
    prompt,
    tokens: size - prompt.length,
    note: '',
    showsItself: false,
    sink: {
      take: (first, tokens) => images.take(first, tokens),
      end: () => writeOut(out, encodePng(images.rows, { ...shape, scale })),
    },
  };
}

/** Refuses images that are too many, or become too large. */
function checkMost(size: number, samples: number, scale: number): void {
  if (size * samples > mostTokens) {
    const most = Math.floor(mostTokens / size);
    throw new SamplerError(
      `--samples ${samples} is too many images at once. Give ${most} or fewer, and other seeds.`,
    );
  }
  if (size * samples * scale ** 2 <= mostTokens) return;
  const most = Math.floor(Math.sqrt(mostTokens / (size * samples)));
  throw new SamplerError(
    `--scale ${scale} makes too large a picture of --samples ${samples}. Give --scale ${most} or less, or fewer samples.`,
  );
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
}

async function readUpperRows(
  { rows, columns, channels }: Shape,
  { promptFile, promptRows }: SampleRequest,
  hasStart: boolean,
): Promise<Int32Array> {
  if (promptFile === undefined) {
    if (promptRows !== undefined)
      throw new SamplerError('--prompt-rows needs a picture. Give one, with --prompt-file.');
    if (hasStart) return new Int32Array(0);
    throw new SamplerError(
      'This model has no learned start, so it goes on from a given beginning only. Give a picture, with --prompt-file.',
    );
  }
  const partRows = await rowsOfPart(promptFile, { rows, columns });
  const taken = promptRows ?? partRows ?? Math.max(1, Math.floor(rows / 2));
  if (taken >= rows || (partRows !== null && taken > partRows)) {
    const most = Math.min(rows - 1, partRows ?? rows);
    throw new SamplerError(
      `--prompt-rows must be from 1 to ${most} for this picture and model, but is ${taken}.`,
    );
  }
  const pixels = await readImage(promptFile, { rows: partRows ?? rows, columns, channels });
  return pixels.slice(0, taken * columns * channels);
}

/** The rows of a PNG that is exactly the upper part of an image of the model's; null for any other picture, which is a whole. */
async function rowsOfPart(path: string, { rows, columns }: Omit<Shape, 'channels'>): Promise<number | null> {
  const header = Buffer.alloc(24);
  try {
    const file = await open(path);
    try {
      await file.read(header, 0, header.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SamplerError(`--prompt-file ${path}: expected a picture, but ${reason}.`, { cause: error });
  }
  if (header.toString('latin1', 12, 16) !== 'IHDR') return null;
  const [width, height] = [header.readUInt32BE(16), header.readUInt32BE(20)];
  return width === columns && height > 0 && height < rows ? height : null;
}
