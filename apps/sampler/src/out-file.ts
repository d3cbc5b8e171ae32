/** The file that `--out` names, and the tokens that wait for it. */
import { stat, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { SamplerError } from './sampler-error.ts';

/**
 * Checks where samples are to go, before they are made.
 *
 * @throws SamplerError for no file, one of another kind, or one in a folder that isn't there
 */
export async function checkOut(out: string | undefined, extension: '.png' | '.wav'): Promise<string> {
  if (out === undefined) {
    throw new SamplerError(
      `This model's samples are no text, so they need a file. Give one: --out sample${extension}.`,
    );
  }
  if (extname(out).toLowerCase() !== extension) {
    throw new SamplerError(
      `--out ${out}: expected a name that ends with ${extension}, which is what this model makes.`,
    );
  }
  const folder = await stat(dirname(out)).catch(() => null);
  if (!folder?.isDirectory()) {
    throw new SamplerError(
      `--out ${out}: expected to write into ${dirname(out)}, but there is no such folder. Make it.`,
    );
  }
  return out;
}

/** The file of one of several samples: `name-2.wav` for the second; `out` itself if there is one. */
export function numberedOut(out: string, sample: number, samples: number): string {
  if (samples === 1) return out;
  const extension = extname(out);
  return `${out.slice(0, -extension.length)}-${sample + 1}${extension}`;
}

/**
 * Writes a file; gives a note for people.
 *
 * @throws SamplerError if the disk refuses
 */
export async function writeOut(path: string, content: Uint8Array): Promise<string> {
  try {
    await writeFile(path, content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SamplerError(`--out ${path}: can't be written: ${reason}. Give another file.`, {
      cause: error,
    });
  }
  return `Wrote ${path}\n`;
}

/** The tokens of all samples, each beginning with the prompt. */
export class TokenRows {
  /** One a sample. */
  readonly rows: readonly Uint8Array[];
  readonly #lengths: Int32Array;

  /** @param size tokens of a whole sample, the prompt's among them */
  constructor(prompt: Int32Array, size: number, samples: number) {
    this.rows = Array.from({ length: samples }, () => {
      const row = new Uint8Array(size);
      row.set(prompt);
      return row;
    });
    this.#lengths = new Int32Array(samples).fill(prompt.length);
  }

  /** Adds a token to each of some samples. */
  take(first: number, tokens: Int32Array): void {
    tokens.forEach((token, index) => {
      this.rows[first + index]![this.#lengths[first + index]!++] = token;
    });
  }
}
